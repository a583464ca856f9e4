// The page at /: what runs, at a glance. One file, no script, nothing fetched from elsewhere; it reloads itself.
#include "proxy/admin/pages.hpp"
#include "proxy/version.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <iterator>

namespace proxy::admin {

namespace {

constexpr std::size_t max_rows = 200;  // of each table: a page for people

// Fit for a text and for an attribute in quotes. What objects say is theirs to choose, so all of it passes here.
std::string html(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      case '\'': out += "&#39;"; break;
      default: out.push_back(c);
    }
  }
  return out;
}

constexpr std::string_view head = R"(<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta http-equiv="refresh" content="5"><meta name="viewport" content="width=device-width">
<title>Weir</title><style>
:root{color-scheme:light dark;--line:#8884;--soft:#8881}
body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:64rem;padding:0 1rem}
h1{font-size:1.4rem;margin:0}h2{font-size:1.05rem;margin:2rem 0 .5rem}
p.sub{margin:.2rem 0 1.5rem;opacity:.7}
.tiles{display:grid;grid-template-columns:repeat(auto-fill,minmax(9.5rem,1fr));gap:.6rem}
.tile{border:1px solid var(--line);border-radius:.5rem;padding:.6rem .8rem;background:var(--soft)}
.tile b{display:block;font-size:1.35rem;font-variant-numeric:tabular-nums}.tile span{opacity:.7;font-size:.85rem}
table{border-collapse:collapse;width:100%;font-size:.9rem}th,td{text-align:left;padding:.35rem .6rem;border-bottom:1px solid var(--line);vertical-align:top}
th{font-weight:600;opacity:.8}td.n{font-variant-numeric:tabular-nums}.none{opacity:.7}
</style></head><body>
)";

void tile(std::string& out, std::string_view label, const std::string& value) {
  fmt::format_to(std::back_inserter(out), "<div class=tile><b>{}</b><span>{}</span></div>\n", value, label);
}

void add_tiles(std::string& out, const Facts& facts, const ControllerState& controller) {
  const telemetry::Counters c = facts.counters();
  std::size_t hosts = 0, routes = 0, endpoints = 0;
  if (const auto snapshot = facts.snapshot()) {
    hosts = snapshot->routes->hosts.size();
    routes = snapshot->routes->route_count;
    for (const auto& group : snapshot->upstreams->groups)
      if (group) endpoints += group->endpoints.size();
  }
  out += "<div class=tiles>\n";
  tile(out, "hosts", std::to_string(hosts));
  tile(out, "routes", std::to_string(routes));
  tile(out, "endpoints", std::to_string(endpoints));
  tile(out, "connections now", std::to_string(c.active));
  tile(out, "requests", std::to_string(c.requests));
  tile(out, "5xx answers", std::to_string(c.responses[5]));
  tile(out, "4xx answers", std::to_string(c.responses[4]));
  tile(out, "retries", std::to_string(c.retries));
  tile(out, "TLS handshakes", std::to_string(c.tls_handshakes));
  tile(out, "configurations", std::to_string(controller.publishes));
  out += "</div>\n";
}

void add_program(std::string& out, const Facts& facts) {
  const Program& program = facts.program;
  out += "<h2>Process</h2>\n<table>\n";
  const auto row = [&out](std::string_view name, const std::string& value) { fmt::format_to(std::back_inserter(out), "<tr><th>{}<td>{}</tr>\n", name, html(value)); };
  row("Listeners", fmt::format("{}", fmt::join(program.listeners, ", ")));
  row("Workers", fmt::format("{} of {} serve", facts.serving_workers(), program.workers));
  row("Objects from", program.objects_from);
  row("Started", fmt::format("{:%Y-%m-%d %H:%M:%S} UTC", fmt::gmtime(std::chrono::system_clock::to_time_t(program.started_at))));
  out += "</table>\n";
}

void add_diagnostics(std::string& out, const ControllerState& controller) {
  fmt::format_to(std::back_inserter(out), "<h2>Diagnostics ({})</h2>\n", controller.diagnostics.size());
  if (controller.diagnostics.empty()) {
    out += "<p class=none>Everything is in force as it was written.</p>\n";
    return;
  }
  out += "<table><tr><th>Object<th>Field<th>Reason</tr>\n";
  for (std::size_t i = 0; i < controller.diagnostics.size() && i < max_rows; ++i) {
    const auto& d = controller.diagnostics[i];
    fmt::format_to(std::back_inserter(out), "<tr><td>{} {}{}{}<td>{}<td>{}</tr>\n", html(d.kind), html(d.object_namespace), d.object_namespace.empty() ? "" : "/", html(d.name), html(d.field), html(d.reason));
  }
  out += "</table>\n";
  if (controller.diagnostics.size() > max_rows) fmt::format_to(std::back_inserter(out), "<p class=none>and {} more</p>\n", controller.diagnostics.size() - max_rows);
}

void add_certificate(std::string& out, std::string_view host, std::string_view secret, const tls::Certificate& certificate) {
  const auto expiry = std::chrono::system_clock::to_time_t(certificate.expiry());
  fmt::format_to(std::back_inserter(out), "<tr><td>{}<td>{}<td class=n>{:%Y-%m-%d}{}<td>{}</tr>\n", html(host), html(secret), fmt::gmtime(expiry),
                 certificate.expiry() < std::chrono::system_clock::now() ? ", expired" : "", html(certificate.issuer()));
}

void add_certificates(std::string& out, const routing::CertificateTable& table) {
  fmt::format_to(std::back_inserter(out), "<h2>Certificates ({})</h2>\n", table.entries.size() + 1);
  out += "<table><tr><th>Host<th>Secret<th>Expires<th>Issuer</tr>\n";
  add_certificate(out, "every other", table.fallback_secret.empty() ? "generated" : table.fallback_secret, *table.fallback);
  for (std::size_t i = 0; i < table.entries.size() && i < max_rows; ++i) {
    const auto& entry = table.entries[i];
    const bool is_stand_in = table.is_stand_in(entry);
    add_certificate(out, entry.host, is_stand_in ? "the default stands in" : entry.secret, is_stand_in ? *table.fallback : *entry.certificate);
  }
  out += "</table>\n";
  if (table.entries.size() > max_rows) fmt::format_to(std::back_inserter(out), "<p class=none>and {} more</p>\n", table.entries.size() - max_rows);
}

}  // namespace

std::string dashboard_html(const Facts& facts) {
  const ControllerState controller = facts.controller();
  std::string out{head};
  fmt::format_to(std::back_inserter(out), "<h1>Weir {}</h1><p class=sub>configuration {:016x}{}</p>\n", version(), controller.version,
                 facts.is_shutting_down() ? ", shutting down" : facts.is_serving() ? ", serving" : ", not serving yet");
  add_tiles(out, facts, controller);
  add_program(out, facts);
  add_diagnostics(out, controller);
  if (const auto snapshot = facts.snapshot()) add_certificates(out, *snapshot->certificates);
  out += "<p class=sub><a href=/metrics>metrics</a> · <a href=/debug/snapshot>snapshot</a> · <a href=/readyz>readiness</a></p></body></html>\n";
  return out;
}

}  // namespace proxy::admin
