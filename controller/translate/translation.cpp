#include "controller/translate/translation.hpp"

#include "controller/annotations/values.hpp"
#include "controller/translate/names.hpp"
#include "controller/translate/selection.hpp"
#include "controller/translate/translator.hpp"
#include "controller/translate/upstream_table.hpp"
#include "routing/content_hash.hpp"

#include <fmt/format.h>

namespace controller::translate {

using routing::Severity;

namespace {

std::string_view why_first(const kube::Ingress& owner, const kube::Ingress& claimant, const Store& store) {
  if (is_leaving(claimant.metadata, store) && !is_leaving(owner.metadata, store)) return "which stays while this one is being deleted";
  return owner.metadata.created_at == claimant.metadata.created_at ? "of the same age but with the greater name" : "which is older";
}

}  // namespace

HostBuilder& Translator::host_of(const std::string& name) {
  HostBuilder& host = hosts_[name];
  host.name = name;
  return host;
}

void Translator::plan_ingresses() {
  for (const kube::Ingress* ingress : select_ingresses(store_, options_, translation_.route_diagnostics)) {
    PlannedIngress planned{ingress, annotations::plan_of(*ingress, options_.annotations_prefix, config_, translation_.route_diagnostics)};
    annotations::IngressPlan& plan = planned.plan;
    if (options_.disable_catch_all && ingress->has_default_backend) {
      tell(*ingress, "spec.defaultBackend", "--disable-catch-all is set: the Ingress is not served");
      plan.is_refused = true;
    }
    plan.is_refused = plan.is_refused || ingress->has_lost_rules;
    if (!plan.is_refused) {
      ++translation_.ingresses_served;
      translation_.served.push_back(ingress->metadata.key());
    } else {
      translation_.refused.insert(ingress->metadata.key());
      if (!plan.is_guarded || plan.is_canary) continue;
      // Its paths stay its own, or requests would fall to another Ingress, which may guard less.
      if (plan.closes_paths.empty()) plan.closes_paths = "the Ingress is not served, and it guards access";
    }
    planned_.push_back(std::move(planned));
  }
}

void Translator::claim(HostBuilder& host, Location location) {
  const PlannedIngress* const claimant = location.owner;
  const std::string field = location.field, path = location.path;
  const PlannedIngress* owner = nullptr;
  if (host.claim(std::move(location), &owner)) return;
  const auto& other = owner->ingress->metadata;
  if (owner == claimant)
    tell(*claimant->ingress, field, fmt::format("path {} of host \"{}\" stands twice in this Ingress: the first is used", path, host.name), Severity::changed);
  else
    tell(*claimant->ingress, field, fmt::format("path {} of host \"{}\" belongs to Ingress {}/{}, {}: not served from here", path, host.name, other.object_namespace,
                                                other.name, why_first(*owner->ingress, *claimant->ingress, store_)),
         Severity::changed);
}

// A path that cannot be taken is dropped, but where its Ingress guards access what it may have meant is closed: else it would
// fall to a shorter path of somebody else.
void Translator::merge_path(const PlannedIngress& planned, const kube::IngressRule& rule, const kube::IngressPath& path, HostBuilder& host) {
  Location location;
  location.owner = &planned;
  location.field = fmt::format("spec.rules[{}].http.paths[{}]", rule.index, path.index);
  location.path = path.path.empty() && !path.is_refused ? "/" : path.path;
  location.type = path.type == kube::PathType::exact ? routing::PathType::exact : routing::PathType::prefix;
  location.backend = path.backend;
  const bool is_told = path.is_refused || rule.is_refused, is_valid = is_valid_path(location.path) && !location.path.empty();
  if (is_valid && !is_told) return claim(host, std::move(location));
  location.declared = location.path;
  if (!is_valid) location.path = meant_path(location.path);
  const bool is_guarded = planned.plan.is_guarded;
  const std::string closed = location.path.empty() ? fmt::format("every path of host \"{}\"", host.name) : "what begins with " + location.path;
  if (!is_told)
    tell(*planned.ingress, location.field + ".path",
         fmt::format("\"{}\" is no path: it must begin with / and hold no blank or control character; not served{}", path.path.substr(0, 80),
                     is_guarded ? fmt::format(", and since the Ingress guards access {} answers 503", closed) : ""));
  if (!is_guarded) return;
  const std::string reason = fmt::format("{} cannot be used as it is written, and its Ingress guards access", location.field);
  if (location.path.empty()) {
    if (is_told) tell(*planned.ingress, location.field, fmt::format("its Ingress guards access, and nobody knows which path: {} answers 503", closed));
    host.closed = reason;
    return;
  }
  if (!is_valid) location.type = routing::PathType::prefix;
  location.closed = reason;
  claim(host, std::move(location));
}

// A rule whose host is none is dropped, but where its Ingress guards access its paths are closed on the host that was meant.
void Translator::merge_rule(const PlannedIngress& planned, const kube::IngressRule& rule) {
  const std::string name = annotations::to_lower(rule.host);
  if (!is_valid_host(name)) {
    kube::IngressRule meant = rule;
    meant.host = planned.plan.is_guarded ? meant_host(name) : "";
    meant.is_refused = true;
    if (!rule.is_refused)
      tell(*planned.ingress, fmt::format("spec.rules[{}].host", rule.index),
           fmt::format("\"{}\" is no host name; the rule is not served{}", rule.host.substr(0, 80),
                       meant.host.empty() ? "" : fmt::format(", and since the Ingress guards access its paths answer 503 on host \"{}\"", meant.host)));
    const bool means_every_host = planned.plan.is_guarded && name == "*";
    if (!meant.host.empty() || means_every_host) merge_paths(planned, meant, host_of(meant.host));
    return;
  }
  if (rule.is_refused && (!planned.plan.is_guarded || name.empty())) return;
  merge_paths(planned, rule, host_of(name));
}

void Translator::merge_paths(const PlannedIngress& planned, const kube::IngressRule& rule, HostBuilder& host) {
  if (host.ingresses.empty() || host.ingresses.back() != &planned) host.ingresses.push_back(&planned);
  if (!planned.plan.closes_hosts.empty()) host.closed = planned.plan.closes_hosts;
  for (const kube::IngressPath& path : rule.paths) merge_path(planned, rule, path, host);
}

void Translator::merge_catch_all(const PlannedIngress& planned) {
  HostBuilder& host = host_of("");
  Location location;
  location.owner = &planned;
  location.path = "/";
  location.backend = planned.ingress->default_backend;
  location.is_catch_all_default = true;
  location.field = "spec.defaultBackend";
  host.ingresses.push_back(&planned);
  if (!planned.plan.closes_hosts.empty()) host.closed = planned.plan.closes_hosts;
  claim(host, std::move(location));
}

void Translator::merge(const PlannedIngress& planned) {
  const kube::Ingress& ingress = *planned.ingress;
  if (ingress.rules.empty()) {
    if (planned.plan.is_refused) return;
    if (ingress.has_default_backend) merge_catch_all(planned);
    else tell(ingress, "spec", "has neither rules nor a defaultBackend: there is nothing to serve");
    return;
  }
  for (const kube::IngressRule& rule : ingress.rules) merge_rule(planned, rule);
}

// One that is gone stays in force, as in ingress-nginx.
void Translator::find_config_map(const Translation* previous) {
  if (options_.config_map.empty()) return;
  const auto key = kube::key_of(options_.config_map);
  const auto found = store_.config_maps.find(key);
  if (found != store_.config_maps.end()) {
    translation_.config_map = found->second;
    return;
  }
  if (previous) translation_.config_map = previous->config_map;
  translation_.route_diagnostics.push_back({"ConfigMap", key.first, key.second, "--configmap",
                                            translation_.config_map ? "is gone: what it said last stays in force until it is back or Weir starts again"
                                                                    : "does not exist: the defaults are in force until it does",
                                            Severity::refused});
}

Translation Translator::run(const Translation* previous, const std::set<kube::Key>* services) {
  find_config_map(previous);
  config_ = translate_config(translation_.config_map.get(), translation_.route_diagnostics);
  plan_ingresses();
  for (const PlannedIngress& planned : planned_) merge(planned);
  assign_certificates();
  build_routes();
  planned_.clear();
  hosts_.clear();

  auto snapshot = std::make_shared<routing::Snapshot>();
  const auto* before = previous ? previous->snapshot.get() : nullptr;
  snapshot->routes = before && before->routes->content_hash == routes_->content_hash ? before->routes : std::move(routes_);
  snapshot->certificates = before && before->certificates->content_hash == certificate_table_->content_hash ? before->certificates : std::move(certificate_table_);
  snapshot->settings = before && *before->settings == config_.settings ? before->settings : std::make_shared<const routing::Settings>(config_.settings);
  snapshot->upstreams = make_upstreams(translation_, previous, services, store_, options_, answers_);
  if (before && before->upstreams->content_hash == snapshot->upstreams->content_hash) snapshot->upstreams = before->upstreams;
  snapshot->version = routing::version_of(*snapshot);
  translation_.snapshot = std::move(snapshot);
  return std::move(translation_);
}

Translation translate(const Store& store, const Options& options, const DnsResolver::Answers& answers, CertificateCache& certificates,
                      const Translation* previous, const std::set<kube::Key>* services) {
  return Translator{store, options, answers, certificates}.run(previous, services);
}

void refresh_upstreams(Translation& translation, const std::set<kube::Key>& services, bool new_answers, const Store& store, const Options& options,
                       const DnsResolver::Answers& answers) {
  auto snapshot = std::make_shared<routing::Snapshot>(*translation.snapshot);
  snapshot->upstreams = update_upstreams(translation, services, new_answers, store, options, answers);
  snapshot->version = routing::version_of(*snapshot);
  translation.snapshot = std::move(snapshot);
}

}  // namespace controller::translate
