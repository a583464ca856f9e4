// The variables that log-format-upstream may name. What each prints is the log's business (proxy/telemetry/log_format).
#pragma once

#include <algorithm>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

namespace routing {

inline constexpr std::string_view log_variables[] = {
    "remote_addr", "the_real_ip", "binary_remote_addr", "realip_remote_addr", "remote_port", "realip_remote_port", "remote_user",
    "time_local", "time_iso8601", "msec", "request", "status", "body_bytes_sent", "bytes_sent", "request_length", "request_time",
    "request_method", "request_uri", "uri", "document_uri", "args", "query_string", "is_args", "host", "scheme", "pass_access_scheme",
    "https", "server_protocol", "server_port", "pass_server_port", "server_name", "proxy_upstream_name",
    "proxy_alternative_upstream_name", "upstream_addr", "upstream_status", "upstream_response_length", "upstream_bytes_received",
    "upstream_response_time", "upstream_connect_time", "upstream_header_time", "req_id", "request_id", "namespace", "ingress_name",
    "service_name", "service_port", "location_path", "ssl_protocol", "ssl_cipher", "ssl_server_name", "connection",
    "connection_requests", "pipe", "pid", "hostname", "proxy_add_x_forwarded_for", "proxy_protocol_addr", "proxy_protocol_port",
    "ssl_client_s_dn", "ssl_client_i_dn", "ssl_client_verify", "ssl_client_serial", "ssl_client_fingerprint", "upstream_cache_status",
    "gzip_ratio"};
// Other names of headers, and what names of headers, cookies and arguments begin with.
inline constexpr std::string_view log_header_aliases[] = {"best_http_host", "content_type", "content_length"};
inline constexpr std::string_view log_families[] = {"upstream_http_", "sent_http_", "http_", "cookie_", "arg_", "geoip2_"};

// `name` in lower case and without its '$'.
[[nodiscard]] constexpr bool is_log_variable(std::string_view name) {
  const auto is_it = [name](std::string_view known) { return known == name; };
  const auto begins_it = [name](std::string_view prefix) { return name.size() > prefix.size() && name.starts_with(prefix); };
  return std::any_of(std::begin(log_variables), std::end(log_variables), is_it) ||
         std::any_of(std::begin(log_header_aliases), std::end(log_header_aliases), is_it) ||
         std::any_of(std::begin(log_families), std::end(log_families), begins_it);
}

// Names after a '$' ("$name", "${name}") that are no variables, in lower case, each once.
[[nodiscard]] std::vector<std::string> unknown_log_variables(std::string_view format);

}  // namespace routing
