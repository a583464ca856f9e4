#include "routing/route_table.hpp"

#include <utility>

namespace routing {

bool RouteTable::add(std::shared_ptr<const HostEntry> host) {
  if (!index.insert(host->name, static_cast<std::uint32_t>(hosts.size()))) return false;
  first_places.push_back(route_count);
  route_count += static_cast<std::uint32_t>(host->routes.size());
  hosts.push_back(std::move(host));
  return true;
}

void RouteTable::replace(std::uint32_t place, std::shared_ptr<const HostEntry> host) {
  const auto more = static_cast<std::uint32_t>(host->routes.size() - hosts[place]->routes.size());  // modulo 2^32, where it is less
  hosts[place] = std::move(host);
  if (more == 0) return;
  for (std::size_t i = place + 1; i < first_places.size(); ++i) first_places[i] += more;
  route_count += more;
}

Match RouteTable::match(const RequestView& request) const {
  const auto found = index.find(request.host);
  if (found == HostIndex::none) return {};
  const HostEntry& host = *hosts[found];
  const auto path = host.paths.find(request.normalised_path);
  switch (path.kind) {
    case PathMatchKind::route: return {MatchKind::route, &host.routes[path.route], &host, first_places[found] + path.route};
    case PathMatchKind::add_slash: return {MatchKind::add_slash, &host.routes[path.route], &host, first_places[found] + path.route};
    case PathMatchKind::none: break;
  }
  // No other host is tried: a path that a host does not have is answered by the default backend (ingress-v1 R8).
  return {MatchKind::unknown_path, nullptr, &host};
}

}  // namespace routing
