// What stands in the status of every Ingress of ours, what should, and which are to be written. Values and decisions; no I/O.
#pragma once

#include "controller/kube/objects.hpp"
#include "controller/store.hpp"
#include "controller/translate/translation.hpp"

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace controller::status {

class Statuses {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;
  // Between one's answers to somebody who keeps writing another status into an Ingress: the first is at once, the next waits,
  // each longer than the one before; after that long without it is the first again.
  static constexpr std::chrono::seconds shortest_contest{1}, longest_contest{60};
  static constexpr std::chrono::minutes contest_over{10};
  static constexpr unsigned told_from_contests = 3;  // from so many on a person had better know

  // One that is served has a status of ours; one that is refused keeps what it has, until somebody mends it; of one that is neither
  // any more and still there, ours is cleared.
  void follow(const kube::Key& ingress, translate::IngressState state, const Kind<kube::Ingress>& ingresses);
  // The watch has shown another status of these, or that they are gone. Before follow() of the same changes.
  void see(const std::set<kube::Key>& changed, const Kind<kube::Ingress>& ingresses, TimePoint now);
  // None: not known (any more), and nothing is published until they are.
  void set_addresses(kube::StatusAddresses addresses);

  struct Write {
    kube::Key ingress;
    kube::StatusAddresses addresses;  // none: to be cleared
    std::uint64_t sight = 0;          // the last that this was decided by
  };
  [[nodiscard]] std::optional<Write> next(TimePoint now) const;
  void on_written(const Write& write);
  // The server does not know it (any more): what was to be cleared is; of others the watch decides, since one of that name may have come.
  void on_gone(const kube::Key& ingress);
  // The next try is not before that.
  void put_off(const kube::Key& ingress, TimePoint until);
  // From now on everything of ours is to be cleared.
  void clear_all();
  [[nodiscard]] bool has_addresses() const noexcept { return are_known_; }
  [[nodiscard]] bool has_work() const noexcept { return !due_.empty(); }
  [[nodiscard]] bool is_due(const kube::Key& ingress) const { return due_.contains(ingress); }
  // Whose status somebody else keeps writing, and still did a while ago.
  [[nodiscard]] std::set<kube::Key> contested(TimePoint now);

 private:
  enum class Want { publish, keep, clear };
  struct Entry {
    kube::StatusAddresses seen;   // by the watch, which may lag behind what we have written
    kube::StatusAddresses known;  // the last that was seen or written
    bool is_ours = false;         // what is known, be it by the addresses that we had before
    std::string uid;              // of the object: another of the same name begins anew
    std::uint64_t sight = 0;      // which of all this was
    unsigned contests = 0;        // how often somebody has written over what was ours
    TimePoint contested_at{};
    Want want = Want::keep;
    TimePoint not_before{};
  };
  using Entries = std::map<kube::Key, Entry>;
  void know(Entry& entry, const kube::StatusAddresses& addresses) const;
  void see(Entry& entry, const kube::Ingress& ingress);
  void contest(const kube::Key& ingress, Entry& entry, TimePoint now);
  void want(const kube::Key& ingress, Want aim, const Kind<kube::Ingress>& ingresses);
  [[nodiscard]] bool is_due(const Entry& entry) const;
  Entries::iterator settle(Entries::iterator at);  // gives the next
  void settle_all();
  void erase(const kube::Key& ingress);

  kube::StatusAddresses addresses_;  // the last that were known
  bool are_known_ = false;
  Entries entries_;
  std::set<kube::Key> due_;
  std::set<kube::Key> contested_;
  std::uint64_t sights_ = 0;
  bool clears_all_ = false;
};

}  // namespace controller::status
