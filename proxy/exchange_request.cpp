// The way of a request to its endpoint: attempts, connections, the body.
#include "proxy/exchange.hpp"
#include "proxy/http1/connection.hpp"
#include "proxy/worker.hpp"

#include <sys/epoll.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <optional>

namespace proxy {

namespace {

routing::RetryOn condition_of(Failure failure) {
  switch (failure) {
    case Failure::connect_timeout:
    case Failure::read_timeout:
    case Failure::send_timeout:
      return routing::RetryOn::timeout;
    case Failure::invalid_response:
      return routing::RetryOn::invalid_header;
    case Failure::no_descriptor:
    case Failure::none:
      return routing::RetryOn::none;
    default:
      return routing::RetryOn::error;
  }
}

// How long others come first after an endpoint took no connection: a pod that has ended refuses until its EndpointSlice says
// so; one behind a broken node costs each try the whole time-out.
constexpr std::chrono::milliseconds rest_after_refusal{1000};
constexpr std::chrono::milliseconds rest_after_timeout{5000};

std::chrono::milliseconds rest_after(Failure failure) {
  if (failure == Failure::connect_refused) return rest_after_refusal;
  return failure == Failure::connect_timeout ? rest_after_timeout : std::chrono::milliseconds{0};
}

std::string describe(Failure failure, std::string_view detail) {
  std::string text{text_of(failure)};
  if (!detail.empty()) text.append(": ").append(detail);
  return text;
}

}  // namespace

void Exchange::start_attempt() {
  upstream::Endpoint* const endpoint = group_->pick(tried_, worker_.now());
  if (!endpoint) {  // every one has failed; fail_attempt() asks before it comes here
    reply(502, "no endpoint is left to try");
    return;
  }
  tried_.push_back(endpoint);
  log_.start_attempt(endpoint->text, worker_.now());
  use_connection(*endpoint, worker_.pool().take(*endpoint));
}

void Exchange::use_connection(upstream::Endpoint& endpoint, http1::Connection* pooled) {
  if (pooled) {
    ++worker_.counters().upstream_reused;
    upstream_ = pooled;
    upstream_->assign(*this);
    log_.on_connection_kept();
    state_ = State::relaying;
    return;
  }
  int error = open_connection(endpoint);
  if (error == EMFILE && worker_.close_longest_idle() > 0) error = open_connection(endpoint);
  if (error != 0) {
    ++worker_.counters().upstream_connect_failures;
    fail_attempt(error == EMFILE || error == ENFILE || error == ENOBUFS ? Failure::no_descriptor : Failure::connect_refused,
                 std::strerror(error));
    return;
  }
  state_ = State::connecting;
  if (upstream_->is_connected()) {
    ++worker_.counters().upstream_connects;
    endpoint.resting_until = {};
    log_.on_connected(worker_.now());
    state_ = State::relaying;
  } else {
    upstream_->arm(policies().timeouts.connect);
  }
}

// 0, or the errno of what failed at once.
int Exchange::open_connection(upstream::Endpoint& endpoint) {
  ++endpoint.uses;
  upstream_ = new http1::Connection(worker_, endpoint);  // the worker frees it when it is buried
  const int error = upstream_->connect(*this);
  if (error != 0) upstream_ = nullptr;
  return error;
}

void Exchange::on_connected() {
  ++worker_.counters().upstream_connects;
  upstream_->endpoint().resting_until = {};
  log_.on_connected(worker_.now());
  state_ = State::relaying;
  (void)relay_body(request_head_, nullptr, 0);
  if (state_ == State::relaying) session_->pump();
}

void Exchange::on_connect_failed(int error) {
  ++worker_.counters().upstream_connect_failures;
  fail_attempt(Failure::connect_refused, std::strerror(error));
}

bool Exchange::wants_request_bytes() const noexcept {
  switch (state_) {
    case State::relaying:
      return !request_body_.is_done() && upstream_ && (is_discarding_ || !upstream_->transport().has_unsent());
    case State::tunnel:
      return !client_ended_ && !upstream_->transport().has_unsent();
    case State::replied:
      return is_discarding_ && !request_body_.is_done();
    case State::connecting:
    case State::finished:
      break;
  }
  return false;
}

std::size_t Exchange::take_request_bytes(char* bytes, std::size_t count) {
  if (state_ == State::tunnel) return take_tunnel_bytes({bytes, count});
  if (is_discarding_) {
    const BodyDecoder::Step step = request_body_.take(bytes, count);
    discard_body(step);
    return step.consumed;
  }
  return relay_body({}, bytes, count);
}

void Exchange::discard_body(const BodyDecoder::Step& step) {
  discarded_bytes_ += step.consumed;
  log_.request_bytes += step.consumed;
  if (!response_done_) {
    if (step.status == BodyDecoder::Status::refused) is_readable_body_ = false;
    return;
  }
  if (step.status == BodyDecoder::Status::done) finish(keeps_client() ? Afterwards::keep_alive : Afterwards::close);
  else if (step.status == BodyDecoder::Status::refused || discarded_bytes_ > max_discarded_body_bytes) finish(Afterwards::linger);
}

// False: the body ended the exchange, or its forwarding.
bool Exchange::accept_body_step(const BodyDecoder::Step& step) {
  body_bytes_ += step.data.size();
  log_.request_bytes += step.consumed;
  const std::uint64_t limit = policies().body_limit.max_body_bytes;
  const bool is_too_large = limit != 0 && body_bytes_ > limit;
  if (step.status != BodyDecoder::Status::refused && !is_too_large) return true;

  is_readable_body_ = false;
  keeps_alive_ = false;
  drop_connection();
  if (response_started_) cut_response(is_too_large ? "body larger than proxy-body-size" : request_body_.reason());
  else if (is_too_large) reply(413, "body larger than proxy-body-size");
  else reply(400, request_body_.reason());
  return false;
}

void Exchange::keep_for_replay(std::span<const std::string_view> pieces) {
  const bool may_be_sent_again = is_idempotent_ || routing::contains(policies().retry.on, routing::RetryOn::non_idempotent);
  std::size_t bytes = 0;
  for (const auto& piece : pieces) bytes += piece.size();
  if (!replay_is_whole_) return;
  if (!may_be_sent_again || replay_.size() + bytes > max_replayed_body_bytes) {
    replay_is_whole_ = false;
    replay_.clear();
    return;
  }
  for (const auto& piece : pieces) replay_.append(piece);
}

std::size_t Exchange::relay_body(std::string_view head, char* bytes, std::size_t count) {
  BodyDecoder::Step step;
  if (count > 0 && !request_body_.is_done()) {
    awaits_continue_ = false;
    step = request_body_.take(bytes, count);
    if (!accept_body_step(step)) return step.consumed;
  }
  std::array<std::string_view, 7> pieces;
  std::size_t used = 0;
  if (!head.empty()) {
    pieces[used++] = head;
    if (!replay_.empty()) pieces[used++] = replay_;
  }
  const std::size_t body_start = used;
  const bool is_last = step.status == BodyDecoder::Status::done && step.consumed > 0;
  std::optional<ChunkFrame> frame;
  if (request_body_.kind() == BodyKind::chunked) {
    frame.emplace(step.data, is_last, is_last ? std::string_view{request_body_.trailers()} : std::string_view{});
    for (const auto& piece : {frame->prefix, step.data, frame->suffix, frame->trailers, frame->end})
      if (!piece.empty()) pieces[used++] = piece;
  } else if (!step.data.empty()) {
    pieces[used++] = step.data;
  }
  if (used == 0) return step.consumed;  // a chunk's size line alone: nothing to send yet

  sent_any_ = true;
  const bool alive = upstream_->transport().write({pieces.data(), used});
  if (used > body_start) keep_for_replay({pieces.data() + body_start, used - body_start});
  request_sent_ = request_body_.is_done();
  if (!alive) {
    on_upstream_failed("send");
    return step.consumed;
  }
  if (awaits_continue_ && !request_body_.is_done()) {
    awaits_continue_ = false;
    static constexpr std::string_view go_on = "HTTP/1.1 100 Continue\r\n\r\n";
    if (!session_->write(std::span{&go_on, 1})) {
      session_->on_client_failed();
      return step.consumed;
    }
  }
  arm_upstream();
  return step.consumed;
}

// Whose turn it is decides which time-out runs.
void Exchange::arm_upstream() {
  if (!upstream_) return;
  if (session_->has_unsent()) {
    upstream_->disarm();
    session_->wait_for(Waiting::send, Session::send_timeout);
  } else if (upstream_->transport().has_unsent()) {
    upstream_->arm(policies().timeouts.send);
  } else if (!request_body_.is_done()) {
    if (!response_started_) upstream_->disarm();
    else upstream_->arm(policies().timeouts.read);
    session_->wait_for(Waiting::body, config_->settings().downstream.body_timeout);
  } else {
    if (client_ended_ && !response_started_) session_->wait_for(Waiting::half_closed, Session::half_closed_grace);
    else session_->stop_waiting();
    upstream_->arm(policies().timeouts.read);
  }
}

void Exchange::on_upstream_writable() {
  arm_upstream();
  session_->pump();
}

void Exchange::on_upstream_failed(const char* operation) {
  if (state_ == State::tunnel) {
    finish(Afterwards::reset);
    return;
  }
  // An upstream that refuses a body answers and closes: its answer may be there although sending fails. The rest of the body
  // is of no use then, the answer is.
  http1::Connection* const broken = upstream_;
  is_discarding_ = true;
  upstream_->transport().note_events(EPOLLIN);
  on_upstream_readable();
  if (state_ != State::relaying || upstream_ != broken || response_started_) return;
  is_discarding_ = false;
  fail_attempt(Failure::send_failed, operation);
}

void Exchange::on_upstream_timeout() {
  switch (state_) {
    case State::connecting:
      ++worker_.counters().upstream_connect_failures;
      fail_attempt(Failure::connect_timeout, {});
      return;
    case State::relaying:
      if (response_started_) cut_response("upstream silent for proxy-read-timeout");
      else fail_attempt(upstream_->transport().has_unsent() ? Failure::send_timeout : Failure::read_timeout, {});
      return;
    case State::tunnel:
      finish(Afterwards::close);
      return;
    case State::replied:
    case State::finished:
      return;
  }
}

void Exchange::drop_connection() {
  if (!upstream_) return;
  http1::Connection& connection = *upstream_;
  upstream_ = nullptr;
  connection.close();
}

// The request can be sent once more: nothing of it was, or all that was is kept and sending twice does no harm.
bool Exchange::may_send_again() const noexcept {
  if (response_started_) return false;
  if (!sent_any_) return true;
  return replay_is_whole_ && (is_idempotent_ || routing::contains(policies().retry.on, routing::RetryOn::non_idempotent));
}

bool Exchange::may_retry(routing::RetryOn condition) const noexcept {
  const routing::Retry& retry = policies().retry;
  if (!routing::contains(retry.on, condition) || !may_send_again()) return false;
  if (retry.tries != 0 && tried_.size() >= retry.tries) return false;
  if (tried_.size() >= group_->endpoints.size()) return false;
  return retry.total.count() == 0 || worker_.now() - started_ < retry.total;
}

void Exchange::fail_attempt(Failure failure, std::string_view detail) {
  const bool was_reused = upstream_ && upstream_->is_reused();
  const bool got_nothing = !upstream_ || upstream_->input().empty();
  drop_connection();
  is_discarding_ = false;
  upstream::Endpoint& endpoint = *tried_.back();
  log_.end_attempt(status_for(failure), worker_.now());
  if (const auto rest = rest_after(failure); rest.count() != 0) endpoint.resting_until = worker_.now() + rest;

  // A pooled connection may have been closed by the endpoint just before: that says nothing about the endpoint
  // (RFC 9110, 9.2.2). A fresh connection to the same one does not count as another try.
  if (was_reused && got_nothing && may_send_again() &&
      (failure == Failure::closed_early || failure == Failure::reset || failure == Failure::send_failed)) {
    ++worker_.counters().retries;
    sent_any_ = request_sent_ = false;
    log_.start_attempt(endpoint.text, worker_.now());
    use_connection(endpoint, nullptr);
  } else if (may_retry(condition_of(failure))) {
    report(telemetry::Level::warning, "upstream " + endpoint.text, describe(failure, detail) + ", trying another endpoint");
    ++worker_.counters().retries;
    sent_any_ = request_sent_ = false;
    start_attempt();
  } else {
    reply(status_for(failure), "upstream " + endpoint.text + ": " + describe(failure, detail));
    return;
  }
  if (state_ == State::relaying && !sent_any_) {
    (void)relay_body(request_head_, nullptr, 0);
    if (state_ == State::relaying && session_->has_input()) worker_.make_ready(*session_);
  }
}

}  // namespace proxy
