// A snapshot as one worker uses it: with the upstream groups resolved to its own endpoints and what is made once from the
// settings. Exchanges hold it from head to last byte, so a request sees one configuration.
#pragma once

#include "proxy/http1/parse_result.hpp"
#include "proxy/telemetry/log_format.hpp"
#include "proxy/telemetry/request_metrics.hpp"
#include "proxy/upstream/group.hpp"
#include "proxy/upstream/pool.hpp"
#include "routing/snapshot.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace proxy {

// How large a request head may be.
[[nodiscard]] http1::HeadLimits head_limits(const routing::DownstreamSettings& settings);

// Lives on one worker thread; counted without atomics by ConfigHandle.
class WorkerConfig {
 public:
  // `previous` (may be null) hands over its groups in use that stay: their cursors, and their endpoints with what is pooled.
  WorkerConfig(std::shared_ptr<const routing::Snapshot> snapshot, upstream::Pool& pool, telemetry::RequestMetrics& metrics,
               const WorkerConfig* previous, std::uint32_t random);
  ~WorkerConfig();
  WorkerConfig(const WorkerConfig&) = delete;
  WorkerConfig& operator=(const WorkerConfig&) = delete;

  [[nodiscard]] const routing::Snapshot& snapshot() const noexcept { return *snapshot_; }
  [[nodiscard]] const routing::Settings& settings() const noexcept { return *snapshot_->settings; }
  [[nodiscard]] const routing::UpstreamGroup& spec(std::uint32_t upstream) const noexcept { return *snapshot_->upstreams->groups[upstream]; }
  // Resolved on first use: a worker holds no state for groups that nobody asks for.
  [[nodiscard]] upstream::Group& group(std::uint32_t upstream);
  // Where requests are counted that match a route of this snapshot. Found on first use, by its place after that.
  [[nodiscard]] telemetry::RequestSeries& series(const routing::Match& match) {
    auto& slot = series_[match.place];
    if (!slot) [[unlikely]] slot = metrics_.series_of(match.route->origin);
    return *slot;
  }

  http1::HeadLimits request_limits;
  telemetry::LogFormat log_format;
  std::string server_line;  // "Server: weir\r\n" or empty
  std::string hsts_line;    // "Strict-Transport-Security: ...\r\n" or empty

 private:
  friend class ConfigHandle;

  void take_over(const WorkerConfig& previous);

  std::shared_ptr<const routing::Snapshot> snapshot_;
  upstream::Pool& pool_;
  telemetry::RequestMetrics& metrics_;
  std::vector<std::shared_ptr<telemetry::RequestSeries>> series_;  // by place of the route
  std::vector<std::unique_ptr<upstream::Group>> groups_;  // by index of the upstream table
  std::uint32_t random_;
  std::uint32_t handles_ = 0;
};

// Keeps a WorkerConfig alive. Not thread-safe: handles do not leave the worker.
class ConfigHandle {
 public:
  ConfigHandle() = default;
  explicit ConfigHandle(WorkerConfig* config) noexcept : config_(config) {
    if (config_) ++config_->handles_;
  }
  ConfigHandle(const ConfigHandle& other) noexcept : ConfigHandle(other.config_) {}
  ConfigHandle(ConfigHandle&& other) noexcept : config_(other.config_) { other.config_ = nullptr; }
  ConfigHandle& operator=(ConfigHandle other) noexcept {
    std::swap(config_, other.config_);
    return *this;
  }
  ~ConfigHandle() {
    if (config_ && --config_->handles_ == 0) delete config_;
  }

  [[nodiscard]] explicit operator bool() const noexcept { return config_ != nullptr; }
  WorkerConfig& operator*() const noexcept { return *config_; }
  WorkerConfig* operator->() const noexcept { return config_; }
  [[nodiscard]] WorkerConfig* get() const noexcept { return config_; }

 private:
  WorkerConfig* config_ = nullptr;
};

}  // namespace proxy
