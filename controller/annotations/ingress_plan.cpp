#include "controller/annotations/ingress_plan.hpp"

#include "controller/annotations/catalogue.hpp"
#include "controller/annotations/values.hpp"
#include "routing/policies/rewrite.hpp"

#include <fmt/format.h>

#include <optional>

namespace controller::annotations {

namespace {

// Applies one annotation that is supported; false: its value cannot be used.
bool apply(IngressPlan& plan, std::string_view name, const std::string& value) {
  const auto boolean = [&value](bool& out) {
    const auto parsed = parse_bool(value);
    if (parsed) out = *parsed;
    return parsed.has_value();
  };
  const auto seconds = [&value](std::chrono::seconds& out) {
    const auto parsed = parse_int(value);
    constexpr std::int64_t ten_years = std::int64_t{10} * 365 * 86400;
    if (!parsed || *parsed < 0 || *parsed > ten_years) return false;
    out = std::chrono::seconds{*parsed};
    return true;
  };
  // nginx would end the wait as it begins.
  const auto wait = [&](std::chrono::seconds& out) { return parse_int(value) != 0 && seconds(out); };
  if (name == "ssl-redirect") return boolean(plan.ssl_redirect);
  if (name == "force-ssl-redirect") return boolean(plan.force_ssl_redirect);
  if (name == "preserve-trailing-slash") return boolean(plan.policies.tls_redirect.preserve_trailing_slash);
  if (name == "use-port-in-redirects") return boolean(plan.policies.tls_redirect.append_port);
  if (name == "use-regex") return boolean(plan.use_regex);
  if (name == "enable-access-log") return boolean(plan.policies.access_log);
  if (name == "proxy-connect-timeout") return wait(plan.policies.timeouts.connect);
  if (name == "proxy-read-timeout") return wait(plan.policies.timeouts.read);
  if (name == "proxy-send-timeout") return wait(plan.policies.timeouts.send);
  if (name == "proxy-next-upstream-timeout") return seconds(plan.policies.retry.total);
  if (name == "proxy-next-upstream-tries") {
    const auto parsed = parse_int(value);
    if (!parsed || *parsed < 0 || *parsed > 65535) return false;
    plan.policies.retry.tries = static_cast<std::uint16_t>(*parsed);
    return true;
  }
  if (name == "proxy-next-upstream") {
    const auto parsed = parse_retry_conditions(value);
    if (parsed) plan.policies.retry.on = *parsed;
    return parsed.has_value();
  }
  if (name == "proxy-body-size") {
    const auto parsed = parse_size(value);
    if (parsed) plan.policies.body_limit.max_body_bytes = *parsed;
    return parsed.has_value();
  }
  if (name == "rewrite-target") {
    if (!routing::parse_rewrite_target(value).valid) return false;
    plan.rewrite_target = value;
    return true;
  }
  if (name == "default-backend") {
    for (const char c : value)
      if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.')) return false;
    plan.default_backend = value;
    return true;
  }
  return true;  // backend-protocol: HTTP
}

std::string_view consequence(std::string_view name) {
  if (name == "rewrite-target") return "no rewrite; $1 to $9 and the characters A-Z a-z 0-9 - . _ ~ / : are allowed";
  if (name == "proxy-next-upstream-timeout") return "the ConfigMap's value is used; whole seconds without a unit are expected";
  if (name.ends_with("-timeout")) return "the ConfigMap's value is used; whole seconds without a unit are expected, and 0 is no time at all";
  if (name == "proxy-body-size") return "the ConfigMap's value is used; a number with k, m or g is expected";
  if (name == "default-backend") return "the Ingress is not served; the name of a Service is expected";
  return "the default is used";
}

// The name of an annotation without our prefix; none: it is somebody else's.
std::optional<std::string_view> own_name(std::string_view full_name, std::string_view prefix) {
  if (full_name.size() <= prefix.size() || !full_name.starts_with(prefix) || full_name[prefix.size()] != '/') return {};
  return full_name.substr(prefix.size() + 1);
}

void close(IngressPlan& plan, std::string_view name, const Verdict& verdict) {
  const bool is_of_host = verdict.treatment == Treatment::closes_host || name == "server-snippet";
  (is_of_host ? plan.closes_hosts : plan.closes_paths) = fmt::format("{} {}", name, verdict.reason);
  plan.is_guarded = plan.is_guarded || verdict.guards_access;
}

// Any value may stand where one cannot be read, so what may be a guard is one. A diagnostic was given when it was read.
void close_unreadable(const kube::Metadata& metadata, std::string_view prefix, IngressPlan& plan) {
  for (const std::string& full_name : metadata.unreadable_annotations) {
    if (full_name.empty()) {
      plan.is_guarded = true;
      plan.closes_paths = "the annotations cannot be read, and may guard access";
    }
    const auto name = own_name(full_name, prefix);
    if (!name) continue;
    const Verdict verdict = judge_annotation(*name, "?");
    if (verdict.guards_access) close(plan, *name, verdict);
  }
}

}  // namespace

IngressPlan plan_of(const kube::Ingress& ingress, std::string_view prefix, const translate::GlobalConfig& config,
                    std::vector<routing::Diagnostic>& diagnostics) {
  IngressPlan plan;
  plan.policies = config.policies;
  plan.ssl_redirect = config.ssl_redirect;
  plan.force_ssl_redirect = config.force_ssl_redirect;
  plan.closes_paths = config.closes_everything;
  const auto& metadata = ingress.metadata;
  const std::string* const verify_client = kube::find(metadata.annotations, std::string{prefix} + "/auth-tls-verify-client");
  const bool asks_no_certificate = verify_client && trim(*verify_client) == "off";
  const std::string* const canary = kube::find(metadata.annotations, std::string{prefix} + "/canary");
  const bool is_no_canary = canary && parse_bool(trim(*canary)) == false;
  for (const auto& annotation : metadata.annotations) {
    const std::string& full_name = annotation.first;
    const auto own = own_name(full_name, prefix);
    if (!own) continue;
    const std::string_view name = *own;
    const std::string value{trim(annotation.second)};
    const Verdict verdict = judge_annotation(name, value);
    const auto tell = [&](std::string reason, routing::Severity severity) {
      diagnostics.push_back({"Ingress", metadata.object_namespace, metadata.name, "metadata.annotations." + full_name, std::move(reason), severity});
    };
    switch (verdict.treatment) {
      case Treatment::supported:
        if (value.empty() || apply(plan, name, value)) break;
        tell(fmt::format("\"{}\" cannot be used: {}", value.substr(0, 80), consequence(name)), routing::Severity::refused);
        plan.is_refused = plan.is_refused || name == "default-backend";
        break;
      case Treatment::closes_path:
      case Treatment::wrong_protocol:
        close(plan, name, verdict);
        tell(verdict.reason, routing::Severity::refused);
        break;
      case Treatment::closes_host:
        if (asks_no_certificate && name == "auth-tls-secret") {
          tell("not supported yet; with auth-tls-verify-client \"off\" it guards nothing", routing::Severity::changed);
          break;
        }
        close(plan, name, verdict);
        tell(verdict.reason, routing::Severity::refused);
        break;
      case Treatment::refuses_ingress:
        if (is_no_canary && name.starts_with("canary-")) {
          tell("has no effect: canary is \"false\", so this is an ordinary Ingress", routing::Severity::changed);
          break;
        }
        if (config.drops_snippets && name.ends_with("-snippet")) {
          tell("the snippet is ignored: the ConfigMap does not allow any, and snippets are never interpreted here", routing::Severity::changed);
          break;
        }
        plan.is_refused = true;
        plan.is_canary = plan.is_canary || name.starts_with("canary");
        if (verdict.guards_access) close(plan, name, verdict);
        tell(verdict.reason, routing::Severity::refused);
        break;
      case Treatment::harmless:
      case Treatment::removed:
      case Treatment::unknown:
        tell(verdict.reason, routing::Severity::changed);
        break;
    }
  }
  close_unreadable(metadata, prefix, plan);
  if (config.retry_non_idempotent) plan.policies.retry.on = plan.policies.retry.on | routing::RetryOn::non_idempotent;
  return plan;
}

}  // namespace controller::annotations
