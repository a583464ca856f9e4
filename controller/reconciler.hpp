// Keeps the snapshot in line with the objects: reads them, follows their changes, translates, publishes what differs.
#pragma once

#include "controller/observer.hpp"
#include "controller/options.hpp"
#include "routing/snapshot.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

namespace controller {

using Publish = std::function<void(std::shared_ptr<const routing::Snapshot>)>;
// Whether everybody who was handed the snapshot of that version serves by it.
using IsInForce = std::function<bool(std::uint64_t version)>;

// Owned by the main thread; has one thread of its own (and one for DNS) between start() and the destructor.
class Reconciler {
 public:
  // `observer` must outlive it. `publish` is called on the reconciler's thread, first with the initial snapshot, then
  // with each that differs from the one before. `is_in_force`, called on any thread, is asked before a status tells the world
  // that an Ingress is served; without it no status is written.
  Reconciler(Options options, Observer& observer, Publish publish, IsInForce is_in_force = {});
  ~Reconciler();
  Reconciler(const Reconciler&) = delete;
  Reconciler& operator=(const Reconciler&) = delete;

  // False with a text for people when the source of objects cannot be read at all (a missing directory).
  struct Started {
    bool ok = true;
    std::string error;
  };
  [[nodiscard]] Started start();

  // The end is near: another replica is to write the status of Ingresses, or nobody. Returns at once; called once started.
  void leave();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace controller
