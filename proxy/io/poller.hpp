// The data plane's epoll set: edge-triggered, every socket added once for life, nested in the worker's io_context so that
// Asio's timers, signals and messages share the thread at no cost per request (measured: as fast as a loop of its own,
// while Asio's sockets cost 8 to 15 % more).
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include <cstdint>
#include <functional>

namespace proxy::io {

// Something with a descriptor in the set. Lives until the turn that removed it is over (Worker::bury).
class Pollable {
 public:
  virtual void on_events(std::uint32_t epoll_events) = 0;

  bool goes_first = false;  // its events of a batch are handled before those of others

 protected:
  ~Pollable() = default;
};

// Owned by one worker; all members on its thread.
class Poller {
 public:
  static constexpr int events_per_wait = 256;
  static constexpr int waits_per_turn = 4;  // before Asio's own work gets a chance

  // These run before and after each batch of events.
  Poller(boost::asio::io_context& context, std::function<void()> start_of_batch, std::function<void()> end_of_batch);
  ~Poller();
  Poller(const Poller&) = delete;
  Poller& operator=(const Poller&) = delete;

  // Adds for life, IN|OUT|RDHUP|ET; closing the descriptor removes it. False: out of memory or descriptors' limit.
  [[nodiscard]] bool add(int fd, Pollable& pollable) noexcept;
  void remove(int fd) noexcept;
  void start() { wait(); }

 private:
  void wait();
  void run_turn();

  int fd_;
  boost::asio::posix::stream_descriptor descriptor_;
  std::function<void()> start_of_batch_, end_of_batch_;
};

}  // namespace proxy::io
