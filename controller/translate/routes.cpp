// Claimed locations to routes.
#include "controller/translate/names.hpp"
#include "controller/translate/translator.hpp"
#include "routing/content_hash.hpp"
#include "routing/normalize_path.hpp"
#include "routing/regex.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <utility>

namespace controller::translate {

using routing::Severity;

namespace {

constexpr std::size_t max_reserved_bytes = 1024;  // of a literal prefix: beginning with less of it closes more

// Undefined escapes and the like may be meant as they are.
bool is_comparable(const std::string& path) {
  std::string normal;
  return routing::is_normalised(path) || (path.find_first_of("?#") == std::string::npos && !routing::normalize_path(path, normal));
}

routing::Route closed_route(const Location& location, std::string why) {
  const auto& metadata = location.owner->ingress->metadata;
  routing::Route route;
  route.origin = {metadata.object_namespace, metadata.name, "", location.declared.empty() ? location.path : location.declared, location.type, "", ""};
  route.policies = location.owner->plan->policies;
  route.action = routing::Reply{503, std::move(why)};
  return route;
}

std::uint32_t next_place(const routing::HostEntry& entry) { return static_cast<std::uint32_t>(entry.routes.size()); }

// What begins with these letters, in the place of a path of that length.
void reserve_meant(const Location& location, routing::HostEntry& entry) {
  const std::string letters = location.path.substr(0, max_reserved_bytes);
  auto compiled = routing::compile_path(letters);
  if (!compiled.regex) return;
  entry.paths.reserve_regex(letters, std::move(compiled.regex), next_place(entry));
  entry.routes.push_back(closed_route(location, location.closed));
}

bool needs_settling(const Location& location) { return !is_comparable(location.path) || looks_like_expression(location.path); }

}  // namespace

routing::Forward Translator::forward_to(const UpstreamKey& key, const Location* location) {
  const routing::Forward forward = translation_.upstreams.use(key);
  if (work_) work_->upstreams.push_back(forward.upstream);
  // A backend without a name or a port was told of when it was read.
  if (location && !key.service.empty() && (key.port_number != 0 || !key.port_name.empty()))
    work_->references.push_back({location->owner, forward.upstream, location->place});
  return forward;
}

bool Translator::add_rewrite(const Location& location, routing::Route& route) {
  const std::string& target = location.owner->plan->rewrite_target;
  if (target.empty() || target == location.path || location.is_catch_all_default) return true;
  auto compiled = routing::compile_search(location.path);
  if (!compiled.regex) {
    tell(*location.owner->ingress, location.field() + ".path", compiled.error + "; the path is not served");
    return false;
  }
  routing::Rewrite rewrite;
  rewrite.expression = std::move(compiled.regex);
  rewrite.pieces = routing::parse_rewrite_target(target).pieces;
  rewrite.target = target;
  route.policies.rewrite = std::move(rewrite);
  return true;
}

// To its Service, and to the one that stands in for it.
void Translator::forward(const Location& location, routing::Route& route) {
  const annotations::IngressPlan& plan = *location.owner->plan;
  const std::string& ns = location.owner->ingress->metadata.object_namespace;
  route.action = forward_to({ns, location.backend.service, location.backend.port_number, location.backend.port_name}, &location);
  if (plan.default_backend.empty()) return;
  work_->services.emplace_back(ns, plan.default_backend);
  const auto found = store_.services.find({ns, plan.default_backend});
  if (found == store_.services.end() || found->second->ports.empty()) {
    tell(*location.owner->ingress, "metadata.annotations." + options_.annotations_prefix + "/default-backend",
         fmt::format("Service {}/{} does not exist or has no port: ignored", ns, plan.default_backend), Severity::changed);
    return;
  }
  route.policies.stand_in = forward_to({ns, plan.default_backend, found->second->ports.front().port, ""}, nullptr);
}

std::optional<routing::Route> Translator::build_route(const HostBuilder& host, const Location& location) {
  const annotations::IngressPlan& plan = *location.owner->plan;
  const auto& metadata = location.owner->ingress->metadata;
  routing::Route route;
  route.origin = {metadata.object_namespace, metadata.name, host.name, location.path, location.type, location.backend.service,
                  location.backend.port_name.empty() ? std::to_string(location.backend.port_number) : location.backend.port_name};
  if (!location.declared.empty()) route.origin.path = location.declared;
  route.policies = plan.policies;
  const bool is_excepted = std::any_of(config_.no_tls_redirect_locations.begin(), config_.no_tls_redirect_locations.end(),
                                       [&location](const auto& prefix) { return location.path.starts_with(prefix); });
  route.policies.tls_redirect.active = !location.is_catch_all_default && !is_excepted &&
                                       (plan.force_ssl_redirect || (plan.ssl_redirect && host.has_certificate));
  if (!add_rewrite(location, route)) return {};

  const std::string& closed = !host.closed.empty() ? host.closed : !location.closed.empty() ? location.closed : plan.closes_paths;
  if (!closed.empty()) {
    route.action = routing::Reply{503, closed};
  } else if (!location.has_own_backend) {
    route.origin.service = route.origin.port = "";
    route.action = routes_->fallback.action;
  } else if (location.backend.is_resource) {
    tell(*location.owner->ingress, location.field() + ".backend.resource", "resource backends are not supported: the path answers 404");
    route.action = routing::Reply{404, "resource backend"};
  } else {
    forward(location, route);
  }
  return route;
}

// A path that cannot be matched is kept from others: what it may have meant answers 503 instead of falling to a shorter one, which
// may be guarded less. If it is guarded itself, it is tried where its expression would have been, so that only a longer one comes
// first, as in ingress-nginx; else all that names more of the path does, which costs the others less.
void Translator::reserve(const Location& location, const std::string& error, routing::HostEntry& entry) {
  const std::string prefix = literal_prefix(location.path).substr(0, max_reserved_bytes);
  const bool is_guarded = location.owner->plan->is_guarded;
  tell(*location.owner->ingress, location.field() + ".path",
       fmt::format("{}; paths beginning with {} that no longer {} takes answer 503", error, prefix, is_guarded ? "expression" : "path"));
  auto compiled = routing::compile_path(prefix);
  if (!compiled.regex) return;
  entry.paths.reserve_regex(is_guarded ? location.path : prefix, std::move(compiled.regex), next_place(entry));
  entry.routes.push_back(closed_route(location, "the path is an expression that cannot be used: " + error));
}

// What is compared letter by letter, and with requests in their normal form, may be written so that nobody can ask for it.
void Translator::settle(HostBuilder& host, Location location) {
  const kube::Ingress& ingress = *location.owner->ingress;
  const bool is_guarded = location.owner->plan->is_guarded;
  const PlannedIngress* unused = nullptr;
  if (!is_comparable(location.path)) {
    const std::string written = std::exchange(location.path, "");
    const std::size_t query = written.find_first_of("?#");
    if (!routing::normalize_path(std::string_view{written}.substr(0, query), location.path)) location.path.clear();
    if (location.closed.empty())
      tell(ingress, location.field() + ".path",
           fmt::format("\"{}\" is never asked for: paths are compared decoded, without empty and dot segments{}; write \"{}\"; not served{}", written.substr(0, 80),
                       query == std::string::npos ? "" : " and without a query", location.path.substr(0, 80), is_guarded ? ", and since the Ingress guards access 503" : ""));
    if (!is_guarded) return;
    location.declared = location.declared.empty() ? written : location.declared;
    location.closed = fmt::format("{} cannot be used as it is written, and its Ingress guards access", location.field());
    if (location.path.empty()) host.closed = location.closed;
    else (void)host.claim(std::move(location), &unused);
    return;
  }
  // Below a whole element the expression is a Prefix; within one it is whatever begins with the letters before it.
  const std::string root = expression_root(location.path), letters = literal_prefix(location.path);
  const bool is_within_element = letters.size() > (root == "/" ? 1 : root.size() + 1);
  Location meant = location;
  meant.path = is_within_element ? letters : root;
  if (location.closed.empty())
    tell(ingress, location.field() + ".path",
         fmt::format("\"{}\" is compared letter by letter, not as an expression: {}set {}/use-regex: \"true\"{}", location.path.substr(0, 80),
                     is_within_element || root == "/" ? "" : "write " + root + " with pathType Prefix, or ", options_.annotations_prefix,
                     is_guarded ? fmt::format("; since the Ingress guards access what begins with {} answers 503 until then", meant.path) : ""),
         Severity::changed);
  meant.declared = location.path;
  place(host, std::move(location));
  if (is_guarded) close_meant(host, std::move(meant), is_within_element);
}

void Translator::close_meant(HostBuilder& host, Location meant, bool is_within_element) {
  meant.type = routing::PathType::prefix;
  meant.closed = fmt::format("{} cannot be used as it is written, and its Ingress guards access", meant.field());
  if (is_within_element) {
    host.reserved.push_back(std::move(meant));
    return;
  }
  const std::string why = meant.closed;
  const bool means_all = meant.path == "/";
  const PlannedIngress* const claimant = meant.owner;
  const PlannedIngress* owner = nullptr;
  const bool is_lost = !host.claim(std::move(meant), &owner) && owner != claimant;
  // Whoever has "/" has not claimed what this one meant, and nobody can tell what that is.
  if (is_lost && means_all) host.closed = why;
}

// Claims stay in the order of the Ingresses: what is closed here is kept from younger ones and lost to older ones, as ever.
void Translator::settle_paths(HostBuilder& host) {
  if (host.is_regex() || std::none_of(host.locations.begin(), host.locations.end(), needs_settling)) return;
  for (Location& location : host.release()) {
    const PlannedIngress* unused = nullptr;
    if (needs_settling(location)) settle(host, std::move(location));
    else if (location.is_placeholder) (void)host.claim(std::move(location), &unused);
    else place(host, std::move(location));
  }
}

void Translator::build_entry(const HostBuilder& host, routing::HostEntry& entry) {
  const bool is_regex = host.is_regex();
  for (const Location& location : host.locations) {
    std::shared_ptr<const re2::RE2> expression;
    if (is_regex) {
      auto compiled = routing::compile_path(location.path);
      if (!compiled.regex) {
        reserve(location, compiled.error, entry);
        continue;
      }
      expression = std::move(compiled.regex);
    }
    auto route = build_route(host, location);
    if (!route) continue;
    if (is_regex) entry.paths.insert_regex(location.path, std::move(expression), next_place(entry));
    else if (!entry.paths.insert(location.path, location.type, next_place(entry))) continue;
    entry.routes.push_back(std::move(*route));
  }
  for (const Location& location : host.reserved) reserve_meant(location, entry);
  entry.paths.freeze();
  entry.routes.shrink_to_fit();
}

void Translator::clear_host(HostWork& work) {
  for (const std::uint32_t upstream : work.upstreams) translation_.upstreams.drop(upstream);
  work.entry.reset();
  work.findings.clear();
  work.references.clear();
  work.upstreams.clear();
  work.services.clear();
}

void Translator::build_host(const std::string& name, HostWork& work) {
  clear_host(work);
  work_ = &work;
  findings_ = &work.findings;
  HostBuilder host;
  host.name = name;
  host.has_certificate = work.has_certificate;
  for (const Claim& claim : work.claims) merge(claim, host);
  if (!host.locations.empty() || !name.empty()) {
    host.add_placeholder();
    settle_paths(host);
    routing::HostEntry entry;
    entry.name = name;
    entry.has_certificate = host.has_certificate;
    build_entry(host, entry);
    entry.content_hash = routing::hash_of(entry);
    work.entry = std::make_shared<const routing::HostEntry>(std::move(entry));
  }
  work_ = nullptr;
  findings_ = &common_findings_;
}

void Translator::build_fallback() {
  if (const auto before = std::exchange(translation_.fallback_upstream, {})) translation_.upstreams.drop(*before);
  routing::Route& fallback = routes_->fallback;
  fallback.policies = config_.policies;
  fallback.action = routing::Reply{404, "no Ingress declares this host and path"};
  if (!config_.closes_everything.empty()) {
    fallback.action = routing::Reply{503, config_.closes_everything};
    return;
  }
  if (options_.default_backend_service.empty()) return;
  const auto [ns, name] = kube::key_of(options_.default_backend_service);
  const auto found = store_.services.find({ns, name});
  if (found == store_.services.end() || found->second->ports.empty()) {
    common_findings_.push_back({"Service", ns, name, "--default-backend-service", "does not exist or has no port: unmatched requests get 404", Severity::refused});
    return;
  }
  fallback.origin.service = name;
  fallback.origin.ingress_namespace = ns;
  const routing::Forward forward = forward_to({ns, name, found->second->ports.front().port, ""}, nullptr);
  fallback.action = forward;
  translation_.fallback_upstream = forward.upstream;
}

// Than it was made from.
bool Translator::has_other_services(const HostWork& work) const {
  if (work.services.empty()) return false;
  return !changes_ || std::any_of(work.services.begin(), work.services.end(), [this](const kube::Key& service) { return changes_->services.contains(service); });
}

void Translator::build_again(Host& host) {
  HostWork& work = host.second;
  const bool was_served = work.entry != nullptr;
  build_host(host.first, work);
  work.is_stale = false;
  has_other_hosts_ = has_other_hosts_ || was_served != (work.entry != nullptr);
  if (work.services.empty()) translation_.hosts_from_services.erase(&host);
  else translation_.hosts_from_services.insert(&host);
}

// Where the names are the same, so are their places and the index.
void Translator::fill_route_table(const std::vector<Host*>& rebuilt) {
  if (is_partial_ && !has_other_hosts_) {
    const routing::RouteTable& before = *translation_.snapshot->routes;
    routes_->hosts = before.hosts;
    routes_->first_places = before.first_places;
    routes_->index = before.index;
    routes_->route_count = before.route_count;
    for (const Host* host : rebuilt)
      if (host->second.entry) routes_->replace(host->second.place, host->second.entry);
    return;
  }
  routes_->hosts.reserve(translation_.hosts.size());
  routes_->first_places.reserve(translation_.hosts.size());
  for (auto& [name, work] : translation_.hosts) {
    if (!work.entry) continue;
    work.place = static_cast<std::uint32_t>(routes_->hosts.size());
    routes_->add(work.entry);
  }
}

void Translator::build_routes() {
  build_fallback();
  const routing::RouteTable* const before = translation_.snapshot ? translation_.snapshot->routes.get() : nullptr;
  const bool has_same_fallback = before && before->fallback.action == routes_->fallback.action;
  if (!has_same_fallback) look_at_all_hosts();
  std::vector<Host*> rebuilt;
  for (Host* const host : looked_at_) {
    auto& [name, work] = *host;
    // An exact host below a wildcard host with a certificate is served with that one, so it counts as TLS enabled too.
    const bool has_certificate = work.certificate != nullptr || (!name.empty() && certificate_table_->index.find_declared(name) != routing::HostIndex::none);
    if (work.is_stale || has_certificate != work.has_certificate || !has_same_fallback || has_other_services(work)) {
      work.has_certificate = has_certificate;
      build_again(*host);
      rebuilt.push_back(host);
    }
    const bool may_tell = !work.findings.empty() || (work.certificate && !work.certificate->findings.empty());
    if (may_tell) translation_.telling_hosts.insert(host);
    else translation_.telling_hosts.erase(host);
  }
  fill_route_table(rebuilt);
  translation_.upstreams.free_unused();
  routes_->content_hash = routing::hash_of(*routes_);
}

}  // namespace controller::translate
