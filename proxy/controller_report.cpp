#include "proxy/controller_report.hpp"

#include <fmt/format.h>

namespace proxy {

void ControllerReport::on_published(std::uint64_t version, std::chrono::nanoseconds cpu) {
  {
    const std::lock_guard lock{mutex_};
    ++state_.publishes;
    state_.version = version;
    state_.published_at = std::chrono::system_clock::now();
  }
  log_.info(fmt::format("configuration {:016x} published, made in {:.1f} ms of CPU", version, static_cast<double>(cpu.count()) / 1e6));
}

void ControllerReport::on_diagnostic(const routing::Diagnostic& diagnostic) {
  {
    const std::lock_guard lock{mutex_};
    diagnostics_.insert(diagnostic);
  }
  log_.warning(routing::to_line(diagnostic));
}

void ControllerReport::on_healed(const routing::Diagnostic& diagnostic) {
  {
    const std::lock_guard lock{mutex_};
    diagnostics_.erase(diagnostic);
  }
  log_.info("healed: " + routing::to_line(diagnostic));
}

void ControllerReport::on_notice(const std::string& text) { log_.info(text); }

void ControllerReport::on_problems(const std::vector<std::string>& problems) {
  {
    const std::lock_guard lock{mutex_};
    state_.problems = problems;
  }
  for (const std::string& problem : problems) log_.warning("objects not in step: " + problem);
  if (problems.empty()) log_.info("objects in step");
}

ControllerState ControllerReport::state() const {
  const std::lock_guard lock{mutex_};
  ControllerState state = state_;
  state.diagnostics.assign(diagnostics_.begin(), diagnostics_.end());
  return state;
}

}  // namespace proxy
