// Writes Events on users' objects: a loop on the leader's thread that carries out what event_queue.hpp decides.
#pragma once

#include "controller/election/elector.hpp"
#include "controller/election/pause.hpp"
#include "controller/events/event_queue.hpp"
#include "controller/findings.hpp"
#include "controller/kube/api/client.hpp"
#include "controller/options.hpp"
#include "controller/store.hpp"
#include "routing/diagnostic.hpp"

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace controller::events {

// What the reconciler has found: against the time before.
struct Difference {
  std::vector<routing::Diagnostic> arisen, healed;
  std::vector<routing::Diagnostic> renewed;  // they hold as before, of an object that was gone for a moment: it may be another now
  bool is_first = false;  // there was no time before
};

class EventWriter {
 public:
  static constexpr unsigned writes_per_second = 20;
  static constexpr std::chrono::seconds idle_check{1};       // while nothing is to be written: whether we lead may have changed
  static constexpr std::chrono::seconds refused_wait{30};    // before a namespace that refused us, or failed, is tried again

  // All of them outlive it. `instance`: which replica tells.
  EventWriter(const Options& options, kube::Client& client, Findings& findings, const election::Elector& elector, std::string instance);

  // Any thread. True when there may be something to write.
  [[nodiscard]] bool report(const Difference& difference, const Store& store);

  // --- the leader's thread
  // Until leave().
  [[nodiscard]] boost::asio::awaitable<void> run();
  void wake() { pause_.wake(); }
  void leave() { pause_.end(); }

 private:
  using Clock = std::chrono::steady_clock;
  using MaybeFailure = std::optional<kube::Failure>;
  [[nodiscard]] bool may_write_in(const std::string& event_namespace) const;
  [[nodiscard]] std::optional<EventQueue::Item> next();
  struct Outcome {
    MaybeFailure failure;
    bool has_written = true;  // false: it stood there already
  };
  [[nodiscard]] boost::asio::awaitable<Outcome> write(const EventQueue::Item& item);
  [[nodiscard]] boost::asio::awaitable<MaybeFailure> repeat(const EventQueue::Item& item);
  void take_in(const EventQueue::Item& item, const Outcome& outcome);
  void tell(const std::string& event_namespace, const MaybeFailure& failure);

  const Options& options_;
  kube::Client& client_;
  Findings& findings_;
  const election::Elector& elector_;
  std::string instance_;
  election::Pause pause_;
  std::set<std::string> told_;  // namespaces with a finding

  std::mutex mutex_;  // of what follows
  EventQueue queue_;
};

}  // namespace controller::events
