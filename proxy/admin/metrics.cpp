// /metrics: ingress-nginx's names and labels where the meaning is the same, so that its dashboards and alerts work; what it
// has no name for begins with weir_.
#include "proxy/admin/pages.hpp"
#include "proxy/admin/process_metrics.hpp"
#include "proxy/admin/prometheus_text.hpp"
#include "proxy/admin/request_metrics_text.hpp"
#include "proxy/version.hpp"

#include <algorithm>
#include <memory>
#include <utility>

namespace proxy::admin {

namespace {

using std::chrono::system_clock;

std::int64_t unix_seconds(system_clock::time_point at) { return std::chrono::duration_cast<std::chrono::seconds>(at.time_since_epoch()).count(); }

std::string controller_labels_of(const Program& program) {
  std::string labels;
  add_label(labels, "controller_class", program.controller_class);
  add_label(labels, "controller_namespace", program.controller_namespace);
  add_label(labels, "controller_pod", program.controller_pod);
  return labels;
}

void add_configuration(PrometheusText& text, const ControllerState& controller, std::string_view labels) {
  const bool is_in_force = controller.publishes > 0;
  std::string build;
  add_label(build, "release", version());
  add_label(build, "build", "weir");
  add_label(build, "repository", "weir");
  text.one("nginx_ingress_controller_build_info", "gauge", "the program's version", 1, build);
  text.one("nginx_ingress_controller_config_hash", "gauge", "version of the configuration in force", static_cast<double>(controller.version), labels);
  text.one("nginx_ingress_controller_config_last_reload_successful", "gauge", "whether a configuration is in force", is_in_force ? 1 : 0, labels);
  text.one("nginx_ingress_controller_config_last_reload_successful_timestamp_seconds", "gauge", "when it was published",
           is_in_force ? unix_seconds(controller.published_at) : 0, labels);
  text.one("nginx_ingress_controller_success", "counter", "configurations published", controller.publishes, labels);
  text.one("nginx_ingress_controller_errors", "counter", "configurations that could not be published", 0, labels);
  text.one("weir_diagnostics", "gauge", "settings refused, partly refused or changed in meaning right now", controller.diagnostics.size());
}

void add_connections(PrometheusText& text, const telemetry::Counters& c, const std::vector<telemetry::WorkerReport>& reports, std::string_view labels) {
  std::uint64_t writing = 0;
  for (const auto& report : reports) writing += report.writing;
  // Not all read at one moment: what is left may not be less than nothing.
  const std::uint64_t active = std::max(c.active, c.reading + writing), waiting = active - c.reading - writing;
  const auto with_state = [labels](std::string_view state) {
    std::string all{labels};
    add_label(all, "state", state);
    return all;
  };
  text.family("nginx_ingress_controller_nginx_process_connections", "gauge", "client connections now, by what they do");
  const std::pair<std::string_view, std::uint64_t> states[] = {{"active", active}, {"reading", c.reading}, {"writing", writing}, {"waiting", waiting}};
  for (const auto& [state, count] : states) text.sample("nginx_ingress_controller_nginx_process_connections", with_state(state), count);
  text.family("nginx_ingress_controller_nginx_process_connections_total", "counter", "client connections so far");
  for (const std::string_view state : {"accepted", "handled"}) text.sample("nginx_ingress_controller_nginx_process_connections_total", with_state(state), c.accepted);
  text.one("nginx_ingress_controller_nginx_process_requests_total", "counter", "requests of clients so far", c.requests, labels);
}

void add_traffic(PrometheusText& text, const telemetry::Counters& c, const std::vector<telemetry::WorkerReport>& reports) {
  std::uint64_t uncounted = 0;
  for (const auto& report : reports) uncounted += report.uncounted;
  text.family("weir_responses_total", "counter", "responses by class of their status");
  for (std::size_t i = 1; i < c.responses.size(); ++i) text.sample("weir_responses_total", fmt::format("class=\"{}xx\"", i), c.responses[i]);
  text.one("weir_requests_abandoned_total", "counter", "requests whose client left before an answer", c.responses[0]);
  text.one("weir_requests_refused_total", "counter", "request heads that were not understood", c.rejected_heads);
  text.one("weir_requests_uncounted_total", "counter", "requests left out of the metrics by Ingress, whose number of series is limited", uncounted);
  text.one("weir_received_bytes_total", "counter", "bytes from clients, TLS taken off", c.bytes_received);
  text.one("weir_sent_bytes_total", "counter", "bytes to clients, before TLS", c.bytes_sent);
  text.one("weir_upstream_connects_total", "counter", "connections made to endpoints", c.upstream_connects);
  text.one("weir_upstream_connect_failures_total", "counter", "connections to endpoints that failed", c.upstream_connect_failures);
  text.one("weir_upstream_reuses_total", "counter", "requests sent over a kept connection", c.upstream_reused);
  text.one("weir_upstream_retries_total", "counter", "requests sent again", c.retries);
  text.one("weir_tls_handshakes_total", "counter", "TLS handshakes completed", c.tls_handshakes);
  text.one("weir_tls_resumptions_total", "counter", "TLS handshakes that resumed a session", c.tls_resumed);
  text.one("weir_tls_failures_total", "counter", "TLS handshakes that failed", c.tls_failures);
  text.one("weir_tunnels_total", "counter", "connections upgraded to tunnels", c.tunnels);
  text.one("weir_access_log_lines_lost_total", "counter", "access log lines that the reader of standard output was too slow for", c.access_log_lines_lost);
}

struct ShownCertificate {
  std::string labels;
  const tls::Certificate* certificate;
};

// As ingress-nginx: one for each host, the default one under "_".
std::vector<ShownCertificate> certificates_of(const routing::CertificateTable& table, const Program& program) {
  std::vector<ShownCertificate> all;
  const auto add = [&](std::string_view host, std::string_view secret, const tls::Certificate& certificate) {
    const std::size_t slash = secret.find('/');
    std::string labels;
    add_label(labels, "namespace", slash == std::string_view::npos ? std::string_view{} : secret.substr(0, slash));
    add_label(labels, "class", program.controller_class);
    add_label(labels, "host", host);
    add_label(labels, "secret_name", slash == std::string_view::npos ? secret : secret.substr(slash + 1));
    add_label(labels, "identifier", "-" + certificate.serial_decimal());
    all.push_back({std::move(labels), &certificate});
  };
  const auto add_fallback = [&](std::string_view host) {
    add(host, table.fallback_secret.empty() ? "generated" : std::string_view{table.fallback_secret}, *table.fallback);
  };
  add_fallback("_");
  for (const auto& entry : table.entries) {
    if (table.is_stand_in(entry)) add_fallback(entry.host);
    else add(entry.host, entry.secret, *entry.certificate);
  }
  return all;
}

void add_certificates(PrometheusText& text, const routing::CertificateTable& table, const Program& program) {
  const std::vector<ShownCertificate> all = certificates_of(table, program);
  text.family("nginx_ingress_controller_ssl_expire_time_seconds", "gauge", "seconds since 1970 when the certificate expires");
  for (const auto& [labels, certificate] : all) text.sample("nginx_ingress_controller_ssl_expire_time_seconds", labels, unix_seconds(certificate->expiry()));
  text.family("nginx_ingress_controller_ssl_certificate_info", "gauge", "what a certificate says of itself, in its labels");
  for (const auto& [labels, certificate] : all) {
    std::string more = labels;
    add_label(more, "issuer_organization", certificate->issuer_organization());
    add_label(more, "issuer_common_name", certificate->issuer_common_name());
    add_label(more, "serial_number", certificate->serial_decimal());
    add_label(more, "public_key_algorithm", certificate->public_key_algorithm());
    text.sample("nginx_ingress_controller_ssl_certificate_info", more, 1);
  }
}

}  // namespace

std::optional<Page> metrics_page(const Facts& facts) {
  const std::vector<telemetry::WorkerReport> reports = facts.reports();
  if (reports.size() != facts.program.workers) return {};
  PrometheusText text;
  const std::string labels = controller_labels_of(facts.program);
  add_configuration(text, facts.controller(), labels);
  add_process_metrics(text, facts.program.started_at, labels);
  const telemetry::Counters counters = facts.counters();
  add_connections(text, counters, reports, labels);
  add_traffic(text, counters, reports);
  Page page{200, "text/plain; version=0.0.4; charset=utf-8", {}, {}};
  if (const auto snapshot = facts.snapshot()) {
    add_certificates(text, *snapshot->certificates, facts.program);
    const auto requests = std::make_shared<RequestMetricsText>(reports, *snapshot->routes, labels);
    page.more = [requests](std::string& piece) { return requests->next(piece); };
  }
  page.body = std::move(text.text);
  return page;
}

}  // namespace proxy::admin
