// One downstream connection speaking HTTP/1.x: reads heads, runs one exchange after the other, keeps what came too early.
//
//   reading -> exchanging -> reading ... -> closing (unsent bytes leave) -> closed
//                                        -> lingering (FIN sent, input discarded until the client closes) -> closed
#pragma once

#include "proxy/io/buffer.hpp"
#include "proxy/io/poller.hpp"
#include "proxy/io/timer_wheel.hpp"
#include "proxy/io/transport.hpp"
#include "proxy/listener.hpp"

#include <sys/socket.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

namespace proxy {

class Exchange;
class Worker;

// How a session goes on after an exchange.
enum class Afterwards : std::uint8_t {
  keep_alive,
  close,       // in order
  linger,      // the client may still be sending: let it read the answer first
  reset,       // the client must not take what it has for the whole
};

// What a session waits for; decides what its time-out means.
enum class Waiting : std::uint8_t { nothing, first_byte, idle, head, body, send, half_closed, linger };

// Owned by its worker; destroyed at the end of the turn in which it closed.
class Session final : public io::Pollable, public io::Timed {
 public:
  static constexpr int reads_per_pump = 8;                          // then the others get their turn
  static constexpr std::chrono::seconds send_timeout{60};           // a client that takes nothing
  static constexpr std::chrono::seconds linger_timeout{5};
  static constexpr std::size_t max_lingering_bytes = 16 * 1024 * 1024;
  // A client that has shut down its sending side may still read. One that is gone looks the same, so the wait for the
  // upstream's answer goes on for this long only.
  static constexpr std::chrono::seconds half_closed_grace{1};

  Session(Worker& worker, const Listener& listener, std::uint64_t serial);

  // False: could not be added to the epoll set.
  [[nodiscard]] bool open(int fd, const sockaddr_storage& peer);
  void on_events(std::uint32_t epoll_events) override;
  void on_timeout() override;
  // Takes in what is there and wanted, for as long as there is some.
  void pump();
  // Goes on, in both directions, where a turn ended with more to do.
  void resume();

  // --- for the exchange
  // Sends to the client. False: it is gone, and on_client_failed() is for the caller to call.
  [[nodiscard]] bool write(std::span<const std::string_view> pieces);
  [[nodiscard]] bool has_unsent() const noexcept { return transport_.has_unsent(); }
  [[nodiscard]] bool has_input() noexcept { return !input_.empty() || transport_.may_have_more(); }
  [[nodiscard]] bool client_ended() const noexcept { return transport_.peer_ended(); }
  void shut_down_write() noexcept { transport_.shut_down_write(); }
  void wait_for(Waiting what, std::chrono::milliseconds limit);
  void stop_waiting();
  void finish_exchange(Afterwards afterwards);
  // The client is gone: tells the exchange and closes.
  void on_client_failed();

  [[nodiscard]] Worker& worker() noexcept { return worker_; }
  [[nodiscard]] Scheme scheme() const noexcept { return scheme_; }
  [[nodiscard]] std::uint16_t local_port() const noexcept { return local_port_; }
  [[nodiscard]] std::string_view peer_address() const noexcept { return {peer_text_, peer_text_bytes_}; }
  [[nodiscard]] std::uint16_t peer_port() const noexcept { return peer_port_; }
  [[nodiscard]] std::uint64_t serial() const noexcept { return serial_; }
  [[nodiscard]] std::uint32_t requests() const noexcept { return requests_; }
  [[nodiscard]] SSL* ssl() const noexcept { return transport_.ssl(); }
  [[nodiscard]] bool is_tls() const noexcept { return transport_.ssl() != nullptr; }

  // --- for the worker
  void close();
  // Between two requests, or before the first byte: closing it takes nothing from anybody.
  [[nodiscard]] bool is_idle() const noexcept { return state_ == State::reading && input_.empty() && !transport_.has_unsent(); }
  [[nodiscard]] std::chrono::steady_clock::time_point idle_since() const noexcept { return idle_since_; }
  Session *next = nullptr, *previous = nullptr;  // the worker's list of all
  bool is_ready_queued = false;

 private:
  enum class State : std::uint8_t { reading, exchanging, closing, lingering, closed };

  [[nodiscard]] bool wants_input() const noexcept;
  [[nodiscard]] std::size_t consume(char* bytes, std::size_t count);
  [[nodiscard]] std::size_t consume_head(char* bytes, std::size_t count);
  void take_in(std::span<char> bytes);
  void on_input_ended(io::ReadStatus status);
  void start_lingering();
  void wait_for_next_head();
  void note_handshake();

  Worker& worker_;
  Exchange* exchange_ = nullptr;
  std::shared_ptr<const tls::ServerContext> tls_context_;  // its callbacks serve this connection's handshake
  io::Transport transport_;
  io::Buffer input_;  // an incomplete head, pipelined requests, body bytes that cannot go on yet
  std::chrono::steady_clock::time_point idle_since_{};
  std::uint64_t serial_;
  std::uint32_t requests_ = 0;
  std::uint32_t lingered_bytes_ = 0;
  State state_ = State::reading;
  Waiting waiting_ = Waiting::nothing;
  Scheme scheme_;
  bool needs_more_ = false;          // input_ is of no use before more arrives
  bool handshake_counted_ = false;
  std::uint8_t peer_text_bytes_ = 0;
  std::uint16_t local_port_;
  std::uint16_t peer_port_ = 0;
  char peer_text_[46];
};

}  // namespace proxy
