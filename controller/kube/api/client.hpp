// Requests to the API server over HTTP/1.1: connections kept alive, answers taken as they arrive, a deadline on everything.
// It knows nothing of lists and watches: reflector.hpp does.
#pragma once

#include "controller/kube/api/access.hpp"
#include "controller/kube/api/connection.hpp"
#include "controller/kube/api/credentials.hpp"
#include "controller/kube/api/failure.hpp"
#include "tls/client_context.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace controller::kube {

struct Request {
  std::string method = "GET", target, body, content_type;
  bool accepts_gzip = false;
};
// A request that writes. It gets a name before it is awaited: GCC 12 destroys some temporaries of an awaited expression twice.
[[nodiscard]] Request json_request(const char* method, std::string target, std::string body, const char* type = "application/json");
inline constexpr const char* merge_patch = "application/merge-patch+json";

// Takes the body of an answer as it arrives.
class BodySink {
 public:
  virtual ~BodySink() = default;
  // The server has agreed: a body follows.
  virtual void on_open() {}
  // What it says ends the request.
  [[nodiscard]] virtual std::optional<Failure> take(std::string_view bytes) = 0;
  // How long the next bytes may take.
  [[nodiscard]] virtual std::chrono::milliseconds patience() const = 0;
};

// Owned by one thread; several requests may be under way on it.
class Client {
 public:
  static constexpr std::chrono::seconds longest_wait{30};    // for the head of an answer, and for the next bytes of a short one
  static constexpr std::chrono::seconds longest_idle{30};    // of a kept connection
  static constexpr std::size_t max_idle = 4;
  static constexpr std::size_t max_body_bytes = 16 * 1024 * 1024;  // of send()
  static constexpr std::size_t max_error_bytes = 64 * 1024;
  static constexpr std::uint32_t max_head_bytes = 64 * 1024;

  Client(boost::asio::any_io_executor executor, Access access);

  // None: done, and the answer was a 2xx whose body the sink has. A refused token is read again and tried once more.
  [[nodiscard]] boost::asio::awaitable<std::optional<Failure>> stream(const Request& request, BodySink& sink);
  struct Response {
    std::optional<Failure> failure;
    std::string body;
  };
  [[nodiscard]] boost::asio::awaitable<Response> send(const Request& request);

  [[nodiscard]] const Access& access() const noexcept { return access_; }
  [[nodiscard]] const boost::asio::any_io_executor& executor() const noexcept { return executor_; }

 private:
  using Clock = std::chrono::steady_clock;
  struct Idle {
    std::unique_ptr<Connection> connection;
    Clock::time_point since;
  };
  struct Outcome {
    std::optional<Failure> failure;
    bool is_reusable = false, has_answered = false;
  };

  [[nodiscard]] std::string refresh_tls();
  [[nodiscard]] std::unique_ptr<Connection> take_idle();
  void keep(std::unique_ptr<Connection> connection);
  [[nodiscard]] std::string head_of(const Request& request) const;
  [[nodiscard]] boost::asio::awaitable<std::optional<Failure>> attempt(const Request& request, BodySink& sink);
  [[nodiscard]] boost::asio::awaitable<Outcome> exchange(Connection& connection, const Request& request, BodySink& sink);

  boost::asio::any_io_executor executor_;
  Access access_;
  Credentials credentials_;
  tls::ClientSettings tls_settings_;
  tls::ClientContext tls_;
  std::deque<Idle> idle_;
};

}  // namespace controller::kube
