// What the access log wants to know of an exchange, captured while the bytes are at hand; when it is off, no more than the
// times and sizes that the metrics count.
#pragma once

#include "proxy/client_facts.hpp"
#include "proxy/message.hpp"
#include "proxy/telemetry/log_format.hpp"
#include "proxy/telemetry/request_metrics.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace proxy {

class Session;
class Worker;

// Part of an Exchange; keeps its memory from one request to the next.
class ExchangeLog {
 public:
  void start(const telemetry::LogFormat* format, std::chrono::steady_clock::time_point now);  // null: off
  [[nodiscard]] bool is_on() const noexcept { return format_ != nullptr; }
  void on_request(const RequestHead& head, const ClientFacts& client, std::string_view normalised_path, std::string_view request_id);
  void on_refused_head(std::string_view bytes);
  void on_response(const ResponseHead& head);

  void start_attempt(std::string_view address, std::chrono::steady_clock::time_point now);
  void on_connected(std::chrono::steady_clock::time_point now);
  void on_connection_kept() noexcept {  // so there was no time to connect, as nginx has it
    connect_time_ = {};
    if (!attempts_.empty()) attempts_.back().connect_time = {};
  }
  void on_head(std::uint16_t status, std::size_t head_bytes, std::chrono::steady_clock::time_point now);
  void end_attempt(std::uint16_t status_if_none, std::chrono::steady_clock::time_point now);
  // `received` as they came, framing included, of which `body` belong to the response's body.
  void add_response_bytes(std::uint64_t received, std::uint64_t body) noexcept {
    if (attempts_.empty()) return;
    attempts_.back().received_bytes += received;
    attempts_.back().response_bytes += body;
  }

  // Counted whether the access log is on or not.
  std::uint64_t request_bytes = 0, body_bytes_sent = 0, bytes_sent = 0;
  [[nodiscard]] telemetry::RequestSample sample(std::chrono::steady_clock::time_point now) const noexcept {
    return {now - started_, connect_time_, header_time_, response_time_, request_bytes, bytes_sent};
  }

  void write(Worker& worker, Session& session, const routing::Route* route, std::string_view upstream_name, std::uint16_t status);

 private:
  struct Slice {
    std::uint32_t offset = 0, length = 0;
    bool present = false;
  };
  [[nodiscard]] Slice keep(std::string_view text);
  [[nodiscard]] std::string_view view(Slice slice) const noexcept;
  void capture(const std::vector<std::string>& names, const FieldList& fields, std::vector<Slice>& slots);
  void views(const std::vector<Slice>& slots, std::vector<std::string_view>& out) const;

  const telemetry::LogFormat* format_ = nullptr;
  std::string text_;
  Slice line_, method_, target_, protocol_, host_, path_, client_, request_id_, forwarded_for_;
  std::vector<Slice> request_slots_, upstream_slots_, sent_slots_;
  std::vector<std::string_view> request_views_, upstream_views_, sent_views_;
  std::vector<telemetry::Attempt> attempts_;
  std::chrono::steady_clock::time_point started_{}, attempt_started_{};
  std::chrono::nanoseconds connect_time_{-1}, header_time_{-1}, response_time_{-1};  // of the last attempt
};

}  // namespace proxy
