// Services and their EndpointSlices to upstream groups.
#pragma once

#include "controller/dns_resolver.hpp"
#include "controller/store.hpp"
#include "routing/diagnostic.hpp"
#include "routing/upstream_group.hpp"

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

namespace controller::translate {

// A Service port that some route forwards to.
struct UpstreamKey {
  std::string service_namespace, service;
  std::int32_t port_number = 0;
  std::string port_name;

  friend auto operator<=>(const UpstreamKey&, const UpstreamKey&) = default;
};

// A few Services among thousands: names alone tell most of the others apart, and cost no copy.
class WantedServices {
 public:
  // `services` outlives it.
  explicit WantedServices(const std::set<kube::Key>& services);
  [[nodiscard]] bool contains(const std::string& service_namespace, const std::string& name) const;

 private:
  const std::set<kube::Key>& services_;
  std::unordered_set<std::string_view> names_;
};

// Slices by namespace and Service.
using SliceIndex = std::map<kube::Key, std::vector<const kube::EndpointSlice*>>;
// Those of `services` alone.
[[nodiscard]] SliceIndex index_slices(const Store& store, const std::set<kube::Key>& services);

struct ResolvedUpstream {
  routing::UpstreamGroup group;
  std::string problem;         // for a diagnostic on who refers to it; "" = none
  std::optional<routing::Diagnostic> service_diagnostic;  // what the Service itself has to be told
  std::string external_name;   // the name whose addresses it needs; "" = none
};

// The TCP port of the Service that a key means: by name, by number, by target port. Null when it has none.
[[nodiscard]] const kube::ServicePort* service_port(const kube::Service& service, const UpstreamKey& key);

// Never fails: what cannot be resolved is a group without endpoints that says why.
[[nodiscard]] ResolvedUpstream resolve(const UpstreamKey& key, const Store& store, const SliceIndex& slices, const DnsResolver::Answers& answers,
                                       bool is_external_allowed);

}  // namespace controller::translate
