// The way of a response to the client: head, body, informational responses, tunnels.
#include "proxy/exchange.hpp"
#include "proxy/http1/connection.hpp"
#include "proxy/http1/head_parser.hpp"
#include "proxy/worker.hpp"

#include <fmt/format.h>

#include <array>
#include <optional>

namespace proxy {

namespace {

constexpr std::uint16_t switching_protocols = 101;
constexpr std::uint16_t upgrade_required = 426;

routing::RetryOn condition_of(std::uint16_t status) {
  switch (status) {
    case 500: return routing::RetryOn::http_500;
    case 502: return routing::RetryOn::http_502;
    case 503: return routing::RetryOn::http_503;
    case 504: return routing::RetryOn::http_504;
    case 403: return routing::RetryOn::http_403;
    case 404: return routing::RetryOn::http_404;
    case 429: return routing::RetryOn::http_429;
    default: return routing::RetryOn::none;
  }
}

struct ResponseRules {
  bool passes_server, replaces_hsts, passes_trailer;
};

// Connection-level fields end here; Date and Server are ours; X-Accel-* are orders to nginx, not news for a client.
bool is_passed(const Field& field, const ResponseRules& rules) {
  if (field.is_dropped) return false;
  switch (field.id) {
    case FieldId::connection:
    case FieldId::content_length:
    case FieldId::date:
    case FieldId::keep_alive:
    case FieldId::proxy_connection:
    case FieldId::te:
    case FieldId::transfer_encoding:
    case FieldId::upgrade:
    case FieldId::http2_settings:
    case FieldId::x_accel:
      return false;
    case FieldId::server: return rules.passes_server;
    case FieldId::strict_transport_security: return !rules.replaces_hsts;
    case FieldId::trailer: return rules.passes_trailer;
    default: return true;
  }
}

// Lines that follow each other and need no change go in one copy.
void copy_fields(const ResponseHead& head, const ResponseRules& rules, HeadWriter& out) {
  const char* run = nullptr;
  std::size_t run_bytes = 0;
  for (const Field& field : head.fields.all()) {
    if (!is_passed(field, rules)) continue;
    if (run_bytes && run + run_bytes == field.line.data() && field.is_canonical) {
      run_bytes += field.line.size();
      continue;
    }
    out.add({run, run_bytes});
    run_bytes = 0;
    if (field.is_canonical) {
      run = field.line.data();
      run_bytes = field.line.size();
    } else {
      out.add(field.name);
      out.add_line(": ", field.value);
    }
  }
  out.add({run, run_bytes});
}

// Hop-by-hop, yet the news of these answers: to what the connection changes, or would have to (RFC 9110, 7.8 and 15.5.22).
void add_upgrade(const ResponseHead& head, HeadWriter& out) {
  for (const Field& field : head.fields.all())
    if (field.id == FieldId::upgrade) out.add_line("Upgrade: ", field.value);
  out.add("Connection: upgrade\r\n");
}

void start_head(const ResponseHead& head, const WorkerConfig& config, std::string_view date_line, HeadWriter& out) {
  constexpr std::size_t added_text = 256;  // framing, Connection, blanks
  const std::size_t received = head.reason.size() + head.fields.bytes_as_lines();
  out.start(added_text + received + config.server_line.size() + config.hsts_line.size() + date_line.size());
  const char status[] = {'H', 'T', 'T', 'P', '/', '1', '.', '1', ' ', static_cast<char>('0' + head.status / 100),
                         static_cast<char>('0' + head.status / 10 % 10), static_cast<char>('0' + head.status % 10), ' '};
  out.add({status, sizeof status});
  out.add_line({}, head.reason);
}

}  // namespace

void Exchange::on_upstream_readable() {
  for (int reads = 0; upstream_ && !session_->has_unsent() && upstream_->transport().may_have_more(); ++reads) {
    if (reads == reads_per_event) {
      worker_.make_ready(*session_);
      return;
    }
    const io::ReadResult result = upstream_->transport().read();
    if (result.status == io::ReadStatus::blocked) return;
    if (result.status != io::ReadStatus::data) {
      on_response_ended(result.status);
      return;
    }
    io::Buffer& held = upstream_->input();
    if (held.empty()) {
      const std::size_t used = take_response_bytes(result.bytes.data(), result.bytes.size());
      if (upstream_ && used < result.bytes.size()) upstream_->input().append({result.bytes.data() + used, result.bytes.size() - used});
    } else {
      held.append({result.bytes.data(), result.bytes.size()});
      io::Buffer whole{std::move(held)};  // the connection may go while its bytes are in use
      const std::size_t used = take_response_bytes(whole.data(), whole.size());
      whole.consume(used);
      if (upstream_ && !whole.empty()) upstream_->input() = std::move(whole);
    }
  }
}

void Exchange::resume() {
  if (upstream_ && (state_ == State::relaying || state_ == State::tunnel)) on_upstream_readable();
}

void Exchange::on_downstream_writable() {
  if (!upstream_) return;
  session_->stop_waiting();
  arm_upstream();
  on_upstream_readable();
}

std::size_t Exchange::take_response_bytes(char* bytes, std::size_t count) {
  std::size_t used = 0;
  while (used < count && upstream_) {
    if (state_ == State::tunnel) {
      const std::string_view data{bytes + used, count - used};
      log_.bytes_sent += data.size();
      log_.add_response_bytes(data.size(), data.size());
      if (!session_->write(std::span{&data, 1})) session_->on_client_failed();
      else arm_upstream();
      return count;
    }
    std::size_t step = 0;
    if (!response_started_) {
      step = take_response_head(bytes + used, count - used);
      if (step == 0) break;
    } else {
      const BodyDecoder::Step body = response_body_.take(bytes + used, count - used);
      step = body.consumed;
      if (body.status == BodyDecoder::Status::refused) {
        cut_response(response_body_.reason());
      } else if (send_response({}, body)) {
        if (body.status == BodyDecoder::Status::done) response_done(count - used - step);
        else arm_upstream();
      }
    }
    used += step;
  }
  return used;
}

// Returns 0 while the head is incomplete.
std::size_t Exchange::take_response_head(char* bytes, std::size_t count) {
  static constexpr http1::HeadLimits limits{max_response_head_bytes, max_response_head_bytes};
  ResponseHead& head = worker_.response_head;
  const http1::ParseResult result = http1::parse_response({bytes, count}, limits, is_head_request_, head);
  if (result.status == http1::ParseStatus::incomplete) return 0;
  if (result.status == http1::ParseStatus::refused) {
    fail_attempt(Failure::invalid_response, result.reason);
    return count;
  }
  if (head.status == switching_protocols) {
    if (!wants_upgrade_ || !request_body_.is_done()) {
      fail_attempt(Failure::invalid_response, "101 without an upgrade that was asked for");
      return count;
    }
    log_.on_head(head.status, result.head_bytes, worker_.now());
    return start_tunnel(head) ? result.head_bytes : count;
  }
  if (head.status < 200) {
    log_.add_response_bytes(result.head_bytes, 0);
    return forward_informational(head) ? result.head_bytes : count;
  }
  if (head.status == 408 && upstream_->is_reused() && !head.keeps_alive() && may_send_again()) {
    // Said before the request came, by an endpoint that was about to close an idle connection.
    fail_attempt(Failure::closed_early, "408 on an idle connection");
    return count;
  }
  log_.on_head(head.status, result.head_bytes, worker_.now());
  if (retry_on_status(head.status)) return count;
  return result.head_bytes + start_response(head, bytes + result.head_bytes, count - result.head_bytes);
}

// 100 answers an Expect that this proxy has taken over; others are news for a client that can read them (RFC 9110, 15.2).
bool Exchange::forward_informational(const ResponseHead& head) {
  if (++informational_ > max_informational) {
    fail_attempt(Failure::invalid_response, "too many 1xx responses");
    return false;
  }
  if (head.status == 100 || request_minor_ == 0) return true;
  HeadWriter& out = worker_.head_writer;
  start_head(head, *config_, {}, out);
  copy_fields(head, {false, false, false}, out);
  out.add("\r\n");
  const std::string_view whole = out.text();
  if (session_->write(std::span{&whole, 1})) return true;
  session_->on_client_failed();
  return false;
}

bool Exchange::retry_on_status(std::uint16_t status) {
  const routing::RetryOn condition = condition_of(status);
  if (condition == routing::RetryOn::none || !may_retry(condition)) return false;
  report(telemetry::Level::info, "upstream " + tried_.back()->text, fmt::format("answered {}, trying another endpoint", status));
  drop_connection();
  log_.end_attempt(status, worker_.now());
  ++worker_.counters().retries;
  sent_any_ = request_sent_ = false;
  start_attempt();
  if (state_ == State::relaying && !sent_any_) (void)relay_body(request_head_, nullptr, 0);
  return true;
}

std::size_t Exchange::start_response(const ResponseHead& head, char* body, std::size_t count) {
  status_ = head.status;
  response_started_ = true;
  response_body_.start(head.body, head.content_length);
  response_chunked_ = request_minor_ >= 1 && (head.body == BodyKind::chunked || head.body == BodyKind::until_close);
  // Without a length an HTTP/1.0 client knows the end by the close alone.
  if (request_minor_ == 0 && (head.body == BodyKind::chunked || head.body == BodyKind::until_close)) keeps_alive_ = false;
  if (!keeps_client()) keeps_alive_ = false;
  upstream_reusable_ = head.keeps_alive() && head.body != BodyKind::until_close;
  log_.on_response(head);
  write_response_head(head);

  BodyDecoder::Step step;
  const bool has_no_body = response_body_.is_done();
  if (!has_no_body && count > 0) {
    step = response_body_.take(body, count);
    if (step.status == BodyDecoder::Status::refused) {
      fail_attempt(Failure::invalid_response, response_body_.reason());
      return count;
    }
  }
  if (!send_response(worker_.head_writer.text(), step)) return count;
  if (response_body_.is_done()) response_done(count - step.consumed);
  else arm_upstream();
  return step.consumed;
}

void Exchange::write_response_head(const ResponseHead& head) {
  const routing::Settings& settings = config_->settings();
  const ResponseRules rules{settings.allow_backend_server_header, session_->is_tls() && settings.hsts.enabled,
                            response_chunked_ && accepts_trailers_};
  HeadWriter& out = worker_.head_writer;
  const std::string& date_line = worker_.date_line();
  start_head(head, *config_, date_line, out);
  if (!rules.passes_server) out.add(config_->server_line);
  out.add(date_line);
  copy_fields(head, rules, out);
  if (rules.replaces_hsts) out.add(config_->hsts_line);
  if (response_chunked_) {
    out.add("Transfer-Encoding: chunked\r\n");
  } else if (head.has_content_length && head.status != 204 && head.body != BodyKind::until_close) {
    out.add("Content-Length: ");
    out.add_number(head.content_length);
    out.add("\r\n");
  }
  if (head.status == upgrade_required) add_upgrade(head, out);
  if (!keeps_alive_) out.add("Connection: close\r\n");
  else if (request_minor_ == 0) out.add("Connection: keep-alive\r\n");
  out.add("\r\n");
}

// Sends head (may be empty) and a piece of the body in the client's framing. False: the client is gone, all is over.
bool Exchange::send_response(std::string_view head, const BodyDecoder::Step& step) {
  log_.add_response_bytes(step.consumed, step.data.size());
  std::array<std::string_view, 6> pieces;
  std::size_t used = 0, bytes = 0;
  const auto add = [&](std::string_view piece) {
    if (piece.empty()) return;
    pieces[used++] = piece;
    bytes += piece.size();
  };
  add(head);
  std::optional<ChunkFrame> frame;
  if (response_chunked_ && !is_head_request_) {
    const bool is_last = response_body_.is_done() && response_body_.kind() != BodyKind::until_close;
    frame.emplace(step.data, is_last, is_last && accepts_trailers_ ? std::string_view{response_body_.trailers()} : std::string_view{});
    for (const auto& piece : {frame->prefix, step.data, frame->suffix, frame->trailers, frame->end}) add(piece);
  } else {
    add(step.data);
  }
  if (used == 0) return true;
  log_.bytes_sent += bytes;
  log_.body_bytes_sent += step.data.size();
  // A small body leaves in one piece with its head: one copy costs less than a vector.
  static constexpr std::size_t small_body_bytes = 4096;
  if (used == 2 && !head.empty() && pieces[1].size() <= small_body_bytes && worker_.head_writer.has_room(pieces[1].size())) {
    worker_.head_writer.add(pieces[1]);
    pieces[0] = worker_.head_writer.text();
    used = 1;
  }
  if (session_->write({pieces.data(), used})) return true;
  session_->on_client_failed();
  return false;
}

void Exchange::response_done(std::size_t leftover) {
  response_done_ = true;
  log_.end_attempt(status_, worker_.now());
  http1::Connection& connection = *upstream_;
  upstream_ = nullptr;
  connection.release(upstream_reusable_ && leftover == 0 && request_sent_ && !connection.transport().has_unsent());
  settle_request();
}

void Exchange::on_response_ended(io::ReadStatus status) {
  if (state_ == State::tunnel) {
    if (status == io::ReadStatus::failed) {
      finish(Afterwards::reset);
      return;
    }
    upstream_ended_ = true;
    session_->shut_down_write();
    end_tunnel_if_done();
    return;
  }
  if (!response_started_) {
    fail_attempt(status == io::ReadStatus::failed ? Failure::reset : Failure::closed_early, {});
    return;
  }
  if (response_body_.kind() != BodyKind::until_close || status == io::ReadStatus::failed) {
    cut_response("upstream connection ended inside the response body");
    return;
  }
  if (response_chunked_) {
    static constexpr std::string_view last_chunk = "0\r\n\r\n";
    log_.bytes_sent += last_chunk.size();
    if (!session_->write(std::span{&last_chunk, 1})) {
      session_->on_client_failed();
      return;
    }
  }
  response_done(0);
}

// What the client has got must not look complete. Where only the close would say so, a reset does.
void Exchange::cut_response(std::string_view why) {
  report(telemetry::Level::warning, tried_.empty() ? std::string{"response"} : "upstream " + tried_.back()->text, why);
  log_.end_attempt(status_, worker_.now());
  const bool is_framed = response_chunked_ || response_body_.kind() == BodyKind::length;
  keeps_alive_ = false;
  finish(is_framed ? Afterwards::close : Afterwards::reset);
}

bool Exchange::start_tunnel(const ResponseHead& head) {
  ++worker_.counters().tunnels;
  status_ = head.status;
  response_started_ = true;
  log_.on_response(head);
  const routing::Settings& settings = config_->settings();
  HeadWriter& out = worker_.head_writer;
  const std::string& date_line = worker_.date_line();
  start_head(head, *config_, date_line, out);
  if (!settings.allow_backend_server_header) out.add(config_->server_line);
  out.add(date_line);
  copy_fields(head, {settings.allow_backend_server_header, false, false}, out);
  add_upgrade(head, out);
  out.add("\r\n");
  state_ = State::tunnel;
  const std::string_view whole = out.text();
  log_.bytes_sent += whole.size();
  if (!session_->write(std::span{&whole, 1})) {
    session_->on_client_failed();
    return false;
  }
  session_->stop_waiting();
  arm_upstream();
  worker_.make_ready(*session_);  // what the client sent behind its request belongs into the tunnel
  return true;
}

std::size_t Exchange::take_tunnel_bytes(std::string_view bytes) {
  log_.request_bytes += bytes.size();
  if (!upstream_->transport().write(bytes)) finish(Afterwards::reset);
  else arm_upstream();
  return bytes.size();
}

void Exchange::end_tunnel_if_done() {
  if (client_ended_ && upstream_ended_) finish(Afterwards::close);
}

}  // namespace proxy
