// Who we are to the API server at this moment: tokens and certificates, read again when they change, asked anew of an exec
// plugin when they expire.
#pragma once

#include "controller/kube/api/access.hpp"
#include "controller/kube/api/exec_plugin.hpp"
#include "tls/client_context.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/thread_pool.hpp>

#include <atomic>
#include <chrono>
#include <string>

namespace controller::kube {

// Owned by the thread of the API client; the exec plugin runs on one of its own.
class Credentials {
 public:
  static constexpr std::chrono::seconds file_interval{10};    // between two looks at the file of a token
  static constexpr std::chrono::seconds expiry_margin{30};    // a token is replaced this long before it expires
  static constexpr std::chrono::seconds exec_interval{10};    // between two runs of a plugin, whatever it says

  explicit Credentials(const Access& access) : access_(access) {}
  ~Credentials();
  Credentials(const Credentials&) = delete;
  Credentials& operator=(const Credentials&) = delete;

  // Looks at what may have changed. "" or, for people, why there are none.
  [[nodiscard]] boost::asio::awaitable<std::string> refresh();
  // The server did not take the token: the next refresh() gets another one if it can.
  void note_refused() noexcept { is_refused_ = true; }

  // As of the last refresh(). Never printed.
  [[nodiscard]] const std::string& token() const noexcept { return token_; }
  // Certificates, read from their files each time: a connection lives for minutes. "" or why they cannot be read.
  [[nodiscard]] std::string read_tls(tls::ClientSettings& settings) const;

 private:
  using Clock = std::chrono::steady_clock;
  [[nodiscard]] std::string read_token();
  [[nodiscard]] boost::asio::awaitable<std::string> run_plugin();

  const Access& access_;
  std::string token_;
  Clock::time_point read_at_{}, run_at_{};
  bool is_refused_ = false, is_running_ = false;
  ExecCredential exec_;
  std::atomic<bool> stopping_{false};
  boost::asio::thread_pool plugin_thread_{1};
};

}  // namespace controller::kube
