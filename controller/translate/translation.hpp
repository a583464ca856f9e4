// All objects to one snapshot with its diagnostics. The one place that knows every rule of merging (ingress-nginx 0.3).
#pragma once

#include "controller/dns_resolver.hpp"
#include "controller/options.hpp"
#include "controller/store.hpp"
#include "controller/translate/certificates.hpp"
#include "controller/translate/upstreams.hpp"
#include "routing/diagnostic.hpp"
#include "routing/snapshot.hpp"

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace controller::translate {

// Who refers to an upstream, for the diagnostic when it has a problem.
struct UpstreamReference {
  std::uint32_t upstream = 0;
  std::string object_namespace, ingress, field;
};

// What is to be said of an upstream.
struct UpstreamFindings {
  std::string problem;                             // to those who refer to it; "" = nothing
  std::optional<routing::Diagnostic> of_service;   // to its Service
};

struct Translation {
  Translation() = default;
  Translation(Translation&&) = default;
  Translation& operator=(Translation&&) = default;

  std::shared_ptr<const routing::Snapshot> snapshot;
  std::map<UpstreamKey, std::uint32_t> upstreams;     // with the index in the upstream table
  std::vector<const UpstreamKey*> upstream_keys;      // in the order of that table; of the map above
  std::map<std::uint32_t, UpstreamFindings> findings; // of those upstreams that have any
  std::vector<UpstreamReference> references;
  std::vector<routing::Diagnostic> route_diagnostics; // of everything but the upstreams
  std::vector<routing::Diagnostic> upstream_diagnostics;
  std::set<std::string> external_names;               // to be resolved
  std::set<std::uint32_t> external_upstreams;         // whose endpoints are answers of DNS
  std::size_t ingresses_served = 0;
  std::vector<kube::Key> served;                      // those
  kube::Ptr<kube::ConfigMap> config_map;              // in force; null: defaults
  std::set<kube::Key> refused;                        // Ingresses that are ours and not served at all; a diagnostic says why
};

// Deterministic: equal objects and answers give an equal snapshot. Tables and groups of `previous` (may be null) are used again
// where they did not change. `services`: all that differ from what it was made of, themselves or in their EndpointSlices; null:
// any may. The ConfigMap that `previous` used stays in force when it is gone: it may have held guards.
[[nodiscard]] Translation translate(const Store& store, const Options& options, const DnsResolver::Answers& answers, CertificateCache& certificates,
                                    const Translation* previous, const std::set<kube::Key>* services = nullptr);

// Endpoints alone have changed, those of `services` by their EndpointSlices, with `new_answers` those that DNS names: the routes
// stay, only groups that differ are made anew.
void refresh_upstreams(Translation& translation, const std::set<kube::Key>& services, bool new_answers, const Store& store, const Options& options,
                       const DnsResolver::Answers& answers);

}  // namespace controller::translate
