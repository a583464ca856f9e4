// A request that nobody has sent: what `weir explain` is asked about. The data plane's own parser reads it from a URL
// (proxy/explain_request), so it is what a worker would have seen.
#pragma once

#include <cstdint>
#include <string>

namespace routing {

struct AskedRequest {
  std::string url;                // as given, without user and password
  bool is_tls = false;            // the connection: https in the URL
  std::string scheme = "http";    // of the client: the connection's, or X-Forwarded-Proto where that is heeded
  std::string server_name;        // SNI, lower case; "" = none is sent
  std::string host;               // lower case, no port, no trailing dot; of Host
  std::string authority;          // what redirects are built from: Host as sent, or X-Forwarded-Host where that is heeded
  std::string target, path, query;  // path and query ("" or with its '?') of the target, as sent
  std::uint16_t refused_status = 0; // not 0: the head itself is answered so, and nothing is matched
  std::string refused_reason;
};

}  // namespace routing
