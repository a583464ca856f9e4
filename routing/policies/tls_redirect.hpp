// http -> https: when a plain request is answered by a redirect instead of being forwarded.
#pragma once

#include <cstdint>

namespace routing {

// ssl-redirect, force-ssl-redirect, http-redirect-code, preserve-trailing-slash, use-port-in-redirects. The translator
// has already taken no-tls-redirect-locations and "does this host have a certificate" into account: `active` is the answer.
struct TlsRedirect {
  bool active = false;
  bool preserve_trailing_slash = false;
  bool append_port = false;         // the listening https port
  std::uint16_t status = 308;

  friend bool operator==(const TlsRedirect&, const TlsRedirect&) = default;
};

}  // namespace routing
