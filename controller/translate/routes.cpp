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
  route.policies = location.owner->plan.policies;
  route.action = routing::Reply{503, std::move(why)};
  return route;
}

bool needs_settling(const Location& location) { return !is_comparable(location.path) || looks_like_expression(location.path); }

}  // namespace

std::uint32_t Translator::upstream_of(UpstreamKey key, const Location* location) {
  const auto [slot, is_new] = translation_.upstreams.try_emplace(std::move(key), static_cast<std::uint32_t>(translation_.upstream_keys.size()));
  if (is_new) translation_.upstream_keys.push_back(&slot->first);
  // A backend without a name or a port was told of when it was read.
  const UpstreamKey& wanted = slot->first;
  if (location && !wanted.service.empty() && (wanted.port_number != 0 || !wanted.port_name.empty())) {
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

// A path that cannot be matched is kept from others: what it may have meant answers 503 instead of falling to a shorter one, which
// may be guarded less. If it is guarded itself, it is tried where its expression would have been, so that only a longer one comes
// first, as in ingress-nginx; else all that names more of the path does, which costs the others less.
void Translator::reserve(const Location& location, const std::string& error, routing::PathIndex& paths) {
  const std::string prefix = literal_prefix(location.path).substr(0, max_reserved_bytes);
  const bool is_guarded = location.owner->plan.is_guarded;
  tell(*location.owner->ingress, location.field + ".path",
       fmt::format("{}; paths beginning with {} that no longer {} takes answer 503", error, prefix, is_guarded ? "expression" : "path"));
  auto compiled = routing::compile_path(prefix);
  if (!compiled.regex) return;
  routing::Route route = closed_route(location, "the path is an expression that cannot be used: " + error);
  paths.reserve_regex(is_guarded ? location.path : prefix, std::move(compiled.regex), static_cast<std::uint32_t>(routes_->routes.size()));
  routes_->routes.push_back(std::move(route));
}

// What is compared letter by letter, and with requests in their normal form, may be written so that nobody can ask for it.
void Translator::settle(HostBuilder& host, Location location) {
  const kube::Ingress& ingress = *location.owner->ingress;
  const bool is_guarded = location.owner->plan.is_guarded;
  const PlannedIngress* unused = nullptr;
  if (!is_comparable(location.path)) {
    const std::string written = std::exchange(location.path, "");
    const std::size_t query = written.find_first_of("?#");
    if (!routing::normalize_path(std::string_view{written}.substr(0, query), location.path)) location.path.clear();
    if (location.closed.empty())
      tell(ingress, location.field + ".path",
           fmt::format("\"{}\" is never asked for: paths are compared decoded, without empty and dot segments{}; write \"{}\"; not served{}", written.substr(0, 80),
                       query == std::string::npos ? "" : " and without a query", location.path.substr(0, 80), is_guarded ? ", and since the Ingress guards access 503" : ""));
    if (!is_guarded) return;
    location.declared = location.declared.empty() ? written : location.declared;
    location.closed = fmt::format("{} cannot be used as it is written, and its Ingress guards access", location.field);
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
    tell(ingress, location.field + ".path",
         fmt::format("\"{}\" is compared letter by letter, not as an expression: {}set {}/use-regex: \"true\"{}", location.path.substr(0, 80),
                     is_within_element || root == "/" ? "" : "write " + root + " with pathType Prefix, or ", options_.annotations_prefix,
                     is_guarded ? fmt::format("; since the Ingress guards access what begins with {} answers 503 until then", meant.path) : ""),
         Severity::changed);
  meant.declared = location.path;
  claim(host, std::move(location));
  if (is_guarded) close_meant(host, std::move(meant), is_within_element);
}

void Translator::close_meant(HostBuilder& host, Location meant, bool is_within_element) {
  meant.type = routing::PathType::prefix;
  meant.closed = fmt::format("{} cannot be used as it is written, and its Ingress guards access", meant.field);
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

// What begins with these letters, in the place of a path of that length.
void Translator::reserve_meant(const Location& location, routing::PathIndex& paths) {
  const std::string letters = location.path.substr(0, max_reserved_bytes);
  auto compiled = routing::compile_path(letters);
  if (!compiled.regex) return;
  paths.reserve_regex(letters, std::move(compiled.regex), static_cast<std::uint32_t>(routes_->routes.size()));
  routes_->routes.push_back(closed_route(location, location.closed));
}

// Claims stay in the order of the Ingresses: what is closed here is kept from younger ones and lost to older ones, as ever.
void Translator::settle_paths(HostBuilder& host) {
  if (host.is_regex() || std::none_of(host.locations.begin(), host.locations.end(), needs_settling)) return;
  for (Location& location : host.release()) {
    const PlannedIngress* unused = nullptr;
    if (needs_settling(location)) settle(host, std::move(location));
    else if (location.is_placeholder) (void)host.claim(std::move(location), &unused);
    else claim(host, std::move(location));
  }
}

void Translator::build_host(HostBuilder& host) {
  host.add_placeholder();
  settle_paths(host);
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
  for (const Location& location : host.reserved) reserve_meant(location, entry.paths);
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
  const auto [ns, name] = kube::key_of(options_.default_backend_service);
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
  routes_->hosts.reserve(hosts_.size());
  std::size_t count = hosts_.size();  // of placeholders, at most
  for (const auto& [name, host] : hosts_) count += host.locations.size();
  routes_->routes.reserve(count);
  for (auto& [name, host] : hosts_) {
    if (!host.locations.empty() || !name.empty()) build_host(host);
    host = {};  // with ten thousand hosts it counts
  }
  routes_->routes.shrink_to_fit();
  routes_->content_hash = routing::hash_of(*routes_);
}

}  // namespace controller::translate
