// One request and its response, phase by phase: match -> filter -> pick endpoint -> connect -> send head -> relay both ways
// -> finish. Fed by its session (request bytes) and its connection (response bytes); finish() runs once on every path.
//
//   matching -> connecting -> relaying -> [tunnel] -> finished
//        \---------\------------\-> replied (an answer of our own) -> finished
//
// A failed attempt goes back to connecting with another endpoint while nothing has been sent to the client.
#pragma once

#include "proxy/body.hpp"
#include "proxy/client_facts.hpp"
#include "proxy/exchange_log.hpp"
#include "proxy/http1/parse_result.hpp"
#include "proxy/message.hpp"
#include "proxy/method.hpp"
#include "proxy/reply.hpp"
#include "proxy/session.hpp"
#include "proxy/telemetry/log.hpp"
#include "proxy/upstream/endpoint.hpp"
#include "proxy/worker_config.hpp"
#include "routing/route_table.hpp"

#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace proxy {

// Kept by its worker for the next request when finished, with the memory of its strings.
class Exchange {
 public:
  // Body bytes kept so that an idempotent request can be sent again; a longer body is sent once only.
  static constexpr std::size_t max_replayed_body_bytes = 16 * 1024;
  // Of a request body that nobody wants any more: read to the end up to this, so that the connection can be used again.
  static constexpr std::uint64_t max_discarded_body_bytes = 1024 * 1024;
  static constexpr std::size_t max_response_head_bytes = 64 * 1024;
  static constexpr int max_informational = 64;      // 1xx responses before the final one
  static constexpr int reads_per_event = 8;

  explicit Exchange(Worker& worker) : worker_(worker) {}

  void attach(Session& session);

  // --- from the session
  // Starts with a complete head; `rest` is what came behind it. Returns how much of that was taken.
  [[nodiscard]] std::size_t begin(const RequestHead& head, char* rest, std::size_t count);
  // Starts and ends with an answer to a head that was not understood.
  void refuse(const http1::ParseResult& why, std::string_view bytes);
  [[nodiscard]] bool wants_request_bytes() const noexcept;
  [[nodiscard]] std::size_t take_request_bytes(char* bytes, std::size_t count);
  void on_request_ended();         // FIN while request bytes were wanted
  void on_client_half_closed();    // FIN while none were
  void on_client_gone();           // the session closes itself
  void on_downstream_writable();
  void on_body_timeout();
  void resume();                   // the turn ended with more to read from the upstream

  // --- from the connection
  void on_connected();
  void on_connect_failed(int error);
  void on_upstream_readable();
  void on_upstream_writable();     // some of what was kept has left
  void on_upstream_failed(const char* operation);
  void on_upstream_timeout();

 private:
  enum class State : std::uint8_t { finished, connecting, relaying, tunnel, replied };

  // match and filter (exchange.cpp)
  [[nodiscard]] bool answer_locally(const RequestHead& head, const ClientFacts& client, const routing::Match& match);
  [[nodiscard]] bool choose_upstream();
  [[nodiscard]] bool prepare_request(const RequestHead& head, const ClientFacts& client, std::string_view normalised_path,
                                     std::string_view request_id);
  void redirect_to_https(const RequestHead& head, const ClientFacts& client);
  void redirect_with_slash(const RequestHead& head, const ClientFacts& client);

  // attempts and the request's way (exchange_request.cpp)
  void start_attempt();
  void use_connection(upstream::Endpoint& endpoint, http1::Connection* pooled);
  [[nodiscard]] int open_connection(upstream::Endpoint& endpoint);
  // Sends `head` (may be empty) and what `bytes` hold of the body; returns how much was taken.
  [[nodiscard]] std::size_t relay_body(std::string_view head, char* bytes, std::size_t count);
  [[nodiscard]] bool accept_body_step(const BodyDecoder::Step& step);
  void discard_body(const BodyDecoder::Step& step);
  void keep_for_replay(std::span<const std::string_view> pieces);
  void fail_attempt(Failure failure, std::string_view detail);
  [[nodiscard]] bool may_retry(routing::RetryOn condition) const noexcept;
  [[nodiscard]] bool may_send_again() const noexcept;
  void drop_connection();
  void arm_upstream();

  // the response's way (exchange_response.cpp)
  [[nodiscard]] std::size_t take_response_bytes(char* bytes, std::size_t count);
  [[nodiscard]] std::size_t take_response_head(char* bytes, std::size_t count);
  void on_response_ended(io::ReadStatus status);
  [[nodiscard]] bool retry_on_status(std::uint16_t status);
  [[nodiscard]] bool forward_informational(const ResponseHead& head);
  [[nodiscard]] std::size_t start_response(const ResponseHead& head, char* body, std::size_t count);
  void write_response_head(const ResponseHead& head);
  [[nodiscard]] bool send_response(std::string_view head, const BodyDecoder::Step& step);
  void response_done(std::size_t leftover);
  void cut_response(std::string_view why);
  [[nodiscard]] bool start_tunnel(const ResponseHead& head);
  [[nodiscard]] std::size_t take_tunnel_bytes(std::string_view bytes);
  void end_tunnel_if_done();

  // ends (exchange.cpp)
  void reply(std::uint16_t status, std::string_view reason, std::string_view extra_lines = {});
  void send_reply(std::uint16_t status, std::string_view page, std::string_view extra_lines);
  [[nodiscard]] bool can_discard_rest() const noexcept;
  [[nodiscard]] bool keeps_client() const noexcept;
  void settle_request();
  void finish(Afterwards afterwards);
  void conclude();
  void report(telemetry::Level level, std::string_view what, std::string_view detail);
  [[nodiscard]] const routing::Policies& policies() const noexcept { return route_->policies; }

  Worker& worker_;
  Session* session_ = nullptr;
  ConfigHandle config_;
  const routing::Route* route_ = nullptr;
  telemetry::RequestSeries* series_ = nullptr;  // where the request is counted; null: an undeclared host or path
  http1::Connection* upstream_ = nullptr;
  upstream::Group* group_ = nullptr;
  std::uint32_t upstream_index_ = 0;
  bool is_stand_in_ = false;  // the group is the default-backend of an empty one
  State state_ = State::finished;

  // the request
  BodyDecoder request_body_;
  std::string request_head_;        // for the upstream; kept for another attempt
  std::string replay_;              // encoded body sent so far, while it may have to be sent again
  std::uint64_t body_bytes_ = 0;    // decoded, received
  std::uint64_t discarded_bytes_ = 0;
  std::uint8_t request_minor_ = 1;
  Method method_ = Method::other;
  bool is_head_request_ = false, is_idempotent_ = true, wants_upgrade_ = false, accepts_trailers_ = false;
  bool keeps_alive_ = true;          // as far as the request goes
  bool awaits_continue_ = false;     // the client waits for 100 before it sends the body
  bool is_discarding_ = false;       // the body: nobody wants the rest of it
  bool is_readable_body_ = true;     // false: its framing broke, nothing after it can be trusted
  bool request_sent_ = false;        // all of it is on its way to the endpoint
  bool sent_any_ = false;            // some of it may have reached the endpoint
  bool replay_is_whole_ = true;
  bool is_logged_ = true;
  std::chrono::steady_clock::time_point started_{};

  // attempts
  std::vector<upstream::Endpoint*> tried_;

  // the response
  BodyDecoder response_body_;
  bool response_started_ = false, response_done_ = false, response_chunked_ = false, upstream_reusable_ = false;
  bool client_ended_ = false, upstream_ended_ = false;
  int informational_ = 0;
  std::uint16_t status_ = 0;

  ExchangeLog log_;
};

}  // namespace proxy
