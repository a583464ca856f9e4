#include "controller/translate/global_config.hpp"

#include "controller/annotations/catalogue.hpp"
#include "controller/annotations/values.hpp"
#include "routing/log_variables.hpp"
#include "tls/ticket_keys.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <openssl/evp.h>

#include <algorithm>
#include <functional>
#include <iterator>
#include <map>

namespace controller::translate {

namespace {

using namespace annotations;

// Reads one value into the configuration; false: it cannot be used.
using Setter = std::function<bool(GlobalConfig&, const std::string&)>;

template <typename Member>
Setter boolean(Member member) {
  return [member](GlobalConfig& config, const std::string& text) {
    const auto value = parse_bool(text);
    if (value) member(config) = *value;
    return value.has_value();
  };
}

template <typename Member>
Setter seconds(Member member) {
  return [member](GlobalConfig& config, const std::string& text) {
    const auto value = parse_seconds(text);
    if (value) member(config) = std::chrono::seconds{*value};
    return value.has_value();
  };
}

// For waits, where 0 would end each as it begins.
template <typename Member>
Setter some_seconds(Member member) {
  return [set = seconds(member)](GlobalConfig& config, const std::string& text) { return parse_seconds(text) != 0 && set(config, text); };
}

template <typename Member>
Setter count(Member member) {
  return [member](GlobalConfig& config, const std::string& text) {
    const auto value = parse_int(text);
    if (!value || *value < 0 || *value > 1'000'000'000) return false;
    member(config) = static_cast<std::decay_t<decltype(member(config))>>(*value);
    return true;
  };
}

bool set_body_size(GlobalConfig& config, const std::string& text) {
  const auto value = parse_size(text);
  if (value) config.policies.body_limit.max_body_bytes = *value;
  return value.has_value();
}

bool set_header_buffer(GlobalConfig& config, const std::string& text) {
  const auto value = parse_size(text);
  if (!value || *value == 0 || *value > 1024 * 1024) return false;
  config.settings.downstream.header_buffer_bytes = static_cast<std::uint32_t>(*value);
  return true;
}

// "4 8k": count and size.
bool set_large_header_buffers(GlobalConfig& config, const std::string& text) {
  const std::size_t blank = text.find(' ');
  if (blank == std::string::npos) return false;
  const auto buffers = parse_int(text.substr(0, blank));
  const auto size = parse_size(trim(std::string_view{text}.substr(blank)));
  if (!buffers || !size || *buffers < 1 || *buffers > 64 || *size < 256 || *size > 1024 * 1024) return false;
  config.settings.downstream.large_header_buffers = static_cast<std::uint32_t>(*buffers);
  config.settings.downstream.large_header_buffer_bytes = static_cast<std::uint32_t>(*size);
  return true;
}

bool set_retry(GlobalConfig& config, const std::string& text) {
  const auto value = parse_retry_conditions(text);
  if (value) config.policies.retry.on = *value;
  return value.has_value();
}

bool set_redirect_code(GlobalConfig& config, const std::string& text) {
  const auto value = parse_int(text);
  if (!value || (*value != 301 && *value != 302 && *value != 307 && *value != 308)) return false;
  config.policies.tls_redirect.status = static_cast<std::uint16_t>(*value);
  return true;
}

bool set_protocols(GlobalConfig& config, const std::string& text) {
  bool tls12 = false, tls13 = false;
  std::string_view rest = text;
  for (rest = trim(rest); !rest.empty(); rest = trim(rest)) {
    const std::size_t end = std::min(rest.find_first_of(" \t"), rest.size());
    tls12 = tls12 || rest.substr(0, end) == "TLSv1.2";
    tls13 = tls13 || rest.substr(0, end) == "TLSv1.3";
    rest.remove_prefix(end);
  }
  if (!tls12 && !tls13) return false;
  config.settings.tls.tls12 = tls12;
  config.settings.tls.tls13 = tls13;
  return true;
}

bool set_ciphers(GlobalConfig& config, const std::string& text) {
  tls::ServerSettings wanted = config.settings.tls;
  wanted.ciphers = text;
  if (!tls::ServerContext::make(wanted, nullptr, [](std::string_view) -> const tls::Certificate* { return nullptr; })) return false;
  config.settings.tls.ciphers = text;
  return true;
}

bool set_ticket_key(GlobalConfig& config, const std::string& text) {
  std::string key(text.size() / 4 * 3, '\0');
  const int bytes = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(key.data()), reinterpret_cast<const unsigned char*>(text.data()),
                                    static_cast<int>(text.size()));
  if (bytes < 0) return false;
  key.resize(static_cast<std::size_t>(bytes - std::count(text.begin(), text.end(), '=')));  // padding was counted as bytes
  if (!tls::TicketKeys::from_bytes(key)) return false;
  config.settings.ticket_key = std::move(key);
  return true;
}

bool set_real_ip_ranges(GlobalConfig& config, const std::string& text) {
  auto ranges = parse_ranges(text);
  // The default would trust everybody, which is not what somebody wanted who wrote the key.
  config.settings.forwarding.trusted = ranges ? std::move(*ranges) : std::vector<routing::AddressRange>{};
  return ranges.has_value();
}

bool set_forwarded_for_header(GlobalConfig& config, const std::string& text) {
  for (const char c : text)
    if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_')) return false;
  if (text.empty()) return false;
  config.settings.forwarding.forwarded_for_header = text;
  return true;
}

const std::map<std::string, Setter>& setters() {
  static const auto member = [](auto access) { return access; };
  static const std::map<std::string, Setter> table = {
      {"allow-backend-server-header", boolean(member([](GlobalConfig& c) -> bool& { return c.settings.allow_backend_server_header; }))},
      {"client-body-timeout", some_seconds([](GlobalConfig& c) -> auto& { return c.settings.downstream.body_timeout; })},
      {"client-header-buffer-size", set_header_buffer},
      {"client-header-timeout", some_seconds([](GlobalConfig& c) -> auto& { return c.settings.downstream.header_timeout; })},
      {"compute-full-forwarded-for", boolean([](GlobalConfig& c) -> bool& { return c.settings.forwarding.compute_full_forwarded_for; })},
      {"disable-access-log", [](GlobalConfig& c, const std::string& t) {
         const auto off = parse_bool(t);
         if (off && *off) c.settings.access_log.enabled = false;
         return off.has_value(); }},
      {"disable-http-access-log", [](GlobalConfig& c, const std::string& t) {
         const auto off = parse_bool(t);
         if (off && *off) c.settings.access_log.enabled = false;
         return off.has_value(); }},
      {"enable-real-ip", boolean([](GlobalConfig& c) -> bool& { return c.settings.forwarding.enable_real_ip; })},
      {"enable-underscores-in-headers", boolean([](GlobalConfig& c) -> bool& { return c.settings.downstream.enable_underscores; })},
      {"force-ssl-redirect", boolean([](GlobalConfig& c) -> bool& { return c.force_ssl_redirect; })},
      {"forwarded-for-header", set_forwarded_for_header},
      {"generate-request-id", boolean([](GlobalConfig& c) -> bool& { return c.settings.forwarding.generate_request_id; })},
      {"hsts", boolean([](GlobalConfig& c) -> bool& { return c.settings.hsts.enabled; })},
      {"hsts-include-subdomains", boolean([](GlobalConfig& c) -> bool& { return c.settings.hsts.include_subdomains; })},
      {"hsts-max-age", count([](GlobalConfig& c) -> auto& { return c.settings.hsts.max_age_seconds; })},
      {"hsts-preload", boolean([](GlobalConfig& c) -> bool& { return c.settings.hsts.preload; })},
      {"http-redirect-code", set_redirect_code},
      {"keep-alive", seconds([](GlobalConfig& c) -> auto& { return c.settings.downstream.keep_alive; })},
      {"keep-alive-requests", count([](GlobalConfig& c) -> auto& { return c.settings.downstream.keep_alive_requests; })},
      {"large-client-header-buffers", set_large_header_buffers},
      {"log-format-escape-json", [](GlobalConfig& c, const std::string& t) {
         const auto on = parse_bool(t);
         if (on && *on) c.settings.access_log.escape = routing::LogEscape::json;
         return on.has_value(); }},
      {"log-format-escape-none", [](GlobalConfig& c, const std::string& t) {
         const auto on = parse_bool(t);
         if (on && *on && c.settings.access_log.escape != routing::LogEscape::json) c.settings.access_log.escape = routing::LogEscape::none;
         return on.has_value(); }},
      {"log-format-upstream", [](GlobalConfig& c, const std::string& t) {
         if (!trim(t).empty()) c.settings.access_log.format = std::string{trim(t)};
         return true; }},
      {"no-tls-redirect-locations", [](GlobalConfig& c, const std::string& t) { c.no_tls_redirect_locations = split_list(t); return true; }},
      {"preserve-trailing-slash", boolean([](GlobalConfig& c) -> bool& { return c.policies.tls_redirect.preserve_trailing_slash; })},
      {"proxy-add-original-uri-header", boolean([](GlobalConfig& c) -> bool& { return c.settings.forwarding.add_original_uri; })},
      {"proxy-body-size", set_body_size},
      {"proxy-connect-timeout", some_seconds([](GlobalConfig& c) -> auto& { return c.policies.timeouts.connect; })},
      {"proxy-next-upstream", set_retry},
      {"proxy-next-upstream-timeout", seconds([](GlobalConfig& c) -> auto& { return c.policies.retry.total; })},
      {"proxy-next-upstream-tries", count([](GlobalConfig& c) -> auto& { return c.policies.retry.tries; })},
      {"proxy-read-timeout", some_seconds([](GlobalConfig& c) -> auto& { return c.policies.timeouts.read; })},
      {"proxy-real-ip-cidr", set_real_ip_ranges},
      {"proxy-send-timeout", some_seconds([](GlobalConfig& c) -> auto& { return c.policies.timeouts.send; })},
      {"retry-non-idempotent", boolean([](GlobalConfig& c) -> bool& { return c.retry_non_idempotent; })},
      {"server-tokens", [](GlobalConfig& c, const std::string& t) {
         const auto on = parse_bool(t);
         if (on) c.settings.server_tokens = *on ? routing::ServerTokens::weir : routing::ServerTokens::none;
         return on.has_value(); }},
      {"ssl-ciphers", set_ciphers},
      {"ssl-protocols", set_protocols},
      {"ssl-redirect", boolean([](GlobalConfig& c) -> bool& { return c.ssl_redirect; })},
      {"ssl-reject-handshake", boolean([](GlobalConfig& c) -> bool& { return c.settings.tls.reject_unknown_names; })},
      {"ssl-session-ticket-key", set_ticket_key},
      {"ssl-session-tickets", boolean([](GlobalConfig& c) -> bool& { return c.settings.tls.session_tickets; })},
      {"upstream-keepalive-connections", count([](GlobalConfig& c) -> auto& { return c.settings.upstream_keep_alive.connections; })},
      {"upstream-keepalive-requests", count([](GlobalConfig& c) -> auto& { return c.settings.upstream_keep_alive.requests; })},
      {"upstream-keepalive-time", seconds([](GlobalConfig& c) -> auto& { return c.settings.upstream_keep_alive.lifetime; })},
      {"upstream-keepalive-timeout", seconds([](GlobalConfig& c) -> auto& { return c.settings.upstream_keep_alive.idle; })},
      {"use-forwarded-headers", boolean([](GlobalConfig& c) -> bool& { return c.settings.forwarding.use_forwarded_headers; })},
      {"use-port-in-redirects", boolean([](GlobalConfig& c) -> bool& { return c.policies.tls_redirect.append_port; })},
      {"worker-shutdown-timeout", seconds([](GlobalConfig& c) -> auto& { return c.settings.drain_limit; })},
  };
  return table;
}

// Also what nobody knows prints "-", and nginx would not start with it.
template <typename Tell>
void tell_unknown_variables(const std::string& format, Tell tell) {
  const auto unknown = routing::unknown_log_variables(format);
  if (!unknown.empty()) tell(fmt::format("${} is no variable of the log: \"-\" stands in its place", fmt::join(unknown, ", $")));
}

}  // namespace

GlobalConfig translate_config(const kube::ConfigMap* map, std::vector<routing::Diagnostic>& diagnostics) {
  GlobalConfig config;
  if (!map) return config;
  const auto tell = [&](const std::string& key, std::string reason, routing::Severity severity) {
    diagnostics.push_back({"ConfigMap", map->metadata.object_namespace, map->metadata.name, "data." + key, std::move(reason), severity});
  };
  for (const auto& [key, value] : map->data) {
    const Verdict verdict = judge_config_key(key, value);
    if (verdict.treatment == Treatment::closes_path) config.closes_everything = fmt::format("ConfigMap key {}: {}", key, verdict.reason);
    if (verdict.treatment != Treatment::supported) {
      tell(key, verdict.reason, verdict.treatment == Treatment::closes_path ? routing::Severity::refused : routing::Severity::changed);
      continue;
    }
    const auto setter = setters().find(key);
    if (trim(value).empty() && (key == "ssl-protocols" || key == "ssl-ciphers")) tell(key, "is empty: the default is in force", routing::Severity::changed);
    if (setter == setters().end() || trim(value).empty()) continue;
    if (key == "log-format-upstream") tell_unknown_variables(value, [&tell, &name = key](std::string reason) { tell(name, std::move(reason), routing::Severity::changed); });
    const bool is_secret = key == "ssl-session-ticket-key";
    if (!setter->second(config, std::string{trim(value)}))
      tell(key, fmt::format("{} cannot be used; {}", is_secret ? "the value" : "\"" + value.substr(0, 80) + "\"",
                            key == "proxy-real-ip-cidr" ? "nobody is trusted until it can: networks with commas between are expected" : "the default is in force"),
           routing::Severity::refused);
  }
  const std::string* const risk = kube::find(map->data, "annotations-risk-level");
  const std::string* const allows = kube::find(map->data, "allow-snippet-annotations");
  config.drops_snippets = risk && trim(*risk) == "Critical" && !(allows && parse_bool(trim(*allows)) == true);
  if (config.retry_non_idempotent) config.policies.retry.on = config.policies.retry.on | routing::RetryOn::non_idempotent;
  return config;
}

bool looks_like_config(const kube::ConfigMap& map) {
  static constexpr std::string_view usual[] = {"ingress-nginx-controller", "nginx-configuration", "nginx-ingress-controller", "nginx-ingress-ingress-nginx-controller"};
  static constexpr std::string_view others[] = {"haproxy", "traefik", "kong", "contour", "istio", "apisix", "cilium", "envoy"};
  const std::string name = to_lower(map.metadata.name), place = to_lower(map.metadata.object_namespace) + "/" + name;
  if (std::find(std::begin(usual), std::end(usual), name) != std::end(usual)) return true;
  const auto speaks_of = [&place](std::string_view word) { return place.find(word) != std::string::npos; };
  const auto known = static_cast<std::size_t>(std::count_if(map.data.begin(), map.data.end(), [](const auto& pair) { return is_config_key(pair.first); }));
  if (known == 0 || std::any_of(std::begin(others), std::end(others), speaks_of)) return false;
  return speaks_of("nginx") || speaks_of("ingress") || (known > 1 && known * 2 >= map.data.size());
}

}  // namespace controller::translate
