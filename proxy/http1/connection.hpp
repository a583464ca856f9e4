// One HTTP/1.1 connection to an endpoint: the upstream side. It carries one exchange at a time, then waits in the pool.
//
//   connecting -> busy -> idle -> busy ... -> closed
#pragma once

#include "proxy/io/buffer.hpp"
#include "proxy/io/poller.hpp"
#include "proxy/io/timer_wheel.hpp"
#include "proxy/io/transport.hpp"

#include <chrono>
#include <cstdint>

namespace proxy {
class Exchange;
class Worker;
namespace upstream {
struct Endpoint;
class Pool;
}
}  // namespace proxy

namespace proxy::http1 {

// Owned by its worker; destroyed at the end of the turn in which it closed.
class Connection final : public io::Pollable, public io::Timed {
 public:
  Connection(Worker& worker, upstream::Endpoint& endpoint) : worker_(worker), endpoint_(endpoint) {}

  // Starts connecting for the exchange. 0, or the errno of what failed at once; then it has closed itself.
  [[nodiscard]] int connect(Exchange& exchange);
  // Gives a pooled connection to the exchange.
  void assign(Exchange& exchange);
  // The exchange is done with it: back to the pool, or closed.
  void release(bool reusable);
  void close();

  void on_events(std::uint32_t epoll_events) override;
  void on_timeout() override;

  // Time allowed until the next progress; on_timeout() tells the exchange.
  void arm(std::chrono::milliseconds delay);
  void disarm();

  [[nodiscard]] io::Transport& transport() noexcept { return transport_; }
  [[nodiscard]] io::Buffer& input() noexcept { return input_; }
  [[nodiscard]] upstream::Endpoint& endpoint() noexcept { return endpoint_; }
  [[nodiscard]] bool is_connected() const noexcept { return state_ == State::busy; }
  [[nodiscard]] bool is_reused() const noexcept { return exchanges_ > 1; }

 private:
  friend class upstream::Pool;
  enum class State : std::uint8_t { connecting, busy, idle, closed };

  void finish_connecting(std::uint32_t epoll_events);

  Worker& worker_;
  upstream::Endpoint& endpoint_;
  Exchange* exchange_ = nullptr;
  io::Transport transport_;
  io::Buffer input_;  // an incomplete response head
  State state_ = State::connecting;
  std::uint32_t exchanges_ = 0;
  std::chrono::steady_clock::time_point opened_at_{};
  // Lists of the pool while idle: of the endpoint (last used first), and of all (by age).
  Connection *endpoint_next_ = nullptr, *endpoint_previous_ = nullptr, *newer_ = nullptr, *older_ = nullptr;
};

}  // namespace proxy::http1
