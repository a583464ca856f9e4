// What stands in the status of every Ingress of ours, what should, and which are to be written. Values and decisions; no I/O.
#pragma once

#include "controller/kube/objects.hpp"
#include "controller/store.hpp"

#include <chrono>
#include <map>
#include <optional>
#include <set>
#include <vector>

namespace controller::status {

class Statuses {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;

  // Those that are served have a status of ours; those that are refused keep what they have, until somebody mends them; of one that
  // is neither any more and still there, ours is cleared.
  void serve(const std::vector<kube::Key>& served, const std::set<kube::Key>& refused, const Kind<kube::Ingress>& ingresses);
  // The watch has shown another status of these.
  void see(const std::set<kube::Key>& changed, const Kind<kube::Ingress>& ingresses);
  // None: not known, and nothing is written.
  void set_addresses(kube::StatusAddresses addresses);

  struct Write {
    kube::Key ingress;
    kube::StatusAddresses addresses;  // none: to be cleared
    unsigned sights = 0;              // how often the status had been seen when this was decided
  };
  [[nodiscard]] std::optional<Write> next(TimePoint now) const;
  void on_written(const Write& write);
  void on_gone(const kube::Key& ingress) { erase(ingress); }
  // The next try is not before that.
  void put_off(const kube::Key& ingress, TimePoint until);
  // From now on everything of ours is to be cleared.
  void clear_all();
  [[nodiscard]] bool has_work() const noexcept { return !due_.empty(); }

 private:
  enum class Want { publish, keep, clear };
  struct Entry {
    kube::StatusAddresses seen;   // by the watch, which may lag behind what we have written
    kube::StatusAddresses known;  // the last that was seen or written
    unsigned sights = 0;
    Want want = Want::keep;
    TimePoint not_before{};
  };
  void see(Entry& entry, const kube::StatusAddresses& seen);
  void want(const kube::Key& ingress, Want want, const Kind<kube::Ingress>& ingresses);
  [[nodiscard]] bool is_due(const Entry& entry) const;
  void settle(const kube::Key& ingress);
  void erase(const kube::Key& ingress);

  kube::StatusAddresses addresses_;
  std::map<kube::Key, Entry> entries_;
  std::set<kube::Key> due_;
  bool clears_all_ = false;
};

}  // namespace controller::status
