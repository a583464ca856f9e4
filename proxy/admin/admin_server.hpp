// The healthz port: /healthz, /readyz, /metrics, /debug/snapshot and a page for people. Beast on a thread of its own, away
// from the traffic.
#pragma once

#include "proxy/controller_report.hpp"
#include "proxy/telemetry/counters.hpp"
#include "routing/snapshot.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace proxy::admin {

// Where the pages get their facts; called on the admin thread.
struct Facts {
  std::function<bool()> is_serving;        // every worker has a configuration
  std::function<bool()> is_shutting_down;
  std::function<std::shared_ptr<const routing::Snapshot>()> snapshot;  // may be null
  std::function<telemetry::Counters()> counters;
  std::function<ControllerState()> controller;
  std::string health_path = "/healthz";    // --health-check-path
};

// Owned by the main thread.
class AdminServer {
 public:
  static constexpr std::size_t max_connections = 64;
  static constexpr std::chrono::seconds idle_timeout{30};
  static constexpr std::size_t max_head_bytes = 8 * 1024;
  static constexpr std::size_t max_discarded_bytes = 64 * 1024;  // of a body that nobody wants
  static constexpr std::chrono::milliseconds accept_pause{100};

  explicit AdminServer(Facts facts);
  ~AdminServer();
  AdminServer(const AdminServer&) = delete;
  AdminServer& operator=(const AdminServer&) = delete;

  // Port 0 takes a free one. "" or why it cannot listen.
  [[nodiscard]] std::string start(const std::string& host, std::uint16_t port);
  [[nodiscard]] std::uint16_t port() const noexcept;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// A page by its path: status, media type, body.
struct Page {
  unsigned status = 404;
  std::string type = "text/plain; charset=utf-8";
  std::string body;
};
[[nodiscard]] Page page_for(std::string_view path, const Facts& facts);

[[nodiscard]] std::string metrics_text(const Facts& facts);    // metrics.cpp
[[nodiscard]] std::string dashboard_html(const Facts& facts);  // dashboard.cpp

}  // namespace proxy::admin
