// Writes the addresses of the proxies into the status of the Ingresses that are served.
#pragma once

#include "controller/changes.hpp"
#include "controller/election/elector.hpp"
#include "controller/election/pause.hpp"
#include "controller/findings.hpp"
#include "controller/kube/api/client.hpp"
#include "controller/options.hpp"
#include "controller/status/node_addresses.hpp"
#include "controller/status/statuses.hpp"
#include "controller/store.hpp"
#include "controller/translate/translation.hpp"

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <set>
#include <string>

namespace controller::status {

// Owned by the leader, whose thread the loop and what belongs to it run on.
class StatusWriter {
 public:
  static constexpr unsigned writes_per_second = 50;
  static constexpr std::chrono::milliseconds in_force_check{10};  // while something waits for the workers
  static constexpr std::chrono::seconds idle_check{1};            // while nothing is to be written: whether we lead may have changed
  static constexpr std::chrono::seconds refused_wait{30};         // before a write that the server does not like is tried again
  static constexpr std::chrono::seconds failed_wait{2};           // before one that failed for this Ingress alone is
  static constexpr std::size_t most_contests_told = 20;           // each on its Ingress; of further ones only that there are some
  static constexpr unsigned renewed_after = 50;                   // writes of the farewell, which nobody else renews the Lease beside

  struct Parts {
    kube::Client& client;
    Findings& findings;
    election::Elector& elector;
    std::function<bool(std::uint64_t)> is_in_force;  // whether every worker serves by that snapshot
  };
  // All parts outlive it. `pod`: our own; no name: not known.
  StatusWriter(const Options& options, Parts parts, const kube::Key& pod);

  // --- any thread
  // What came of the changes. True when there may be something to write.
  [[nodiscard]] bool follow(const translate::Translation& translation, const Changes& changes, const Store& store);
  // Why nothing is written; "" when there is no reason.
  [[nodiscard]] std::string notice() const;

  // --- the leader's thread
  // Until leave().
  [[nodiscard]] boost::asio::awaitable<void> run();
  void wake() { pause_.wake(); }
  void leave() { pause_.end(); }
  // Nobody is served any more: what is ours is taken back, each tried once.
  [[nodiscard]] boost::asio::awaitable<void> clear();

 private:
  using Clock = std::chrono::steady_clock;
  enum class Origin { nothing, flag, service, nodes };  // of the addresses
  using MaybeFailure = std::optional<kube::Failure>;

  void find_addresses(const Store& store);
  [[nodiscard]] boost::asio::awaitable<void> look_at_nodes();
  [[nodiscard]] std::optional<Statuses::Write> next() const;
  [[nodiscard]] std::chrono::milliseconds until_next() const;
  [[nodiscard]] boost::asio::awaitable<MaybeFailure> write(const Statuses::Write& due);
  void take_in(const Statuses::Write& done, const MaybeFailure& failure);
  void tell(const Statuses::Write& done, const MaybeFailure& failure);
  void tell_contests();
  void forget_findings(const std::function<bool(const kube::Key&)>& concerns);  // under the lock

  const Options& options_;
  Parts parts_;
  Origin origin_;
  NodeAddresses nodes_;
  Clock::time_point nodes_due_{};
  election::Pause pause_;
  bool led_ = false;

  mutable std::mutex mutex_;  // of what follows
  Statuses statuses_;
  std::uint64_t version_ = 0;  // that the statuses go with
  std::set<kube::Key> told_;   // Ingresses with a finding about a write

  // The leader's thread's.
  std::set<kube::Key> contests_told_;
  Clock::time_point contests_due_{};
};

}  // namespace controller::status
