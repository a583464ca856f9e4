// What is still to be told on users' objects, each once: decisions only, event_writer.hpp writes. A value.
#pragma once

#include "controller/events/event.hpp"
#include "controller/kube/objects.hpp"
#include "routing/diagnostic.hpp"

#include <chrono>
#include <cstddef>
#include <map>
#include <optional>
#include <string>

namespace controller::events {

class EventQueue {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;
  static constexpr std::size_t max_pending = 20'000;  // more than that at once is in the log alone
  // Of one object, so that one that changes all the time does not fill the API server: as many at once, and then one per interval.
  static constexpr unsigned burst_per_object = 25;
  static constexpr std::chrono::minutes interval_per_object{5};
  static constexpr std::size_t max_objects = 4096;     // whose allowances are remembered
  static constexpr std::size_t max_repeated = 4096;    // Events whose counts are; beyond, all are forgotten and begin at 2 again

  // Only the replica that leads tells; one that begins to takes it that what it has not told itself another may have.
  void set_leading(bool leads);

  // A diagnostic holds from now on. `was_there`: it is not news, for it was found by a program that has just started.
  void arise(const routing::Diagnostic& diagnostic, const Regarding& regarding, bool was_there);
  // The same, but it held before: told only where that was of another object of the name, which is gone.
  void renew(const routing::Diagnostic& diagnostic, const Regarding& regarding);
  // It no longer does; told only when that it held has been, of this object. None: the object is gone.
  void heal(const routing::Diagnostic& diagnostic, const std::optional<Regarding>& regarding);

  struct Item {
    routing::Diagnostic diagnostic;
    Regarding regarding;
    Occasion occasion = Occasion::arisen;
    bool may_be_told = false;  // by another replica, or by an earlier run: then a second time would be once too many
  };
  [[nodiscard]] std::optional<Item> next(TimePoint now) const;
  [[nodiscard]] bool has_work() const noexcept { return !pending_.empty(); }
  // The count of an Event that stands there already, this time included.
  [[nodiscard]] unsigned next_count(const Item& item) const;
  void on_repeated(const Item& item);
  // Told, or never to be. `has_written`: it was not there before.
  void on_done(const Item& item, TimePoint now, bool has_written = true);
  // Nothing in that namespace is tried before then.
  void put_off(const std::string& event_namespace, TimePoint until) { closed_until_[event_namespace] = until; }

 private:
  struct Pending {
    Regarding regarding;
    Occasion occasion;
    bool may_be_told;
  };
  struct Held {
    Regarding regarding;
    bool is_told = false;  // by us
  };
  struct Allowance {
    double left = burst_per_object;
    TimePoint at;
  };
  void enqueue(const routing::Diagnostic& diagnostic, Pending pending);
  void spend(const Regarding& regarding, TimePoint now);
  [[nodiscard]] bool may_tell(const Regarding& regarding, TimePoint now) const;

  bool leads_ = false;
  std::map<routing::Diagnostic, Held> holding_;
  std::map<routing::Diagnostic, Pending> pending_;
  std::map<std::string, TimePoint> closed_until_;       // by namespace
  std::map<std::string, Allowance> allowances_;         // by uid
  std::map<std::string, unsigned> repeats_;             // counts by name of the Event
};

}  // namespace controller::events
