#include "controller/explain/policies.hpp"

#include "controller/annotations/values.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

namespace controller::explain {
namespace {

using annotations::parse_bool;
using annotations::trim;

constexpr std::size_t max_shown_value = 80;

std::string seconds(std::chrono::seconds value) { return fmt::format("{} s", value.count()); }

std::string bytes(std::uint64_t count) {
  constexpr std::uint64_t kilo = 1024, mega = kilo * 1024, giga = mega * 1024;
  if (count == 0) return "no limit";
  if (count % giga == 0) return fmt::format("{} GiB", count / giga);
  if (count % mega == 0) return fmt::format("{} MiB", count / mega);
  return count % kilo == 0 ? fmt::format("{} KiB", count / kilo) : fmt::format("{} bytes", count);
}

std::string to_text(routing::RetryOn on) {
  using enum routing::RetryOn;
  constexpr std::pair<routing::RetryOn, const char*> names[]{
      {error, "error"},       {timeout, "timeout"},   {invalid_header, "invalid_header"}, {http_500, "http_500"}, {http_502, "http_502"},
      {http_503, "http_503"}, {http_504, "http_504"}, {http_403, "http_403"},             {http_404, "http_404"}, {http_429, "http_429"},
      {non_idempotent, "non_idempotent"}};
  std::string text;
  for (const auto& [bit, name] : names)
    if (contains(on, bit)) text += (text.empty() ? "" : " ") + std::string{name};
  return text.empty() ? "off" : text;
}

// A value that is shown as it is written, without the password of a URL.
std::string shown(std::string_view value) {
  std::string text{value.substr(0, max_shown_value)};
  const std::size_t scheme = text.find("://");
  const std::size_t begin = scheme == std::string::npos ? 0 : scheme + 3;
  const std::size_t at = text.find('@', begin);
  if (at != std::string::npos) text.replace(begin, at - begin, "...");
  return text + (value.size() > max_shown_value ? "..." : "");
}

class Collector {
 public:
  Collector(const Situation& situation, const routing::AskedRequest& request, const routing::Outcome& outcome)
      : situation_(situation), request_(request), outcome_(outcome), route_(*outcome.route), policies_(outcome.route->policies),
        config_map_(situation.config_map()) {
    if (outcome.match.route != nullptr) ingress_ = situation.ingress(route_.origin.ingress_namespace, route_.origin.ingress_name);
  }

  std::vector<Policy> run();

 private:
  struct Setter {
    PolicySource source = PolicySource::standard;
    std::string from, value;
  };
  [[nodiscard]] const std::string* annotation(std::string_view name) const {
    return ingress_ == nullptr ? nullptr : kube::find(ingress_->metadata.annotations, field_of(name));
  }
  [[nodiscard]] std::string field_of(std::string_view name) const { return fmt::format("{}/{}", situation_.options.annotations_prefix, name); }
  [[nodiscard]] Setter by_annotation(std::string_view name) const;
  [[nodiscard]] Setter by_config_map(std::string_view key) const;
  [[nodiscard]] Setter setter_of(std::string_view name) const;
  void add(std::string_view setting, std::string effect, Setter setter);
  void add_common(std::string_view name, std::string effect) { add(name, std::move(effect), setter_of(name)); }
  void add_set(std::string_view name, std::string effect);
  void add_closed();
  void add_rewrite();
  void add_expressions();
  void add_redirect();
  void add_forwarding();
  void add_others();

  const Situation& situation_;
  const routing::AskedRequest& request_;
  const routing::Outcome& outcome_;
  const routing::Route& route_;
  const routing::Policies& policies_;
  const kube::ConfigMap* config_map_;
  const kube::Ingress* ingress_ = nullptr;
  std::set<std::string> seen_;
  std::vector<Policy> list_;
};

// An annotation or a key with a diagnostic does not act as written, so something else did.
Collector::Setter Collector::by_annotation(std::string_view name) const {
  const std::string* const value = annotation(name);
  const std::string field = "metadata.annotations." + field_of(name);
  if (value == nullptr || trim(*value).empty() || situation_.findings.at(*ingress_, field) != nullptr) return {};
  const auto& metadata = ingress_->metadata;
  return {PolicySource::annotation, fmt::format("Ingress {}/{}: {}", metadata.object_namespace, metadata.name, field), std::string{trim(*value)}};
}

Collector::Setter Collector::by_config_map(std::string_view key) const {
  if (config_map_ == nullptr) return {};
  const std::string* const value = kube::find(config_map_->data, key);
  if (value == nullptr || trim(*value).empty()) return {};
  const auto& metadata = config_map_->metadata;
  const std::string field = fmt::format("data.{}", key);
  for (const auto* diagnostic : situation_.findings.of("ConfigMap", metadata.object_namespace, metadata.name))
    if (diagnostic->field == field) return {};
  return {PolicySource::config_map, fmt::format("ConfigMap {}/{}: {}", metadata.object_namespace, metadata.name, field), std::string{trim(*value)}};
}

Collector::Setter Collector::setter_of(std::string_view name) const {
  Setter setter = by_annotation(name);
  return setter.source == PolicySource::annotation ? setter : by_config_map(name);
}

void Collector::add(std::string_view setting, std::string effect, Setter setter) {
  seen_.insert(std::string{setting});
  list_.push_back({std::string{setting}, std::move(effect), setter.source, std::move(setter.from)});
}

// Worth a line only when somebody set it.
void Collector::add_set(std::string_view name, std::string effect) {
  if (Setter setter = setter_of(name); setter.source != PolicySource::standard) add(name, std::move(effect), std::move(setter));
}

// Which annotation or key answers 503: the reply repeats its diagnostic.
void Collector::add_closed() {
  const auto* const closed = std::get_if<routing::Reply>(&route_.action);
  if (closed == nullptr || closed->status != 503) return;
  const std::string mark = "metadata.annotations." + situation_.options.annotations_prefix + "/";
  for (const routing::Diagnostic* diagnostic : situation_.findings.all()) {
    const bool is_annotation = diagnostic->kind == "Ingress" && diagnostic->field.starts_with(mark);
    const bool is_key = diagnostic->kind == "ConfigMap" && diagnostic->field.starts_with("data.");
    if (!is_annotation && !is_key) continue;
    const std::string name = diagnostic->field.substr(is_annotation ? mark.size() : 5);
    const std::string as_reply = is_annotation ? name + " " + diagnostic->reason : "ConfigMap key " + name + ": " + diagnostic->reason;
    if (as_reply != closed->reason) continue;
    const bool is_own = ingress_ != nullptr && diagnostic->name == ingress_->metadata.name && diagnostic->object_namespace == ingress_->metadata.object_namespace;
    Policy policy{name, "closes the path: " + diagnostic->reason, is_key ? PolicySource::config_map : PolicySource::annotation,
                  fmt::format("{} {}/{}: {}", diagnostic->kind, diagnostic->object_namespace, diagnostic->name, diagnostic->field)};
    // Many Ingresses may say the same; its own comes before one that closes the whole host.
    if (list_.empty()) list_.push_back(std::move(policy));
    else if (is_own) list_.front() = std::move(policy);
    seen_.insert(name);
  }
}

void Collector::add_rewrite() {
  if (!policies_.rewrite) return;
  const std::string& target = policies_.rewrite->target;
  std::string effect = fmt::format("{} as target", target);
  if (!outcome_.upstream_target.empty()) {
    const std::string_view sent = std::string_view{outcome_.upstream_target}.substr(0, outcome_.upstream_target.find('?'));
    effect = fmt::format("{}: {} is sent as {}", target, outcome_.normalised_path, sent);
  } else if (is_absolute(*policies_.rewrite)) {
    effect = fmt::format("{}: the path is answered by a redirect there", target);
  }
  add("rewrite-target", std::move(effect), by_annotation("rewrite-target"));
}

// One path makes every path of its host an expression; who did it may be another Ingress.
void Collector::add_expressions() {
  if (outcome_.match.host == nullptr || !outcome_.match.host->paths.is_regex()) return;
  const std::string_view host = outcome_.match.host->name;
  const std::string effect = fmt::format("every path of host {} is an expression, in any case of letters, anchored at its start", host.empty() ? "*" : host);
  Setter setter;
  std::string setting = "use-regex";
  for (const auto& expression : outcome_.match.host->paths.expressions()) {
    const routing::Route& route = outcome_.match.host->routes[expression.route];
    const kube::Ingress* const ingress = situation_.ingress(route.origin.ingress_namespace, route.origin.ingress_name);
    if (ingress == nullptr || (setter.source != PolicySource::standard && ingress != ingress_)) continue;
    for (const char* name : {"use-regex", "rewrite-target"}) {
      const std::string* const value = kube::find(ingress->metadata.annotations, field_of(name));
      const bool does_it = value != nullptr && (std::string_view{name} == "use-regex" ? parse_bool(trim(*value)) == true : route.policies.rewrite.has_value());
      if (!does_it) continue;
      setting = name;
      setter = {PolicySource::annotation, fmt::format("Ingress {}/{}: metadata.annotations.{}", ingress->metadata.object_namespace, ingress->metadata.name, field_of(name)), {}};
      break;
    }
  }
  seen_.insert("use-regex");
  list_.push_back({setting, effect, setter.source, setter.from});
}

void Collector::add_redirect() {
  const Setter force = setter_of("force-ssl-redirect");
  const bool is_forced = parse_bool(force.value) == true;
  const char* const name = is_forced ? "force-ssl-redirect" : "ssl-redirect";
  const Setter setter = is_forced ? force : setter_of("ssl-redirect");
  const routing::TlsRedirect& redirect = policies_.tls_redirect;
  seen_.insert({"ssl-redirect", "force-ssl-redirect"});
  if (redirect.active) {
    add(name, fmt::format("http is answered {} to https{}", redirect.status, is_forced ? "" : ", because the host has a certificate"), setter);
    add_set("http-redirect-code", fmt::format("{}", redirect.status));
    add_set("preserve-trailing-slash", redirect.preserve_trailing_slash ? "the redirect keeps a slash at the end" : "the redirect drops a slash at the end");
    add_set("use-port-in-redirects", redirect.append_port ? "the redirect names the port" : "the redirect names no port");
    return;
  }
  if (ingress_ == nullptr) return;
  const bool is_off = !is_forced && parse_bool(setter.value) == false;
  const bool has_certificate = outcome_.match.host != nullptr && outcome_.match.host->has_certificate;
  if (is_off) add(name, "http is not sent to https", setter);
  else if (!is_forced && !has_certificate) add(name, "no effect: the host has no certificate (no spec.tls)", setter);
  else if (ingress_->rules.empty()) add(name, "no effect on the default backend of an Ingress without rules", setter);
  else add("no-tls-redirect-locations", "this path is left on http", by_config_map("no-tls-redirect-locations"));
}

void Collector::add_forwarding() {
  add_common("proxy-body-size", bytes(policies_.body_limit.max_body_bytes));
  add_common("proxy-connect-timeout", seconds(policies_.timeouts.connect));
  add_common("proxy-read-timeout", seconds(policies_.timeouts.read));
  add_common("proxy-send-timeout", seconds(policies_.timeouts.send));
  add_common("proxy-next-upstream", to_text(policies_.retry.on));
  add_common("proxy-next-upstream-tries", policies_.retry.tries == 0 ? "one for each endpoint" : fmt::format("{}", policies_.retry.tries));
  add_common("proxy-next-upstream-timeout", policies_.retry.total.count() == 0 ? "no limit" : seconds(policies_.retry.total));
  if (policies_.stand_in) {
    const auto& group = *situation_.snapshot().upstreams->groups[policies_.stand_in->upstream];
    add("default-backend", fmt::format("Service {}/{} stands in when there is no endpoint", group.service_namespace, group.service), by_annotation("default-backend"));
  }
  if (!policies_.access_log) add("enable-access-log", "no access log line", by_annotation("enable-access-log"));
  const routing::Hsts& hsts = situation_.snapshot().settings->hsts;
  if (request_.is_tls && ingress_ != nullptr)
    add("hsts", hsts.enabled ? fmt::format("Strict-Transport-Security for {} s", hsts.max_age_seconds) : "off", by_config_map("hsts"));
}

// What else the Ingress is annotated with: in force as written, or told of.
void Collector::add_others() {
  if (ingress_ == nullptr) return;
  const std::string prefix = situation_.options.annotations_prefix + "/";
  for (const auto& [full_name, value] : ingress_->metadata.annotations) {
    if (!full_name.starts_with(prefix) || trim(value).empty()) continue;
    const std::string name = full_name.substr(prefix.size());
    const std::string field = "metadata.annotations." + full_name;
    const routing::Diagnostic* const diagnostic = situation_.findings.at(*ingress_, field);
    if (seen_.contains(name) && diagnostic == nullptr) continue;
    const bool is_told = !list_.empty() && list_.front().setting == name && list_.front().effect.starts_with("closes");
    if (is_told) continue;
    const std::string from = fmt::format("Ingress {}/{}: {}", ingress_->metadata.object_namespace, ingress_->metadata.name, field);
    const bool is_text_of_code = name.ends_with("-snippet");
    list_.push_back({name, diagnostic != nullptr ? "not in force: " + diagnostic->reason : is_text_of_code ? "in force" : shown(trim(value)),
                     PolicySource::annotation, from});
  }
}

std::vector<Policy> Collector::run() {
  add_closed();
  add_rewrite();
  add_expressions();
  add_redirect();
  if (std::holds_alternative<routing::Forward>(route_.action)) add_forwarding();
  add_others();
  std::stable_sort(list_.begin(), list_.end(), [](const Policy& a, const Policy& b) { return a.source < b.source; });
  return std::move(list_);
}

}  // namespace

std::vector<Policy> policies_of(const Situation& situation, const routing::AskedRequest& request, const routing::Outcome& outcome) {
  if (outcome.route == nullptr) return {};
  return Collector{situation, request, outcome}.run();
}

}  // namespace controller::explain
