// All objects to one snapshot, and what diagnostics.hpp gathers. The one place that knows every rule of merging (ingress-nginx 0.3).
#pragma once

#include "controller/changes.hpp"
#include "controller/dns_resolver.hpp"
#include "controller/options.hpp"
#include "controller/store.hpp"
#include "controller/translate/certificates.hpp"
#include "controller/translate/host_work.hpp"
#include "controller/translate/judged_period.hpp"
#include "controller/translate/planned_ingress.hpp"
#include "controller/translate/upstream_numbers.hpp"
#include "routing/diagnostic.hpp"
#include "routing/snapshot.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

namespace controller::translate {

// What is to be said of an upstream.
struct UpstreamFindings {
  std::string problem;                             // to those who refer to it; "" = nothing
  std::optional<routing::Diagnostic> of_service;   // to its Service
};

// What became of an Ingress: `refused` are ours and not served at all, a diagnostic says why; `gone` are not ours, or not there.
enum class IngressState { served, refused, gone };

struct Translation {
  Translation() = default;
  Translation(Translation&&) = default;
  Translation& operator=(Translation&&) = default;

  std::shared_ptr<const routing::Snapshot> snapshot;
  std::set<std::string> external_names;               // to be resolved
  // Of the Ingresses that the last translation looked at anew, or lost: whoever follows takes them after each.
  std::map<kube::Key, IngressState> ingress_states;
  std::set<kube::Key> refused;
  kube::Ptr<kube::ConfigMap> config_map;              // in force; null: defaults
  UpstreamNumbers upstreams;                          // in the upstream table
  JudgedPeriod judged;                                // outside of it another translation is due
  [[nodiscard]] std::size_t ingresses_served() const noexcept { return plans.size() - refused.size(); }

  // --- what the next translation begins with
  std::uint64_t count = 0;  // of translations
  std::unordered_map<const kube::Ingress*, std::unique_ptr<PlannedIngress>> plans;
  PlansByName plans_by_name;
  std::vector<routing::Diagnostic> common_findings;   // of no Ingress and no host
  std::map<kube::Key, std::vector<routing::Diagnostic>> selection_findings; // of the Ingresses of which there is something to say
  Hosts hosts;
  std::set<const PlannedIngress*> telling_plans;      // that may have something to say
  std::set<Host*> telling_hosts;
  std::set<Host*> hosts_from_services;                // whose routes were made from fields of Services
  CommonPlans common_plans;
  CertificateCache::Found default_certificate;        // held, so that it is parsed once; null: none is declared
  std::optional<std::uint32_t> fallback_upstream;     // of unmatched requests
  std::map<std::uint32_t, UpstreamFindings> findings; // of those upstreams that have any
  std::map<std::uint32_t, std::string> external_upstreams; // whose endpoints are answers of DNS, with the name
};

// Makes the translation follow the objects; an empty one is made from nothing. Deterministic: equal objects and answers give an
// equal snapshot, whatever went before, but that the ConfigMap stays in force when it is gone: it may have held guards.
// `changes`: all that differs since the translation before; null: anything may.
void translate(Translation& translation, const Store& store, const Options& options, const DnsResolver::Answers& answers, CertificateCache& certificates,
               const Changes* changes);
// From nothing.
[[nodiscard]] Translation translate(const Store& store, const Options& options, const DnsResolver::Answers& answers, CertificateCache& certificates);

// Endpoints alone have changed, those of `services` by their EndpointSlices, with `new_answers` those that DNS names: the routes
// stay, only groups that differ are made anew.
void refresh_upstreams(Translation& translation, const std::set<kube::Key>& services, bool new_answers, const Store& store, const Options& options,
                       const DnsResolver::Answers& answers);

}  // namespace controller::translate
