#include "controller/findings.hpp"

namespace controller {

void Findings::set(const std::string& about, std::optional<routing::Diagnostic> diagnostic) {
  {
    const std::lock_guard lock{mutex_};
    const auto known = diagnostics_.find(about);
    if (known == diagnostics_.end() ? !diagnostic : diagnostic == known->second) return;
    if (diagnostic) diagnostics_.insert_or_assign(about, std::move(*diagnostic));
    else diagnostics_.erase(known);
  }
  notify_();
}

std::vector<routing::Diagnostic> Findings::all() const {
  const std::lock_guard lock{mutex_};
  std::vector<routing::Diagnostic> all;
  for (const auto& [about, diagnostic] : diagnostics_) all.push_back(diagnostic);
  return all;
}

}  // namespace controller
