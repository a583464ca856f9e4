// What the admin port answers, as values: a path and the facts in, a page out. No socket here.
#pragma once

#include "proxy/controller_report.hpp"
#include "proxy/telemetry/counters.hpp"
#include "proxy/telemetry/worker_report.hpp"
#include "routing/snapshot.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace proxy::admin {

// What stays as it is while the program runs.
struct Program {
  std::string controller_namespace, controller_class, controller_pod;  // labels of metrics
  std::vector<std::string> listeners;  // "http 0.0.0.0:80"
  unsigned workers = 0;
  std::string objects_from;            // "manifests in DIR"
  std::chrono::system_clock::time_point started_at{};
};

// Where the pages get their facts; called on the admin thread.
struct Facts {
  Program program;
  std::function<unsigned()> serving_workers;  // how many have a configuration
  std::function<bool()> is_shutting_down;
  std::function<std::shared_ptr<const routing::Snapshot>()> snapshot;  // may be null
  std::function<telemetry::Counters()> counters;
  std::function<std::vector<telemetry::WorkerReport>()> reports;       // of every worker; none when one does not answer
  std::function<ControllerState()> controller;
  std::string health_path = "/healthz";       // --health-check-path

  [[nodiscard]] bool is_serving() const { return program.workers > 0 && serving_workers() == program.workers; }
};

struct Page {
  unsigned status = 404;
  std::string type = "text/plain; charset=utf-8";
  std::string body;
  // Set where the page may be large: `body` is its beginning, and each call puts the next piece in place of what `piece`
  // holds. False: there is no more. So no page is in memory as a whole.
  std::function<bool(std::string& piece)> more;
};

[[nodiscard]] Page page_for(std::string_view target, const Facts& facts);

[[nodiscard]] std::optional<Page> metrics_page(const Facts& facts);  // metrics.cpp; none when the workers do not answer
[[nodiscard]] std::string dashboard_html(const Facts& facts);  // dashboard.cpp

}  // namespace proxy::admin
