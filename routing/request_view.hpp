// All that matching may look at. Views into bytes that somebody else owns; valid during one match.
#pragma once

#include <string_view>

namespace routing {

struct RequestView {
  std::string_view host;             // lower case, no port, no trailing dot; "" = none sent
  std::string_view normalised_path;  // see normalize_path.hpp; always begins with '/'
};

}  // namespace routing
