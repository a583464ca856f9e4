// What the controller reports. It never logs by itself: whoever runs it decides what becomes of a report.
#pragma once

#include "routing/diagnostic.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace controller {

// Called on the controller's own thread, one call at a time.
class Observer {
 public:
  virtual ~Observer() = default;
  // A configuration was handed out. What there is to tell of the first one has been told before; of others it follows, at once or,
  // where there is very much, after about a second.
  virtual void on_published(std::uint64_t version, std::chrono::nanoseconds cpu) = 0;
  virtual void on_diagnostic(const routing::Diagnostic&) = 0;  // a new one
  virtual void on_healed(const routing::Diagnostic&) = 0;      // one reported before that no longer holds
  virtual void on_notice(const std::string& text) = 0;         // anything else a person may want to know
  // Why the objects are not complete yet or may not be the latest has changed; none: they are.
  virtual void on_problems(const std::vector<std::string>& problems) = 0;
};

}  // namespace controller
