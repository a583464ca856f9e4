// What somebody who wrote a name that is none may have meant.
#pragma once

#include <initializer_list>
#include <span>
#include <string_view>

namespace controller {

// The name of the lists that is most like `name`, letter by letter; "" when none is like it at all.
[[nodiscard]] std::string_view nearest_name(std::string_view name, std::initializer_list<std::span<const std::string_view>> lists);

// The same for the few fields of an object, of which there is nearly always one that was meant: also without regard to case, and
// where one of the two is a part of the other ("secret" for "secretName").
[[nodiscard]] std::string_view nearest_field(std::string_view name, std::span<const std::string_view> fields);

}  // namespace controller
