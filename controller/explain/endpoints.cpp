#include "controller/explain/endpoints.hpp"

#include "controller/translate/upstreams.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

namespace controller::explain {
namespace {

EndpointState state_of(const kube::SliceEndpoint& endpoint) {
  if (endpoint.is_ready) return EndpointState::ready;
  if (endpoint.is_serving && endpoint.is_terminating) return EndpointState::serving_terminating;
  return endpoint.is_terminating ? EndpointState::terminating : EndpointState::not_ready;
}

std::string why_not(EndpointState state) {
  switch (state) {
    case EndpointState::not_ready: return "not ready";
    case EndpointState::terminating: return "terminating and no longer serving";
    case EndpointState::serving_terminating: return "terminating; used only while no endpoint is ready";
    case EndpointState::ready: break;
  }
  return "not an IP address";
}

// Of one slice, at the ports that the Service port means. A slice without such a port is listed once for each address.
void list_slice(const kube::EndpointSlice& slice, const kube::ServicePort& port, const routing::UpstreamGroup& group, ServiceUse& use) {
  std::vector<std::int32_t> numbers;
  for (const auto& slice_port : slice.ports)
    if (slice_port.is_tcp && (port.name.empty() || slice_port.name == port.name)) numbers.push_back(slice_port.port);
  const bool has_port = !numbers.empty();
  if (!has_port) numbers.push_back(0);
  for (const auto& endpoint : slice.endpoints) {
    for (const auto& address : endpoint.addresses) {
      for (const std::int32_t number : numbers) {
        EndpointUse one{address, number, state_of(endpoint), slice.metadata.name};
        const bool is_served = std::any_of(group.endpoints.begin(), group.endpoints.end(), [&](const auto& e) { return e.address == address && e.port == number; });
        const bool is_repeated = std::any_of(use.endpoints.begin(), use.endpoints.end(), [&](const auto& e) { return e.is_used && e.address == address && e.port == number; });
        one.is_used = is_served && !is_repeated;
        if (is_repeated) one.why_not = "listed twice";
        else if (!has_port) one.why_not = fmt::format("its slice has no TCP port named \"{}\"", port.name);
        else if (!slice.is_address) one.why_not = "its slice holds names, not addresses";
        else if (!one.is_used) one.why_not = why_not(one.state);
        use.endpoints.push_back(std::move(one));
      }
    }
  }
}

}  // namespace

ServiceUse service_use(const Situation& situation, std::uint32_t upstream) {
  const routing::UpstreamGroup& group = *situation.snapshot().upstreams->groups[upstream];
  const translate::UpstreamKey& key = *situation.translation.upstreams.key_of(upstream);
  ServiceUse use;
  use.service_namespace = group.service_namespace;
  use.service = group.service;
  use.port = group.port;
  use.problem = group.empty_reason;
  const auto found = situation.store.services.find({key.service_namespace, key.service});
  if (found == situation.store.services.end()) return use;
  const kube::Service& service = *found->second;
  const kube::ServicePort* const port = translate::service_port(service, key);
  if (port != nullptr) use.port_name = port->name;
  if (service.is_external_name) {
    use.external_name = service.external_name;
    for (const auto& endpoint : group.endpoints) use.endpoints.push_back({endpoint.address, endpoint.port, EndpointState::ready, "", true, ""});
  } else if (port != nullptr) {
    const std::set<kube::Key> wanted{{key.service_namespace, key.service}};
    for (const auto& [service_key, slices] : translate::index_slices(situation.store, wanted))
      for (const kube::EndpointSlice* slice : slices) list_slice(*slice, *port, group, use);
  }
  std::stable_sort(use.endpoints.begin(), use.endpoints.end(), [](const EndpointUse& a, const EndpointUse& b) {
    return std::tie(b.is_used, a.address, a.port) < std::tie(a.is_used, b.address, b.port);
  });
  use.total = use.endpoints.size();
  use.used = static_cast<std::size_t>(std::count_if(use.endpoints.begin(), use.endpoints.end(), [](const auto& e) { return e.is_used; }));
  if (use.endpoints.size() > EndpointUse::max_listed) use.endpoints.resize(EndpointUse::max_listed);
  return use;
}

}  // namespace controller::explain
