// How a loop of the leader waits: for a time, until there is work, or until it is to end. On the leader's thread alone.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <chrono>

namespace controller::election {

class Pause {
 public:
  explicit Pause(const boost::asio::any_io_executor& executor) : timer_(executor) {}

  // A pace or a back-off: nothing but the end cuts it short. `time` gets a name before it is awaited: of a choice inside an awaited
  // expression GCC 12 computes both sides.
  [[nodiscard]] boost::asio::awaitable<void> keep(std::chrono::milliseconds time) {
    if (is_over_) co_return;
    timer_.expires_after(time);
    co_await timer_.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
  }
  // There is nothing to do: wake() ends it.
  [[nodiscard]] boost::asio::awaitable<void> rest(std::chrono::milliseconds time) {
    is_idle_ = true;
    co_await keep(time);
    is_idle_ = false;
  }
  void wake() {
    if (is_idle_) timer_.cancel();
  }
  void end() {
    is_over_ = true;
    timer_.cancel();
  }
  [[nodiscard]] bool is_over() const noexcept { return is_over_; }

 private:
  boost::asio::steady_timer timer_;
  bool is_idle_ = false, is_over_ = false;
};

}  // namespace controller::election
