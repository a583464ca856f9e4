// All routes, found by host and path.
#pragma once

#include "routing/host_index.hpp"
#include "routing/path_index.hpp"
#include "routing/request_view.hpp"
#include "routing/route.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace routing {

// All that one host declares. Immutable once in a table; a host that did not change is the same object in the next table.
struct HostEntry {
  std::string name;   // as declared, lower case; "" = catch-all
  std::vector<Route> routes;
  PathIndex paths;    // to the routes
  bool has_certificate = false;  // "TLS enabled" in ingress-nginx's sense (0.3)
  std::uint64_t content_hash = 0;
};

enum class MatchKind { route, add_slash, unknown_host, unknown_path };

struct Match {
  MatchKind kind = MatchKind::unknown_host;
  const Route* route = nullptr;     // for route and add_slash
  const HostEntry* host = nullptr;  // null for unknown_host
  std::uint32_t place = 0;          // of the route among all of its table: for what is kept beside them
};

// Immutable once built. match() allocates nothing and takes no lock.
struct RouteTable {
  std::vector<std::shared_ptr<const HostEntry>> hosts;
  std::vector<std::uint32_t> first_places;  // of each host's first route
  std::uint32_t route_count = 0;            // of all hosts
  HostIndex index;                  // name -> hosts; "" -> the catch-all host
  // What unknown hosts and unmatched paths get: --default-backend-service, or a 404 of our own.
  Route fallback;
  std::uint64_t content_hash = 0;

  // To build it. False when the name is there already.
  bool add(std::shared_ptr<const HostEntry> host);
  // The host at that place by another entry of the same name.
  void replace(std::uint32_t place, std::shared_ptr<const HostEntry> host);
  [[nodiscard]] Match match(const RequestView&) const;
};

}  // namespace routing
