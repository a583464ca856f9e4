#include "controller/translate/translation.hpp"

#include "controller/annotations/values.hpp"
#include "controller/translate/host_builder.hpp"
#include "controller/translate/selection.hpp"
#include "routing/content_hash.hpp"
#include "routing/regex.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <deque>
#include <optional>
#include <unordered_map>

namespace controller::translate {

namespace {

using routing::Diagnostic;
using routing::Severity;

// "" and "*.x" are hosts, an address or a name with a port is none (ingress-v1 R6, R7).
bool is_valid_host(const std::string& host) {
  if (host.empty()) return true;
  std::string_view name = host;
  if (name.starts_with("*.")) name.remove_prefix(2);
  if (name.empty() || name.size() > 253 || name.front() == '.' || name.back() == '.') return false;
  char previous = '.';
  for (const char c : name) {
    const bool ok = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
    if (!ok || (c == '.' && previous == '.')) return false;
    previous = c;
  }
  return true;
}

// What no path may hold, whatever its type: a control character or a blank would never match, or worse.
// "/a|/b", but not "/(a|b)".
bool has_outer_branch(std::string_view expression) {
  int depth = 0;
  for (std::size_t i = 0; i < expression.size(); ++i) {
    if (expression[i] == '\\') ++i;
    else if (expression[i] == '(') ++depth;
    else if (expression[i] == ')') --depth;
    else if (expression[i] == '|' && depth <= 0) return true;
  }
  return false;
}

// The part of an expression in front of its first character that means something: every match begins with it.
std::string literal_prefix(const std::string& expression) {
  std::string prefix = expression.substr(0, expression.find_first_of("\\^$.|?*+()[]{}"));
  // A quantifier may take away the character before it, a branch everything.
  const std::size_t end = prefix.size();
  if (end < expression.size() && std::string_view{"?*{"}.find(expression[end]) != std::string_view::npos && prefix.size() > 1) prefix.pop_back();
  return prefix.empty() || has_outer_branch(expression) ? "/" : prefix;
}

bool is_valid_path(const std::string& path) {
  return path.empty() || (path[0] == '/' && std::none_of(path.begin(), path.end(), [](char c) { return static_cast<unsigned char>(c) < 0x21 || c == 0x7f; }));
}

class Translator {
 public:
  Translator(const Store& store, const Options& options, const DnsResolver::Answers& answers, CertificateCache& certificates)
      : store_(store), options_(options), answers_(answers), certificates_(certificates) {}

  Translation run(const Translation* previous);

 private:
  void plan_ingresses();
  void merge(const PlannedIngress& planned);
  void merge_rule(const PlannedIngress& planned, std::size_t index);
  void merge_catch_all(const PlannedIngress& planned);
  void claim(HostBuilder& host, Location location);
  HostBuilder& host_of(const std::string& name);
  void assign_certificates();
  void assign_certificate(HostBuilder& host, const PlannedIngress& planned);
  void build_routes();
  void reserve(const Location& location, const std::string& error, routing::PathIndex& paths);
  void build_host(HostBuilder& host);
  std::optional<routing::Route> build_route(const HostBuilder& host, const Location& location);
  bool add_rewrite(const Location& location, routing::Route& route);
  std::uint32_t upstream_of(UpstreamKey key, const Location* location);
  void build_fallback();
  void tell(const kube::Ingress& ingress, std::string field, std::string reason, Severity severity = Severity::refused) {
    translation_.route_diagnostics.push_back({"Ingress", ingress.metadata.object_namespace, ingress.metadata.name, std::move(field), std::move(reason), severity});
  }

  const Store& store_;
  const Options& options_;
  const DnsResolver::Answers& answers_;
  CertificateCache& certificates_;
  GlobalConfig config_;
  std::deque<PlannedIngress> planned_;
  std::map<std::string, HostBuilder> hosts_;
  std::map<UpstreamKey, std::uint32_t> upstreams_;
  std::shared_ptr<routing::RouteTable> routes_ = std::make_shared<routing::RouteTable>();
  std::shared_ptr<routing::CertificateTable> certificate_table_ = std::make_shared<routing::CertificateTable>();
  Translation translation_;
};

kube::Key split_name(const std::string& text) {
  const std::size_t slash = text.find('/');
  return slash == std::string::npos ? kube::Key{"default", text} : kube::Key{text.substr(0, slash), text.substr(slash + 1)};
}

HostBuilder& Translator::host_of(const std::string& name) {
  HostBuilder& host = hosts_[name];
  host.name = name;
  return host;
}

void Translator::plan_ingresses() {
  for (const kube::Ingress* ingress : select_ingresses(store_, options_, translation_.route_diagnostics)) {
    if (options_.disable_catch_all && ingress->has_default_backend) {
      tell(*ingress, "spec.defaultBackend", "--disable-catch-all is set: the Ingress is not served");
      translation_.refused.insert(ingress->metadata.key());
      continue;
    }
    PlannedIngress planned{ingress, annotations::plan_of(*ingress, options_.annotations_prefix, config_, translation_.route_diagnostics)};
    if (planned.plan.is_refused) translation_.refused.insert(ingress->metadata.key());
    else planned_.push_back(std::move(planned));
  }
  translation_.ingresses_served = planned_.size();
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
                                                other.name, other.created_at == claimant->ingress->metadata.created_at ? "of the same age but with the greater name" : "which is older"),
         Severity::changed);
}

void Translator::merge_rule(const PlannedIngress& planned, std::size_t index) {
  const kube::IngressRule& rule = planned.ingress->rules[index];
  const std::string at = fmt::format("spec.rules[{}]", index);
  const std::string name = annotations::to_lower(rule.host);
  if (!is_valid_host(name)) {
    tell(*planned.ingress, at + ".host", fmt::format("\"{}\" is no host name; the rule is not served", rule.host.substr(0, 80)));
    return;
  }
  HostBuilder& host = host_of(name);
  if (host.ingresses.empty() || host.ingresses.back() != &planned) host.ingresses.push_back(&planned);
  if (!planned.plan.closes_hosts.empty()) host.closed = planned.plan.closes_hosts;
  for (std::size_t i = 0; i < rule.paths.size(); ++i) {
    const kube::IngressPath& path = rule.paths[i];
    Location location;
    location.field = fmt::format("{}.http.paths[{}]", at, i);
    if (!is_valid_path(path.path)) {
      tell(*planned.ingress, location.field + ".path",
           fmt::format("\"{}\" is no path: it must begin with / and hold no blank or control character; not served", path.path.substr(0, 80)));
      continue;
    }
    location.owner = &planned;
    location.path = path.path.empty() ? "/" : path.path;
    location.type = path.type == kube::PathType::exact ? routing::PathType::exact : routing::PathType::prefix;
    location.backend = path.backend;
    claim(host, std::move(location));
  }
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
    if (ingress.has_default_backend) merge_catch_all(planned);
    else tell(ingress, "spec", "has neither rules nor a defaultBackend: there is nothing to serve");
    return;
  }
  for (std::size_t i = 0; i < ingress.rules.size(); ++i) merge_rule(planned, i);
}

// The first Ingress with a TLS section fixes the certificate of a host (ingress-nginx 0.3): by the entry that names the
// host, else by one whose certificate covers it, else it is the default one.
void Translator::assign_certificate(HostBuilder& host, const PlannedIngress& planned) {
  const kube::Ingress& ingress = *planned.ingress;
  const std::string& ns = ingress.metadata.object_namespace;
  routing::CertificateEntry entry{host.name, "", certificate_table_->fallback};
  host.has_certificate = true;
  for (std::size_t i = 0; i < ingress.tls.size(); ++i) {
    const kube::IngressTls& tls = ingress.tls[i];
    const bool is_named = std::any_of(tls.hosts.begin(), tls.hosts.end(), [&host](const auto& name) { return annotations::to_lower(name) == host.name; });
    if (!is_named || tls.secret.empty()) {
      if (is_named) break;  // the default certificate is asked for
      continue;
    }
    const std::string field = fmt::format("spec.tls[{}].secretName", i);
    const auto& found = certificates_.find(store_, ns, tls.secret);
    entry.secret = ns + "/" + tls.secret;
    if (!found.certificate) {
      tell(ingress, field, found.problem + "; the default certificate serves " + host.name + " until it is there");
      break;
    }
    if (!found.certificate->covers(host.name)) {
      tell(ingress, field, fmt::format("the certificate of Secret {} is not for {}; the default certificate serves it", entry.secret, host.name));
      break;
    }
    const auto now = std::chrono::system_clock::now();
    if (found.certificate->expiry() < now) tell(ingress, field, fmt::format("the certificate of Secret {} has expired; it is served all the same", entry.secret), Severity::changed);
    else if (found.certificate->not_before() > now) tell(ingress, field, fmt::format("the certificate of Secret {} is not valid yet; it is served all the same", entry.secret), Severity::changed);
    entry.certificate = found.certificate;
    break;
  }
  if (entry.certificate == certificate_table_->fallback && entry.secret.empty()) {
    for (const kube::IngressTls& tls : ingress.tls) {
      if (tls.secret.empty()) continue;
      const auto& found = certificates_.find(store_, ns, tls.secret);
      if (!found.certificate || !found.certificate->covers(host.name)) continue;
      entry.secret = ns + "/" + tls.secret;
      entry.certificate = found.certificate;
      break;
    }
  }
  if (certificate_table_->index.insert(host.name, static_cast<std::uint32_t>(certificate_table_->entries.size())))
    certificate_table_->entries.push_back(std::move(entry));
}

void Translator::assign_certificates() {
  if (!options_.default_ssl_certificate.empty()) {
    const auto [ns, name] = split_name(options_.default_ssl_certificate);
    const auto& found = certificates_.find(store_, ns, name);
    if (found.certificate) {
      certificate_table_->fallback = found.certificate;
      certificate_table_->fallback_secret = ns + "/" + name;
    } else {
      translation_.route_diagnostics.push_back({"Secret", ns, name, "--default-ssl-certificate", found.problem + "; a generated certificate stands in until it is there", Severity::refused});
    }
  }
  if (!certificate_table_->fallback) certificate_table_->fallback = certificates_.generated();
  for (auto& [name, host] : hosts_) {
    if (name.empty()) continue;
    for (const PlannedIngress* planned : host.ingresses) {
      if (planned->ingress->tls.empty()) continue;
      assign_certificate(host, *planned);
      break;
    }
  }
  // An exact host below a wildcard host with a certificate is served with that one, so it counts as TLS enabled too.
  for (auto& [name, host] : hosts_)
    if (!name.empty() && !host.has_certificate) host.has_certificate = certificate_table_->index.find_declared(name) != routing::HostIndex::none;
  certificates_.forget_unused();
  certificate_table_->content_hash = routing::hash_of(*certificate_table_);
}

std::uint32_t Translator::upstream_of(UpstreamKey key, const Location* location) {
  const auto [slot, is_new] = upstreams_.try_emplace(key, static_cast<std::uint32_t>(translation_.upstream_keys.size()));
  if (is_new) translation_.upstream_keys.push_back(std::move(key));
  if (location) {
    const auto& metadata = location->owner->ingress->metadata;
    translation_.references.push_back({slot->second, metadata.object_namespace, metadata.name, location->field});
  }
  return slot->second;
}

bool Translator::add_rewrite(const Location& location, routing::Route& route) {
  const std::string& target = location.owner->plan.rewrite_target;
  if (target.empty() || target == location.path || location.is_catch_all_default) return true;
  auto compiled = routing::compile_search(location.path);
  if (!compiled.regex) {
    tell(*location.owner->ingress, location.field + ".path", compiled.error + "; the path is not served");
    return false;
  }
  routing::Rewrite rewrite;
  rewrite.expression = std::move(compiled.regex);
  rewrite.pieces = routing::parse_rewrite_target(target).pieces;
  rewrite.target = target;
  route.policies.rewrite = std::move(rewrite);
  return true;
}

std::optional<routing::Route> Translator::build_route(const HostBuilder& host, const Location& location) {
  const annotations::IngressPlan& plan = location.owner->plan;
  const auto& metadata = location.owner->ingress->metadata;
  routing::Route route;
  route.origin = {metadata.object_namespace, metadata.name, host.name, location.path, location.type, location.backend.service,
                  location.backend.port_name.empty() ? std::to_string(location.backend.port_number) : location.backend.port_name};
  route.policies = plan.policies;
  const bool is_excepted = std::any_of(config_.no_tls_redirect_locations.begin(), config_.no_tls_redirect_locations.end(),
                                       [&location](const auto& prefix) { return location.path.starts_with(prefix); });
  route.policies.tls_redirect.active = !location.is_catch_all_default && !is_excepted &&
                                       (plan.force_ssl_redirect || (plan.ssl_redirect && host.has_certificate));
  if (!add_rewrite(location, route)) return {};

  const std::string& closed = !host.closed.empty() ? host.closed : plan.closes_paths;
  if (!closed.empty()) {
    route.action = routing::Reply{503, closed};
  } else if (!location.has_own_backend) {
    route.origin.service = route.origin.port = "";
    route.action = routes_->fallback.action;
  } else if (location.backend.is_resource) {
    tell(*location.owner->ingress, location.field + ".backend.resource", "resource backends are not supported: the path answers 404");
    route.action = routing::Reply{404, "resource backend"};
  } else {
    route.action = routing::Forward{upstream_of({metadata.object_namespace, location.backend.service, location.backend.port_number, location.backend.port_name}, &location)};
    if (!plan.default_backend.empty()) {
      const auto found = store_.services.find({metadata.object_namespace, plan.default_backend});
      if (found == store_.services.end() || found->second->ports.empty()) {
        tell(*location.owner->ingress, "metadata.annotations." + options_.annotations_prefix + "/default-backend",
             fmt::format("Service {}/{} does not exist or has no port: ignored", metadata.object_namespace, plan.default_backend), Severity::changed);
      } else {
        const auto& port = found->second->ports.front();
        route.policies.stand_in_upstream = upstream_of({metadata.object_namespace, plan.default_backend, port.port, ""}, nullptr);
      }
    }
  }
  return route;
}

// A path that cannot be matched is kept from others: what it may have meant answers 503 instead of falling to a shorter path,
// which may be guarded less.
void Translator::reserve(const Location& location, const std::string& error, routing::PathIndex& paths) {
  const std::string prefix = literal_prefix(location.path);
  tell(*location.owner->ingress, location.field + ".path",
       fmt::format("{}; paths beginning with {} that no longer path takes answer 503", error, prefix));
  auto compiled = routing::compile_path(prefix);
  if (!compiled.regex) return;
  const auto& metadata = location.owner->ingress->metadata;
  routing::Route route;
  route.origin = {metadata.object_namespace, metadata.name, "", location.path, location.type, "", ""};
  route.policies = location.owner->plan.policies;
  route.action = routing::Reply{503, "the path is an expression that cannot be used: " + error};
  paths.insert_regex(prefix, std::move(compiled.regex), static_cast<std::uint32_t>(routes_->routes.size()));
  routes_->routes.push_back(std::move(route));
}

void Translator::build_host(HostBuilder& host) {
  host.add_placeholder();
  routing::HostEntry entry;
  entry.name = host.name;
  entry.has_certificate = host.has_certificate;
  const bool is_regex = host.is_regex();
  for (const Location& location : host.locations) {
    std::shared_ptr<const re2::RE2> expression;
    if (is_regex) {
      auto compiled = routing::compile_path(location.path);
      if (!compiled.regex) {
        reserve(location, compiled.error, entry.paths);
        continue;
      }
      expression = std::move(compiled.regex);
    }
    auto route = build_route(host, location);
    if (!route) continue;
    const auto index = static_cast<std::uint32_t>(routes_->routes.size());
    if (is_regex) entry.paths.insert_regex(location.path, std::move(expression), index);
    else if (!entry.paths.insert(location.path, location.type, index)) continue;
    routes_->routes.push_back(std::move(*route));
  }
  entry.paths.freeze();
  routes_->index.insert(host.name, static_cast<std::uint32_t>(routes_->hosts.size()));
  routes_->hosts.push_back(std::move(entry));
}

void Translator::build_fallback() {
  routing::Route& fallback = routes_->fallback;
  fallback.policies = config_.policies;
  fallback.action = routing::Reply{404, "no Ingress declares this host and path"};
  if (!config_.closes_everything.empty()) {
    fallback.action = routing::Reply{503, config_.closes_everything};
    return;
  }
  if (options_.default_backend_service.empty()) return;
  const auto [ns, name] = split_name(options_.default_backend_service);
  const auto found = store_.services.find({ns, name});
  if (found == store_.services.end() || found->second->ports.empty()) {
    translation_.route_diagnostics.push_back({"Service", ns, name, "--default-backend-service", "does not exist or has no port: unmatched requests get 404", Severity::refused});
    return;
  }
  fallback.origin.service = name;
  fallback.origin.ingress_namespace = ns;
  fallback.action = routing::Forward{upstream_of({ns, name, found->second->ports.front().port, ""}, nullptr)};
}

void Translator::build_routes() {
  build_fallback();
  for (auto& [name, host] : hosts_)
    if (!host.locations.empty() || !name.empty()) build_host(host);
  routes_->content_hash = routing::hash_of(*routes_);
}

// Makes the groups whose Service is among `services` (null: all) and the diagnostics; groups and table of `before` are kept
// where they are equal.
void fill_upstreams(Translation& translation, const routing::UpstreamTable* before, const std::set<kube::Key>* services, const Store& store,
                    const Options& options, const DnsResolver::Answers& answers, routing::Snapshot& snapshot) {
  auto table = std::make_shared<routing::UpstreamTable>();
  if (services) table->groups = before->groups;
  else table->groups.resize(translation.upstream_keys.size());
  translation.upstream_problems.resize(table->groups.size());
  std::unordered_map<std::string_view, const std::shared_ptr<const routing::UpstreamGroup>*> known;
  if (before && !services)
    for (const auto& group : before->groups) known.emplace(group->name, &group);

  const SliceIndex slices = index_slices(store, services);
  for (std::size_t i = 0; i < table->groups.size(); ++i) {
    const UpstreamKey& key = translation.upstream_keys[i];
    if (services && !services->contains({key.service_namespace, key.service})) continue;
    ResolvedUpstream resolved = resolve(key, store, slices, answers, !options.disable_svc_external_name);
    if (!resolved.external_name.empty()) translation.external_names.insert(resolved.external_name);
    translation.upstream_problems[i] = std::move(resolved.problem);
    if (services) {
      if (!(*table->groups[i] == resolved.group)) table->groups[i] = std::make_shared<const routing::UpstreamGroup>(std::move(resolved.group));
      continue;
    }
    const auto found = known.find(resolved.group.name);
    if (found != known.end() && **found->second == resolved.group) table->groups[i] = *found->second;
    else table->groups[i] = std::make_shared<const routing::UpstreamGroup>(std::move(resolved.group));
  }
  table->content_hash = routing::hash_of(*table);
  translation.upstream_diagnostics.clear();
  for (const UpstreamReference& reference : translation.references)
    if (const auto& problem = translation.upstream_problems[reference.upstream]; !problem.empty())
      translation.upstream_diagnostics.push_back({"Ingress", reference.object_namespace, reference.ingress,
                                                  reference.field + (reference.field == "spec.defaultBackend" ? ".service" : ".backend.service"), problem, Severity::refused});
  snapshot.upstreams = std::move(table);
}

Translation Translator::run(const Translation* previous) {
  const kube::ConfigMap* config_map = nullptr;
  if (!options_.config_map.empty()) {
    const auto found = store_.config_maps.find(split_name(options_.config_map));
    if (found != store_.config_maps.end()) config_map = found->second.get();
  }
  config_ = translate_config(config_map, translation_.route_diagnostics);
  plan_ingresses();
  for (const PlannedIngress& planned : planned_) merge(planned);
  assign_certificates();
  build_routes();

  auto snapshot = std::make_shared<routing::Snapshot>();
  const auto* before = previous ? previous->snapshot.get() : nullptr;
  snapshot->routes = before && before->routes->content_hash == routes_->content_hash ? before->routes : std::move(routes_);
  snapshot->certificates = before && before->certificates->content_hash == certificate_table_->content_hash ? before->certificates : std::move(certificate_table_);
  snapshot->settings = before && *before->settings == config_.settings ? before->settings : std::make_shared<const routing::Settings>(config_.settings);
  fill_upstreams(translation_, before ? before->upstreams.get() : nullptr, nullptr, store_, options_, answers_, *snapshot);
  if (before && before->upstreams->content_hash == snapshot->upstreams->content_hash) snapshot->upstreams = before->upstreams;
  snapshot->version = routing::version_of(*snapshot);
  translation_.snapshot = std::move(snapshot);
  return std::move(translation_);
}

}  // namespace

Translation translate(const Store& store, const Options& options, const DnsResolver::Answers& answers, CertificateCache& certificates,
                      const Translation* previous) {
  return Translator{store, options, answers, certificates}.run(previous);
}

void refresh_upstreams(Translation& translation, const std::set<kube::Key>* services, const Store& store, const Options& options,
                       const DnsResolver::Answers& answers) {
  auto snapshot = std::make_shared<routing::Snapshot>(*translation.snapshot);
  fill_upstreams(translation, translation.snapshot->upstreams.get(), services, store, options, answers, *snapshot);
  snapshot->version = routing::version_of(*snapshot);
  translation.snapshot = std::move(snapshot);
}

}  // namespace controller::translate
