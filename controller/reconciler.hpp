// Keeps the snapshot in line with the objects: reads them, follows their changes, translates, publishes what differs.
#pragma once

#include "controller/observer.hpp"
#include "controller/options.hpp"
#include "routing/snapshot.hpp"

#include <functional>
#include <memory>
#include <vector>

namespace controller {

using Publish = std::function<void(std::shared_ptr<const routing::Snapshot>)>;

// Owned by the main thread; has one thread of its own (and one for DNS) between start() and the destructor.
class Reconciler {
 public:
  // `observer` must outlive it. `publish` is called on the reconciler's thread, first with the initial snapshot, then
  // with each that differs from the one before.
  Reconciler(Options options, Observer& observer, Publish publish);
  ~Reconciler();
  Reconciler(const Reconciler&) = delete;
  Reconciler& operator=(const Reconciler&) = delete;

  // False with a text for people when the source of objects cannot be read at all (a missing directory).
  struct Started {
    bool ok = true;
    std::string error;
  };
  [[nodiscard]] Started start();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace controller
