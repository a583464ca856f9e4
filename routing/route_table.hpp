// All routes, found by host and path.
#pragma once

#include "routing/host_index.hpp"
#include "routing/path_index.hpp"
#include "routing/request_view.hpp"
#include "routing/route.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace routing {

struct HostEntry {
  std::string name;   // as declared, lower case; "" = catch-all
  PathIndex paths;
  bool has_certificate = false;  // "TLS enabled" in ingress-nginx's sense (0.3)
};

enum class MatchKind { route, add_slash, unknown_host, unknown_path };

struct Match {
  MatchKind kind = MatchKind::unknown_host;
  const Route* route = nullptr;     // for route and add_slash
  const HostEntry* host = nullptr;  // null for unknown_host
};

// Immutable once built. match() allocates nothing and takes no lock.
struct RouteTable {
  std::vector<Route> routes;
  std::vector<HostEntry> hosts;
  HostIndex index;                  // name -> hosts; "" -> the catch-all host
  // What unknown hosts and unmatched paths get: --default-backend-service, or a 404 of our own.
  Route fallback;
  std::uint64_t content_hash = 0;

  [[nodiscard]] Match match(const RequestView&) const;
};

}  // namespace routing
