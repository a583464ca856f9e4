// Where the redirects of our own lead. In one place, so that the data plane and explain cannot disagree.
#pragma once

#include "routing/policies/tls_redirect.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace routing {

// "https://<host><target>" for a request that came in plain; `authority` may have a port, which is left out. Of "*" the root.
void append_https_location(const TlsRedirect& redirect, std::string_view authority, std::string_view target, std::uint16_t https_port,
                           std::string& out);

// "<scheme>://<host><path>/<query>": only the path with its slash is declared (PathMatchKind::add_slash).
void append_slash_location(std::string_view scheme, std::string_view authority, std::string_view path, std::string_view query,
                           std::string& out);

}  // namespace routing
