#include "controller/annotations/catalogue.hpp"

#include "controller/annotations/snippets.hpp"
#include "controller/annotations/values.hpp"
#include "controller/nearest_name.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace controller::annotations {

namespace {

constexpr std::string_view supported[] = {
    "default-backend", "enable-access-log", "force-ssl-redirect", "preserve-trailing-slash", "proxy-body-size", "proxy-connect-timeout",
    "proxy-next-upstream", "proxy-next-upstream-timeout", "proxy-next-upstream-tries", "proxy-read-timeout", "proxy-send-timeout",
    "rewrite-target", "ssl-redirect", "use-port-in-redirects", "use-regex"};

// Not built yet; a path without them is still the path its author meant, or says so in its answers.
constexpr std::string_view harmless[] = {
    "affinity", "affinity-canary-behavior", "affinity-mode", "app-root", "client-body-buffer-size", "connection-proxy-header",
    "cors-allow-credentials", "cors-allow-headers", "cors-allow-methods", "cors-allow-origin", "cors-expose-headers", "cors-max-age",
    "custom-headers", "custom-http-errors", "disable-proxy-intercept-errors", "enable-cors", "enable-global-auth", "enable-opentelemetry",
    "enable-rewrite-log", "fastcgi-index", "fastcgi-params-configmap", "from-to-www-redirect", "http2-push-preload", "limit-rate",
    "limit-rate-after", "load-balance", "mirror-host", "mirror-request-body", "mirror-target", "opentelemetry-operation-name",
    "opentelemetry-trust-incoming-span", "permanent-redirect-code", "proxy-buffer-size", "proxy-buffering",
    "proxy-buffers-number", "proxy-busy-buffers-size", "proxy-cookie-domain", "proxy-cookie-path", "proxy-http-version",
    "proxy-max-temp-file-size", "proxy-redirect-from", "proxy-redirect-to", "proxy-request-buffering", "proxy-ssl-ciphers", "proxy-ssl-name",
    "proxy-ssl-protocols", "proxy-ssl-secret", "proxy-ssl-server-name", "proxy-ssl-verify", "proxy-ssl-verify-depth", "relative-redirects",
    "server-alias", "service-upstream", "session-cookie-change-on-failure", "session-cookie-conditional-samesite-none",
    "session-cookie-domain", "session-cookie-expires", "session-cookie-max-age", "session-cookie-name", "session-cookie-path",
    "session-cookie-samesite", "session-cookie-secure", "ssl-ciphers", "ssl-passthrough", "ssl-prefer-server-ciphers",
    "temporal-redirect-code", "upstream-hash-by", "upstream-hash-by-subset", "upstream-hash-by-subset-size", "upstream-vhost",
    "x-forwarded-prefix"};

constexpr std::string_view guards_path[] = {
    "allowlist-source-range", "auth-secret", "auth-snippet", "auth-type", "auth-url", "denylist-source-range", "limit-connections",
    "limit-rpm", "limit-rps", "whitelist-source-range"};

// Parts of a guard: they close nothing by themselves.
constexpr std::string_view guard_details[] = {
    "auth-always-set-cookie", "auth-cache-duration", "auth-cache-key", "auth-keepalive", "auth-keepalive-requests",
    "auth-keepalive-share-vars", "auth-keepalive-timeout", "auth-method", "auth-proxy-set-headers", "auth-realm", "auth-request-redirect",
    "auth-response-headers", "auth-secret-type", "auth-signin", "auth-signin-redirect-param", "auth-tls-error-page",
    "auth-tls-pass-certificate-to-upstream", "auth-tls-verify-depth", "limit-allowlist",
    "limit-burst-multiplier", "limit-whitelist", "satisfy", "modsecurity-transaction-id"};

// Any of them asks for client certificates, which the whole host then has to ask for.
constexpr std::string_view guards_host[] = {"auth-tls-match-cn", "auth-tls-secret", "auth-tls-verify-client"};

constexpr std::string_view canary_details[] = {"canary-by-cookie", "canary-by-header", "canary-by-header-pattern", "canary-by-header-value",
                                               "canary-weight", "canary-weight-total"};

constexpr std::string_view snippets[] = {"configuration-snippet", "server-snippet", "stream-snippet", "modsecurity-snippet"};

constexpr std::string_view removed[] = {
    "add-base-url", "base-url-scheme", "enable-influxdb", "enable-opentracing", "influxdb-host", "influxdb-measurement", "influxdb-port",
    "influxdb-server-name", "opentracing-trust-incoming-span", "secure-backends", "secure-verify-ca-secret", "session-cookie-hash",
    "upstream-fail-timeout", "upstream-max-fails"};

struct Mistake {
  std::string_view written, meant;
};

// What people write for something else. An empty `meant`: nothing is needed.
constexpr Mistake mistakes[] = {
    {"rate-limit", "limit-rps"}, {"rate-limit-rps", "limit-rps"}, {"rate-limit-rpm", "limit-rpm"}, {"rate-limit-window", "limit-rpm"},
    {"rate-limit-burst", "limit-burst-multiplier"}, {"rate-limit-connections", "limit-connections"}, {"rate-limit-burst-multiplier", "limit-burst-multiplier"},
    {"rate-limit-status-code", "limit-req-status-code of the ConfigMap"},
    {"proxy-buffers", "proxy-buffers-number"},
    {"client-max-body-size", "proxy-body-size"}, {"proxy-max-body-size", "proxy-body-size"}, {"body-size", "proxy-body-size"},
    {"cors-enabled", "enable-cors"}, {"cors-enable", "enable-cors"}, {"https-redirect", "ssl-redirect"}, {"redirect-to-https", "force-ssl-redirect"},
    {"whitelist", "whitelist-source-range"}, {"session-affinity", "affinity"}, {"sticky-sessions", "affinity"},
    {"websocket-services", ""}, {"enable-websocket", ""}, {"enable-websockets", ""}, {"websocket", ""}, {"proxy-upgrade", ""}};

// The same for keys of the ConfigMap; some were keys of its early versions or are those of another controller.
constexpr Mistake key_mistakes[] = {
    {"body-size", "proxy-body-size"}, {"client-max-body-size", "proxy-body-size"}, {"hts", "hsts"}, {"hts-max-age", "hsts-max-age"},
    {"hts-include-subdomains", "hsts-include-subdomains"}, {"hts-preload", "hsts-preload"}, {"proxy-buffers", "proxy-buffers-number"},
    {"http2", "use-http2"}, {"gzip", "use-gzip"}, {"server-names-hash-bucket-size", "server-name-hash-bucket-size"},
    {"server-names-hash-max-size", "server-name-hash-max-size"}, {"worker-connections", "max-worker-connections"},
    {"http-snippets", "http-snippet"}, {"server-snippets", "server-snippet"}, {"location-snippets", "location-snippet"},
    {"main-snippets", "main-snippet"}, {"stream-snippets", "stream-snippet"}};

constexpr std::string_view supported_keys[] = {
    "allow-backend-server-header", "client-body-timeout", "client-header-buffer-size", "client-header-timeout", "compute-full-forwarded-for",
    "disable-access-log", "disable-http-access-log", "enable-real-ip", "enable-underscores-in-headers", "force-ssl-redirect",
    "forwarded-for-header", "generate-request-id", "hsts", "hsts-include-subdomains", "hsts-max-age", "hsts-preload", "http-redirect-code",
    "keep-alive", "keep-alive-requests", "large-client-header-buffers", "log-format-escape-json", "log-format-escape-none",
    "log-format-upstream", "no-tls-redirect-locations", "preserve-trailing-slash", "proxy-add-original-uri-header", "proxy-body-size",
    "proxy-connect-timeout", "proxy-next-upstream", "proxy-next-upstream-timeout", "proxy-next-upstream-tries", "proxy-read-timeout",
    "proxy-real-ip-cidr", "proxy-send-timeout", "retry-non-idempotent", "server-tokens", "ssl-ciphers", "ssl-protocols",
    "ssl-redirect", "ssl-reject-handshake", "ssl-session-ticket-key", "ssl-session-tickets", "upstream-keepalive-connections",
    "upstream-keepalive-requests", "upstream-keepalive-time", "upstream-keepalive-timeout", "use-forwarded-headers", "use-port-in-redirects",
    "worker-shutdown-timeout"};

constexpr std::string_view snippet_keys[] = {"allow-snippet-annotations", "annotations-risk-level"};

constexpr std::string_view guarding_keys[] = {"global-auth-url", "whitelist-source-range", "denylist-source-range", "block-cidrs",
                                              "block-user-agents", "block-referers", "enable-modsecurity", "enable-owasp-modsecurity-crs"};

// Snippets that hold for every request, whatever allow-snippet-annotations says.
constexpr std::string_view request_snippet_keys[] = {"http-snippet", "location-snippet", "server-snippet"};

// nginx's own machinery: nothing here corresponds to it, and nothing is missed.
constexpr std::string_view meaningless_keys[] = {
    "bind-address", "enable-aio-write", "enable-multi-accept", "enable-serial-reloads", "lua-shared-dicts", "map-hash-bucket-size",
    "max-worker-connections", "max-worker-open-files", "nginx-status-ipv4-whitelist", "nginx-status-ipv6-whitelist",
    "proxy-headers-hash-bucket-size", "proxy-headers-hash-max-size", "reuse-port", "server-name-hash-bucket-size",
    "server-name-hash-max-size", "variables-hash-bucket-size", "variables-hash-max-size", "worker-cpu-affinity", "worker-processes",
    "disable-ipv6", "disable-ipv6-dns", "strict-validate-path-type", "error-log-level", "error-log-path", "access-log-path",
    "http-access-log-path", "ssl-buffer-size", "ssl-session-cache", "ssl-session-cache-size", "ssl-session-timeout", "ignore-invalid-headers",
    "http2-max-field-size", "http2-max-header-size", "http2-max-requests", "proxy-buffering", "proxy-buffer-size", "proxy-buffers-number",
    "proxy-busy-buffers-size", "proxy-max-temp-file-size", "client-body-buffer-size"};

constexpr std::string_view unbuilt_keys[] = {
    "access-log-params", "add-headers", "allow-cross-namespace-resources", "annotation-value-word-blocklist", "brotli-level",
    "brotli-min-length", "brotli-types", "custom-http-errors", "debug-connections", "default-type", "disable-proxy-intercept-errors",
    "disable-stream-access-log", "enable-access-log-for-default-backend", "enable-auth-access-log", "enable-brotli",
    "enable-ocsp", "enable-opentelemetry", "enable-syslog", "forwarded-for-proxy-protocol-header",
    "forwarded-host-header", "geoip2-autoreload-in-minutes", "global-allowed-response-headers", "global-auth-always-set-cookie",
    "global-auth-cache-duration", "global-auth-cache-key", "global-auth-method", "global-auth-request-redirect", "global-auth-response-headers",
    "global-auth-signin", "global-auth-signin-redirect-param", "global-auth-snippet", "grpc-buffer-size-kb", "gzip-disable", "gzip-level",
    "gzip-min-length", "gzip-types", "hide-headers", "http-snippet", "http2-max-concurrent-streams", "limit-conn-status-code",
    "limit-conn-zone-variable", "limit-rate", "limit-rate-after", "limit-req-status-code", "load-balance", "location-snippet",
    "log-format-stream", "main-snippet", "modsecurity-snippet", "no-auth-locations", "opentelemetry-config", "opentelemetry-operation-name",
    "opentelemetry-trust-incoming-span", "otel-max-export-batch-size", "otel-max-queuesize", "otel-sampler", "otel-sampler-parent-based",
    "otel-sampler-ratio", "otel-schedule-delay-millis", "otel-service-name", "otlp-collector-host", "otlp-collector-port",
    "proxy-cookie-domain", "proxy-cookie-path", "proxy-http-version", "proxy-protocol-header-timeout", "proxy-redirect-from",
    "proxy-redirect-to", "proxy-request-buffering", "proxy-set-headers", "proxy-ssl-location-only", "proxy-stream-next-upstream",
    "proxy-stream-next-upstream-timeout", "proxy-stream-next-upstream-tries", "proxy-stream-responses", "proxy-stream-timeout",
    "relative-redirects", "server-snippet", "service-upstream", "skip-access-log-urls", "ssl-dh-param", "ssl-early-data", "ssl-ecdh-curve",
    "stream-access-log-path", "stream-snippet", "syslog-host", "syslog-port", "upstream-hash-by-subset", "upstream-hash-by-subset-size",
    "use-geoip2", "use-gzip", "use-http2", "use-proxy-protocol", "app-root", "jaeger-collector-host", "jaeger-collector-port",
    "jaeger-endpoint", "jaeger-sampler-host", "jaeger-sampler-param", "jaeger-sampler-type", "jaeger-service-name", "use-geoip",
    "enable-opentracing", "enable-vts-status", "zipkin-collector-host", "proxy-hide-headers"};

template <std::size_t N>
bool contains(const std::string_view (&names)[N], std::string_view name) {
  return std::find(std::begin(names), std::end(names), name) != std::end(names);
}

bool is_off(std::string_view value) { return parse_bool(value) == false || value == "off" || value == "none"; }

// A limit of nothing, a list of everybody.
bool guards_nothing(std::string_view name, std::string_view value) {
  if (name.starts_with("limit-")) {
    const auto limit = parse_int(trim(value));
    return limit && *limit <= 0;
  }
  if (name != "whitelist-source-range" && name != "allowlist-source-range") return false;
  const auto ranges = split_list(value);
  const auto lists = [&ranges](std::string_view range) { return std::find(ranges.begin(), ranges.end(), range) != ranges.end(); };
  return lists("0.0.0.0/0") && lists("::/0");
}

// Not built, and the value asks for what happens without it.
bool is_neutral(std::string_view name, std::string_view value) {
  if (name == "enable-global-auth") return parse_bool(value) == true;
  if (name == "proxy-http-version") return value == "1.1";
  if (name == "load-balance") return value == "round_robin";
  return parse_bool(value) == false || value == "off" || value.empty();
}

// The upstream of a redirected path was never meant to be reached, so the path does not fall back to it.
Verdict judge_redirect(std::string_view name, std::string_view value) {
  if (value.empty()) return {Treatment::harmless, "is empty and redirects nowhere"};
  if (name == "temporal-redirect" && !value.starts_with("http"))
    return {Treatment::harmless, "is no http or https URL: ignored, as ingress-nginx does"};
  return {Treatment::closes_path, "redirects are not supported yet: the paths of this Ingress answer 503, because its Service was not meant to be reached; "
                                  "remove it to forward them"};
}

Verdict judge_guard(std::string_view name, std::string_view value) {
  if (guards_nothing(name, value)) return {Treatment::supported, {}};
  if (trim(value).empty()) return {Treatment::harmless, "is empty and guards nothing"};
  if (name == "auth-tls-verify-client" && trim(value) == "off") return {Treatment::harmless, "not supported yet; \"off\" asks for no certificate"};
  if (contains(guards_host, name))
    return {Treatment::closes_host, "client certificates are not supported yet: every path of the host answers 503, because serving it would open what this "
                                    "annotation closes; remove it to serve the host without client certificates", true};
  return {Treatment::closes_path, "not supported yet: the paths of this Ingress answer 503, because serving them would open what this annotation "
                                  "closes; remove it to serve them unguarded", true};
}

// A snippet of the server is of the whole host. One of a stream has nothing to do with requests.
Verdict judge_snippet(std::string_view name, std::string_view value) {
  const std::string refused = "snippets of nginx configuration are refused, as ingress-nginx refuses them by default: the Ingress is not served";
  const std::string remedy = "; say the same with annotations, then remove the snippet";
  const std::string directive = name == "stream-snippet" ? "" : first_guarding_directive(value);
  if (directive.empty()) return {Treatment::refuses_ingress, refused + remedy};
  return {Treatment::refuses_ingress, fmt::format("{}, and since \"{}\" may guard access {} 503{}", refused, directive,
                                                  name == "server-snippet" ? "every path of its hosts answers" : "its paths answer", remedy), true};
}

Verdict judge_snippet_key(std::string_view key, std::string_view value) {
  const bool is_default = key == "allow-snippet-annotations" ? is_off(value) : value == "High";
  if (value.empty() || is_default) return {Treatment::supported, {}};
  if (key == "allow-snippet-annotations" || value == "Critical")
    return {Treatment::harmless, "snippets of nginx configuration are never interpreted here, whatever this says"};
  return {Treatment::harmless, "not supported yet: annotations of a higher risk are accepted all the same"};
}

}  // namespace

Verdict judge_annotation(std::string_view name, std::string_view value) {
  if (contains(supported, name)) return {Treatment::supported, {}};
  if (contains(guards_path, name) || contains(guards_host, name)) return judge_guard(name, value);
  if (name == "permanent-redirect" || name == "temporal-redirect") return judge_redirect(name, trim(value));
  if (name == "enable-modsecurity" || name == "enable-owasp-core-rules") {
    if (is_off(value)) return {Treatment::harmless, "not supported yet; \"false\" asks for nothing"};
    return judge_guard(name, value);
  }
  if (contains(snippets, name)) return judge_snippet(name, value);
  if (name == "canary") {
    if (is_off(value)) return {Treatment::harmless, "not supported yet; \"false\" asks for nothing"};
    return {Treatment::refuses_ingress, "canaries are not supported yet: this Ingress is not served, all traffic goes to the main Ingress"};
  }
  if (contains(canary_details, name))
    return {Treatment::refuses_ingress, "canaries are not supported yet: this Ingress is not served, so that it does not compete with the main one"};
  if (name == "backend-protocol") {
    const std::string protocol = to_lower(trim(value));
    if (protocol.empty() || protocol == "http") return {Treatment::supported, {}};
    if (protocol == "https" || protocol == "grpc" || protocol == "grpcs" || protocol == "fcgi" || protocol == "auto_http")
      return {Treatment::wrong_protocol, "only HTTP is supported yet: the paths of this Ingress answer 503, because plain HTTP is not what their Service speaks"};
    return {Treatment::harmless, "\"" + std::string{value.substr(0, 40)} + "\" is no protocol; HTTP is used, as ingress-nginx does"};
  }
  if (contains(guard_details, name)) return {Treatment::harmless, "not supported yet; by itself it guards nothing"};
  if (contains(harmless, name)) return is_neutral(name, trim(value)) ? Verdict{Treatment::supported, {}} : Verdict{Treatment::harmless, "not supported yet: ignored"};
  if (contains(removed, name) || name.starts_with("influxdb-") || name.starts_with("opentracing-") || name.starts_with("global-rate-limit") ||
      name.starts_with("lua-resty-waf"))
    return {Treatment::removed, "was removed from ingress-nginx: ignored"};
  for (const auto& [written, meant] : mistakes) {
    if (name != written) continue;
    if (meant.empty()) return {Treatment::unknown, "is not an annotation of ingress-nginx and not needed: WebSocket works without one"};
    return {Treatment::unknown, fmt::format("is not an annotation of ingress-nginx, so it has never had an effect; {} is", meant)};
  }
  if (is_config_key(name))
    return {Treatment::unknown, "is a key of the ConfigMap, not an annotation: it has no effect here"};
  const std::string_view like = nearest_name(name, {supported, harmless, guards_path, guards_host, guard_details, canary_details, snippets});
  if (like.empty()) return {Treatment::unknown, "is not an annotation of ingress-nginx: it has no effect"};
  return {Treatment::unknown, fmt::format("is not an annotation of ingress-nginx, so it has no effect; did you mean {}?", like)};
}

bool is_config_key(std::string_view key) {
  return contains(supported_keys, key) || contains(guarding_keys, key) || contains(meaningless_keys, key) || contains(unbuilt_keys, key) ||
         contains(snippet_keys, key);
}

Verdict judge_config_key(std::string_view key, std::string_view value) {
  if (contains(supported_keys, key)) return {Treatment::supported, {}};
  if (contains(guarding_keys, key)) {
    if (trim(value).empty()) return {Treatment::harmless, "is empty and guards nothing"};
    if (key.starts_with("enable-") && is_off(trim(value))) return {Treatment::supported, {}};
    return {Treatment::closes_path, "not supported yet: every path answers 503, because serving them would open what this key closes; remove it to serve "
                                    "them unguarded", true};
  }
  if (contains(request_snippet_keys, key)) {
    const std::string directive = first_guarding_directive(value);
    if (!directive.empty())
      return {Treatment::closes_path, fmt::format("snippets of nginx configuration are never interpreted here; since \"{}\" may guard access every path answers 503; "
                                                  "remove the snippet to serve them without it", directive), true};
  }
  if (contains(meaningless_keys, key)) return {Treatment::removed, "has no meaning here: ignored"};
  if (contains(snippet_keys, key)) return judge_snippet_key(key, trim(value));
  if (contains(unbuilt_keys, key)) {
    if (is_neutral(key, trim(value))) return {Treatment::supported, {}};
    return {Treatment::harmless, "not supported yet: ignored"};
  }
  for (const auto& [written, meant] : key_mistakes)
    if (key == written) return {Treatment::unknown, fmt::format("is not a key of ingress-nginx's ConfigMap, so it has no effect; {} is", meant)};
  if (contains(harmless, key) || contains(guards_path, key) || contains(supported, key))
    return {Treatment::unknown, "is an annotation, not a key of the ConfigMap: it has no effect here"};
  const std::string_view like = nearest_name(key, {supported_keys, unbuilt_keys, guarding_keys, meaningless_keys, snippet_keys});
  if (like.empty()) return {Treatment::unknown, "is not a key of ingress-nginx's ConfigMap: it has no effect"};
  return {Treatment::unknown, fmt::format("is not a key of ingress-nginx's ConfigMap, so it has no effect; did you mean {}?", like)};
}

}  // namespace controller::annotations
