// What one of several replicas does for all: writes to the API server, status of Ingresses and Events, while it holds the Lease.
// Read next: election/elector.hpp, status/status_writer.hpp, events/event_writer.hpp.
#pragma once

#include "controller/changes.hpp"
#include "controller/events/event_writer.hpp"
#include "controller/kube/api/access.hpp"
#include "controller/options.hpp"
#include "controller/store.hpp"
#include "controller/translate/translation.hpp"
#include "routing/diagnostic.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace controller {

// Made and destroyed by the main thread, used by the reconciler's but for leave(); has a thread of its own, with an API client, so
// that nobody waits for a write.
class Leader {
 public:
  static constexpr std::chrono::seconds longest_farewell{10};  // for clearing and for giving up the Lease

  // `options` outlive it. `is_in_force(version)`: every worker serves by that snapshot; called on its own thread, as `notify` is:
  // diagnostics() or notices() may have changed.
  Leader(const Options& options, kube::Access access, std::function<bool(std::uint64_t)> is_in_force, std::function<void()> notify);
  ~Leader();  // says farewell when leave() has not been called
  Leader(const Leader&) = delete;
  Leader& operator=(const Leader&) = delete;

  // What came of the changes. Only who has had a whole translation may lead.
  void follow(const translate::Translation& translation, const Changes& changes, const Store& store);
  // What has been found by now, to be told on the objects.
  void report(const events::Difference& difference, const Store& store);
  // Any thread. No more writes but those of the farewell, which goes on until it is done or the destructor's patience ends.
  void leave();

  [[nodiscard]] std::vector<routing::Diagnostic> diagnostics() const;
  [[nodiscard]] std::vector<std::string> notices() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace controller
