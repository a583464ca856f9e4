#include "routing/route_table.hpp"

namespace routing {

Match RouteTable::match(const RequestView& request) const {
  const auto found = index.find(request.host);
  if (found == HostIndex::none) return {};
  const HostEntry& host = hosts[found];
  const auto path = host.paths.find(request.normalised_path);
  switch (path.kind) {
    case PathMatchKind::route: return {MatchKind::route, &routes[path.route], &host};
    case PathMatchKind::add_slash: return {MatchKind::add_slash, &routes[path.route], &host};
    case PathMatchKind::none: break;
  }
  // No other host is tried: a path that a host does not have is answered by the default backend (ingress-v1 R8).
  return {MatchKind::unknown_path, nullptr, &host};
}

}  // namespace routing
