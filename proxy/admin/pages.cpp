#include "proxy/admin/pages.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

namespace proxy::admin {

namespace {

constexpr std::string_view text_type = "text/plain; charset=utf-8";

struct Condition {
  bool holds;
  std::string text;
};

Page health(const Facts& facts) {
  const bool is_up = facts.is_serving() && !facts.is_shutting_down();
  return {is_up ? 200u : 500u, std::string{text_type}, is_up ? "ok" : "not ready\n", {}};
}

// A sum that lacks a worker would look like counters that began anew, so it is no answer at all.
Page metrics(const Facts& facts) {
  auto page = metrics_page(facts);
  return page ? std::move(*page) : Page{503, std::string{text_type}, "a worker does not answer\n", {}};
}

// A line for each condition in the form that Kubernetes' own components use, the reason beside those that do not hold.
Page readiness(const Facts& facts) {
  const bool has_configuration = facts.snapshot() != nullptr, is_shutting_down = facts.is_shutting_down();
  const unsigned serving = facts.serving_workers(), workers = facts.program.workers;
  std::vector<Condition> conditions{
      Condition{has_configuration, has_configuration ? "configuration published" : "configuration: none yet"},
      Condition{workers > 0 && serving == workers, fmt::format("workers: {} of {} serve", serving, workers)},
      Condition{!is_shutting_down, is_shutting_down ? "running: shutting down" : "running"},
  };
  // The last state keeps serving: once there is one, being out of step makes nothing unready.
  for (const std::string& problem : facts.controller().problems) conditions.push_back({has_configuration, "objects not in step: " + problem});
  std::string body;
  for (const Condition& condition : conditions) body.append(condition.holds ? "[+] " : "[-] ").append(condition.text).append("\n");
  const bool is_ready = std::all_of(conditions.begin(), conditions.end(), [](const Condition& condition) { return condition.holds; });
  return {is_ready ? 200u : 503u, std::string{text_type}, std::move(body), {}};
}

// Of a target in origin or absolute form (RFC 9112, 3.2).
std::string_view path_of(std::string_view target) {
  target = target.substr(0, target.find('?'));
  constexpr std::string_view separator = "://";
  const auto scheme_end = target.find(separator);
  if (target.starts_with('/') || scheme_end == target.npos) return target;
  const auto path = target.find('/', scheme_end + separator.size());
  return path == target.npos ? "/" : target.substr(path);
}

}  // namespace

Page page_for(std::string_view target, const Facts& facts) {
  const std::string_view path = path_of(target);
  if (path == facts.health_path) return health(facts);
  if (path == "/readyz") return readiness(facts);
  if (path == "/metrics") return metrics(facts);
  if (path == "/") return {200, "text/html; charset=utf-8", dashboard_html(facts), {}};
  if (path == "/debug/snapshot") {
    const auto snapshot = facts.snapshot();
    if (!snapshot) return {503, std::string{text_type}, "no configuration yet\n", {}};
    return {200, "application/json", routing::to_json(*snapshot), {}};
  }
  return {404, std::string{text_type}, "there are /healthz, /readyz, /metrics, /debug/snapshot and /\n", {}};
}

}  // namespace proxy::admin
