// What is wrong with things that are tried again and again, each until it no longer is.
#pragma once

#include "routing/diagnostic.hpp"

#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace controller {

// For any thread.
class Findings {
 public:
  // `notify`: all() has changed; called on the thread that has changed it.
  explicit Findings(std::function<void()> notify) : notify_(std::move(notify)) {}

  // `about` names what was tried; none: nothing is wrong with it.
  void set(const std::string& about, std::optional<routing::Diagnostic> diagnostic);
  [[nodiscard]] std::vector<routing::Diagnostic> all() const;

 private:
  std::function<void()> notify_;
  mutable std::mutex mutex_;
  std::map<std::string, routing::Diagnostic> diagnostics_;
};

}  // namespace controller
