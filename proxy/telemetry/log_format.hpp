// log-format-upstream compiled once: literals and variables in a row. What a line needs of the heads is known when it is
// compiled, so an exchange captures just that while the bytes are at hand.
#pragma once

#include "routing/route.hpp"
#include "routing/settings.hpp"

#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace proxy::telemetry {

// One try to get an answer; several are joined by ", " in the upstream variables.
struct Attempt {
  std::string_view address;          // "10.0.0.7:8080"; "" = no endpoint was there
  std::uint16_t status = 0;          // 0: none came
  std::uint64_t response_bytes = 0;  // body
  std::chrono::nanoseconds connect_time{-1}, header_time{-1}, response_time{-1};  // -1: never got there
  std::uint64_t received_bytes = 0;  // all: heads, framing, body
};

// All that a line may hold. Views are valid during append(). Header slots are in the order of the LogFormat's lists; a
// view with null data() is "not there".
struct ExchangeRecord {
  const routing::Route* route = nullptr;   // null: nothing matched, or no valid head
  std::string_view upstream_name;          // "<ns>-<svc>-<port>"
  std::string_view client_address;         // the real client (after X-Forwarded-For where trusted)
  std::string_view peer_address;           // of the TCP connection
  std::uint16_t client_port = 0;
  std::uint16_t server_port = 0;
  std::string_view request_line;           // as received
  std::string_view method, target, protocol;  // "GET", "/a?b", "HTTP/1.1"
  std::string_view host;                   // lower case, no port
  std::string_view normalised_path;        // $uri
  std::string_view request_id;             // $req_id
  std::string_view forwarded_for;          // X-Forwarded-For as the client sent it, "" if not
  bool is_tls = false;
  std::string_view tls_protocol, tls_cipher, tls_server_name;
  std::uint16_t status = 0;
  std::uint64_t body_bytes_sent = 0, bytes_sent = 0, request_length = 0;
  std::chrono::system_clock::time_point finished_at;
  std::chrono::nanoseconds request_time{0};
  std::span<const Attempt> attempts;
  std::uint64_t connection_serial = 0, connection_requests = 0;
  bool pipelined = false;
  std::span<const std::string_view> request_headers, upstream_headers, sent_headers;
};

// Immutable; shared by the exchanges of a worker.
class LogFormat {
 public:
  // Names that are no variable of ours are listed in unknown() and print "-" (nginx would refuse to start).
  [[nodiscard]] static LogFormat compile(std::string_view format, routing::LogEscape escape);

  // Lower-case names with '-', to be captured at the head: for $http_*, $upstream_http_*, $sent_http_* (and what other
  // variables need: $remote_user needs authorization, $cookie_* needs cookie).
  [[nodiscard]] const std::vector<std::string>& request_headers() const noexcept { return request_headers_; }
  [[nodiscard]] const std::vector<std::string>& upstream_headers() const noexcept { return upstream_headers_; }
  [[nodiscard]] const std::vector<std::string>& sent_headers() const noexcept { return sent_headers_; }
  [[nodiscard]] const std::vector<std::string>& unknown() const noexcept { return unknown_; }

  // Appends one line with its newline.
  void append(const ExchangeRecord& record, std::string& out) const;

 private:
  struct Piece {
    std::string literal;          // printed first
    std::uint16_t variable = 0;   // then this (0: nothing)
    std::uint16_t slot = 0;       // header slot
    std::string name;             // cookie or argument name
  };
  [[nodiscard]] Piece piece_for(std::string_view name);

  std::vector<Piece> pieces_;
  std::vector<std::string> request_headers_, upstream_headers_, sent_headers_, unknown_;
  routing::LogEscape escape_ = routing::LogEscape::nginx;
};

}  // namespace proxy::telemetry
