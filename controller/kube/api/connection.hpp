// One connection to the API server, with TLS or without. Bytes in and out, each with a deadline; HTTP is client.hpp's matter.
#pragma once

#include "controller/kube/api/access.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/system/error_code.hpp>
#include <openssl/types.h>

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

namespace controller::kube {

// Owned by the thread of the API client.
class Connection {
 public:
  static constexpr std::chrono::seconds longest_connect{10};  // of each: TCP, TLS; a name takes as long as the system's resolver lets it
  // A peer that is gone without a word is noticed: by probes while nothing is sent, by missing acknowledgements else.
  static constexpr int keepalive_idle_seconds = 15, keepalive_interval_seconds = 5, keepalive_probes = 3;
  static constexpr int unacknowledged_milliseconds = 30'000;

  explicit Connection(boost::asio::any_io_executor executor);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // `context` is needed for TLS. "" or, for people, what went wrong.
  [[nodiscard]] boost::asio::awaitable<std::string> open(const Access& access, SSL_CTX* context);
  [[nodiscard]] boost::asio::awaitable<boost::system::error_code> write(std::string_view bytes, std::chrono::milliseconds limit);
  struct Got {
    boost::system::error_code error;
    std::size_t bytes = 0;
  };
  [[nodiscard]] boost::asio::awaitable<Got> read(boost::asio::mutable_buffer buffer, std::chrono::milliseconds limit);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// For people: "timed out", "connection refused".
[[nodiscard]] std::string text_of(const boost::system::error_code& error);

}  // namespace controller::kube
