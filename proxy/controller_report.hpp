// What the controller reports, written to our log and kept for the admin pages.
#pragma once

#include "controller/observer.hpp"
#include "proxy/telemetry/log.hpp"
#include "routing/diagnostic.hpp"

#include <chrono>
#include <cstdint>
#include <mutex>
#include <set>
#include <string>
#include <vector>

namespace proxy {

struct ControllerState {
  std::vector<routing::Diagnostic> diagnostics;  // that hold now
  std::uint64_t publishes = 0;
  std::uint64_t version = 0;
  std::chrono::system_clock::time_point published_at{};
  std::vector<std::string> problems;             // why the objects are not complete yet, or may not be the latest
};

// Observer calls come from the controller's thread; state() from any.
class ControllerReport final : public controller::Observer {
 public:
  explicit ControllerReport(telemetry::Log& log) : log_(log) {}

  void on_published(std::uint64_t version, std::chrono::nanoseconds cpu) override;
  void on_diagnostic(const routing::Diagnostic& diagnostic) override;
  void on_healed(const routing::Diagnostic& diagnostic) override;
  void on_notice(const std::string& text) override;
  void on_problems(const std::vector<std::string>& problems) override;
  [[nodiscard]] ControllerState state() const;

 private:
  telemetry::Log& log_;
  mutable std::mutex mutex_;
  ControllerState state_;
  std::set<routing::Diagnostic> diagnostics_;
};

}  // namespace proxy
