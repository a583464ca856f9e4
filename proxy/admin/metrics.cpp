// /metrics in Prometheus text form: ingress-nginx's names where the meaning is the same, so that its dashboards work.
#include "proxy/admin/pages.hpp"
#include "proxy/version.hpp"

#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <fstream>
#include <iterator>
#include <set>

namespace proxy::admin {

namespace {

class Writer {
 public:
  void family(std::string_view name, std::string_view type, std::string_view help) { fmt::format_to(std::back_inserter(text), "# HELP {0} {2}\n# TYPE {0} {1}\n", name, type, help); }
  template <typename Number>
  void sample(std::string_view name, std::string_view labels, Number value) {
    fmt::format_to(std::back_inserter(text), "{}{}{}{} {}\n", name, labels.empty() ? "" : "{", labels, labels.empty() ? "" : "}", value);
  }
  template <typename Number>
  void one(std::string_view name, std::string_view type, std::string_view help, Number value) {
    family(name, type, help);
    sample(name, "", value);
  }

  std::string text;
};

std::string escaped(std::string_view value) {
  std::string out;
  for (const char c : value) {
    if (c == '\\' || c == '"') out.push_back('\\');
    if (c == '\n') out.append("\\n");
    else out.push_back(c);
  }
  return out;
}

std::uint64_t resident_bytes() {
  std::ifstream statm{"/proc/self/statm"};
  std::uint64_t total = 0, resident = 0;
  statm >> total >> resident;
  return resident * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

double cpu_seconds() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) { return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6; };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

void add_traffic(Writer& w, const telemetry::Counters& c) {
  w.family("nginx_ingress_controller_nginx_process_connections", "gauge", "current number of client connections");
  w.sample("nginx_ingress_controller_nginx_process_connections", "state=\"active\"", c.active);
  w.family("nginx_ingress_controller_nginx_process_connections_total", "counter", "total number of client connections");
  w.sample("nginx_ingress_controller_nginx_process_connections_total", "state=\"accepted\"", c.accepted);
  w.sample("nginx_ingress_controller_nginx_process_connections_total", "state=\"handled\"", c.accepted);
  w.one("nginx_ingress_controller_nginx_process_requests_total", "counter", "total number of client requests", c.requests);
  w.family("weir_responses_total", "counter", "responses by class of their status");
  for (std::size_t i = 1; i < c.responses.size(); ++i) w.sample("weir_responses_total", fmt::format("class=\"{}xx\"", i), c.responses[i]);
  w.one("weir_requests_abandoned_total", "counter", "requests whose client left before an answer", c.responses[0]);
  w.one("weir_requests_refused_total", "counter", "request heads that were not understood", c.rejected_heads);
  w.one("weir_received_bytes_total", "counter", "bytes from clients, TLS taken off", c.bytes_received);
  w.one("weir_sent_bytes_total", "counter", "bytes to clients, before TLS", c.bytes_sent);
  w.one("weir_upstream_connects_total", "counter", "connections made to endpoints", c.upstream_connects);
  w.one("weir_upstream_connect_failures_total", "counter", "connections to endpoints that failed", c.upstream_connect_failures);
  w.one("weir_upstream_reuses_total", "counter", "requests sent over a kept connection", c.upstream_reused);
  w.one("weir_upstream_retries_total", "counter", "requests sent again", c.retries);
  w.one("weir_tls_handshakes_total", "counter", "TLS handshakes completed", c.tls_handshakes);
  w.one("weir_tls_resumptions_total", "counter", "TLS handshakes that resumed a session", c.tls_resumed);
  w.one("weir_tls_failures_total", "counter", "TLS handshakes that failed", c.tls_failures);
  w.one("weir_tunnels_total", "counter", "connections upgraded to tunnels", c.tunnels);
}

void add_certificates(Writer& w, const routing::Snapshot& snapshot) {
  w.family("nginx_ingress_controller_ssl_expire_time_seconds", "gauge", "seconds since 1970 when the certificate expires");
  for (const auto& entry : snapshot.certificates->entries) {
    const auto expiry = std::chrono::duration_cast<std::chrono::seconds>(entry.certificate->expiry().time_since_epoch()).count();
    w.sample("nginx_ingress_controller_ssl_expire_time_seconds", fmt::format("host=\"{}\",secret_name=\"{}\",identifier=\"{}\"", escaped(entry.host), escaped(entry.secret), entry.certificate->serial()), expiry);
  }
}

}  // namespace

std::string metrics_text(const Facts& facts) {
  Writer w;
  const ControllerState controller = facts.controller();
  w.family("nginx_ingress_controller_build_info", "gauge", "the program's version");
  w.sample("nginx_ingress_controller_build_info", fmt::format("release=\"{}\",build=\"weir\",repository=\"weir\"", version()), 1);
  w.one("nginx_ingress_controller_config_hash", "gauge", "version of the configuration in force", static_cast<double>(controller.version));
  w.one("nginx_ingress_controller_config_last_reload_successful", "gauge", "whether a configuration is in force", controller.publishes ? 1 : 0);
  w.one("nginx_ingress_controller_config_last_reload_successful_timestamp_seconds", "gauge", "when it was published",
        std::chrono::duration_cast<std::chrono::seconds>(controller.published_at.time_since_epoch()).count());
  w.one("nginx_ingress_controller_success", "counter", "configurations published", controller.publishes);
  w.one("nginx_ingress_controller_errors", "counter", "configurations that could not be published", 0);
  w.one("weir_diagnostics", "gauge", "settings refused, partly refused or changed in meaning right now", controller.diagnostics.size());
  w.one("nginx_ingress_controller_nginx_process_cpu_seconds_total", "counter", "CPU used", cpu_seconds());
  w.one("nginx_ingress_controller_nginx_process_resident_memory_bytes", "gauge", "memory in use", resident_bytes());
  add_traffic(w, facts.counters());
  if (const auto snapshot = facts.snapshot()) add_certificates(w, *snapshot);
  return std::move(w.text);
}

}  // namespace proxy::admin
