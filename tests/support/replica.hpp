// A controller of an API server without a proxy: its workers serve what is published as soon as they may.
#pragma once

#include "controller/reconciler.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <cstdint>
#include <mutex>
#include <set>
#include <string>
#include <vector>

namespace support {

class HeldDiagnostics final : public controller::Observer {
 public:
  void on_published(std::uint64_t, std::chrono::nanoseconds) override {}
  void on_diagnostic(const routing::Diagnostic& d) override {
    const std::lock_guard lock{mutex_};
    holding_.insert(routing::to_line(d));
  }
  void on_healed(const routing::Diagnostic& d) override {
    const std::lock_guard lock{mutex_};
    holding_.erase(routing::to_line(d));
  }
  void on_notice(const std::string&) override {}
  void on_problems(const std::vector<std::string>&) override {}
  bool hold(const std::string& part) const {
    const std::lock_guard lock{mutex_};
    for (const auto& line : holding_)
      if (line.find(part) != std::string::npos) return true;
    return false;
  }

 private:
  mutable std::mutex mutex_;
  std::set<std::string> holding_;
};

struct Replica {
  explicit Replica(const controller::Options& options)
      : reconciler{options, findings, [this](auto snapshot) { published = snapshot->version; }, [this](std::uint64_t version) { return may_serve && published == version; }} {
    const auto started = reconciler.start();
    EXPECT_TRUE(started.ok) << started.error;
  }

  HeldDiagnostics findings;
  std::atomic<bool> may_serve{true};
  std::atomic<std::uint64_t> published{0};
  controller::Reconciler reconciler;  // last: its threads use the others
};

}  // namespace support
