// The healthz port: /healthz, /readyz, /metrics, /debug/snapshot and a page for people. Beast on a thread of its own, away
// from the traffic. What the pages say is pages.hpp.
#pragma once

#include "proxy/admin/pages.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

namespace proxy::admin {

struct AdminLimits {
  std::size_t connections = 64;                 // one more closes the one that has kept us waiting the longest
  std::chrono::milliseconds first_head{5'000};  // from the connection to the end of its first request head
  std::chrono::milliseconds idle{30'000};       // for the next head, and for the peer to take an answer
  std::chrono::milliseconds leaving{2'000};     // for the peer to close after the last answer
};

// Owned by the main thread.
class AdminServer {
 public:
  static constexpr std::size_t max_head_bytes = 8 * 1024;
  static constexpr std::size_t max_discarded_bytes = 64 * 1024;  // of a body that nobody wants
  static constexpr std::chrono::milliseconds accept_pause{100};

  explicit AdminServer(Facts facts, AdminLimits limits = {});
  ~AdminServer();
  AdminServer(const AdminServer&) = delete;
  AdminServer& operator=(const AdminServer&) = delete;

  // Port 0 takes a free one. "" or why it cannot listen.
  [[nodiscard]] std::string start(const std::string& host, std::uint16_t port);
  [[nodiscard]] std::uint16_t port() const noexcept;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace proxy::admin
