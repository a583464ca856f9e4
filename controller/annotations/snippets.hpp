// Snippets of nginx configuration are not interpreted; all that is asked of one is whether it may be a lock.
#pragma once

#include <string>
#include <string_view>

namespace controller::annotations {

// The first directive that may decide who gets in, or keep a request from its Service: everything but the known ones that only
// shape heads, bodies, times and logs. "" when there is none.
[[nodiscard]] std::string first_guarding_directive(std::string_view snippet);

}  // namespace controller::annotations
