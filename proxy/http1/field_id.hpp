// Which field a name is, by its length first: most names are told from all known ones by one comparison or none.
#pragma once

#include "proxy/message.hpp"

#include <string_view>

namespace proxy::http1 {

// `name` is a token (RFC 9110, 5.6.2) in any case.
[[nodiscard]] FieldId classify(std::string_view name) noexcept;

// Compares tokens without regard to case; `lower` is in lower case.
[[nodiscard]] bool equals_token(std::string_view token, std::string_view lower) noexcept;

}  // namespace proxy::http1
