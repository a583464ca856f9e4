// Lists one kind, then watches it, for ever: what fails is tried again, what is too old is listed anew. What the objects mean is
// reflection.hpp's matter.
#pragma once

#include "controller/kube/api/client.hpp"
#include "controller/kube/backoff.hpp"
#include "controller/kube/reflection.hpp"
#include "controller/kube/resources.hpp"

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <optional>
#include <random>
#include <string>

namespace controller::kube {

class ReflectorObserver {
 public:
  virtual ~ReflectorObserver() = default;
  // What the sink has been told is the present state, and will stay so for the time being.
  virtual void on_in_step() = 0;
  // It may be no longer, for this reason. Called again while it lasts.
  virtual void on_failure(const Failure& failure) = 0;
};

// Owned by the thread of the API client.
class Reflector {
 public:
  static constexpr unsigned page_objects = 500;
  static constexpr unsigned max_pages = 4000;
  static constexpr unsigned most_restarts = 3;                         // of a list whose continuation is too old
  static constexpr std::chrono::seconds shortest_watch{300}, longest_watch{600};  // then the server ends it, and another follows
  static constexpr std::chrono::seconds watch_slack{30};               // for the server to do so; after that it is given up
  static constexpr std::chrono::seconds list_silence{10};              // of a list that comes as a watch
  static constexpr std::chrono::seconds quick_end{1};                  // a watch that ends sooner is not followed by another at once

  Reflector(Client& client, Watched watched, ObjectSink& sink, ReflectorObserver& observer)
      : client_(client), watched_(std::move(watched)), reflection_(*watched_.resource, sink), observer_(observer) {}

  // Never returns.
  [[nodiscard]] boost::asio::awaitable<void> run();
  // One list, without a watch.
  [[nodiscard]] boost::asio::awaitable<std::optional<Failure>> read_once() { return list_pages(); }

  [[nodiscard]] const Watched& watched() const noexcept { return watched_; }

 private:
  class EventSink;
  class PageSink;

  void note_success();
  [[nodiscard]] std::string target(std::string parameters) const;
  [[nodiscard]] boost::asio::awaitable<std::optional<Failure>> advance();
  [[nodiscard]] boost::asio::awaitable<std::optional<Failure>> list_pages();
  [[nodiscard]] boost::asio::awaitable<std::optional<Failure>> watch();
  [[nodiscard]] boost::asio::awaitable<std::optional<Failure>> compare_version();
  [[nodiscard]] boost::asio::awaitable<void> wait(std::chrono::milliseconds time);
  [[nodiscard]] std::chrono::milliseconds wait_after(const Failure& failure);

  Client& client_;
  Watched watched_;
  Reflection reflection_;
  ReflectorObserver& observer_;
  Backoff backoff_;
  std::minstd_rand random_{std::random_device{}()};
  bool streams_lists_ = true;   // until the server shows that it cannot
  bool must_compare_ = false;   // the server was away: it may have come back with an older state
  bool was_gone_ = false;       // since the last success
  unsigned failures_ = 0;       // since the last success
};

}  // namespace controller::kube
