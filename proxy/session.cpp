#include "proxy/session.hpp"

#include "proxy/exchange.hpp"
#include "proxy/http1/head_parser.hpp"
#include "proxy/worker.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <sys/epoll.h>

#include <cstring>

namespace proxy {

Session::Session(Worker& worker, const Listener& listener, std::uint64_t serial)
    : worker_(worker), serial_(serial), scheme_(listener.scheme()), local_port_(listener.port()) {}

bool Session::open(int fd, const sockaddr_storage& peer) {
  if (peer.ss_family == AF_INET) {
    const auto& in4 = reinterpret_cast<const sockaddr_in&>(peer);
    ::inet_ntop(AF_INET, &in4.sin_addr, peer_text_, sizeof peer_text_);
    peer_port_ = ntohs(in4.sin_port);
  } else {
    const auto& in6 = reinterpret_cast<const sockaddr_in6&>(peer);
    ::inet_ntop(AF_INET6, &in6.sin6_addr, peer_text_, sizeof peer_text_);
    peer_port_ = ntohs(in6.sin6_port);
  }
  peer_text_bytes_ = static_cast<std::uint8_t>(std::strlen(peer_text_));
  if (scheme_ == Scheme::https) tls_context_ = worker_.tls_context();
  transport_.open(fd, tls_context_ ? tls_context_->new_connection() : nullptr, worker_.scratch());
  if (scheme_ == Scheme::https && !transport_.ssl()) return false;
  if (!worker_.poller().add(fd, *this)) return false;
  idle_since_ = worker_.now();
  wait_for(Waiting::first_byte, worker_.settings().downstream.header_timeout);
  transport_.note_events(EPOLLIN);  // the listener defers accepting until there is data: read without waiting for an event
  return true;
}

void Session::wait_for(Waiting what, std::chrono::milliseconds limit) {
  waiting_ = what;
  worker_.timers().arm(*this, limit);
}

void Session::stop_waiting() {
  waiting_ = Waiting::nothing;
  worker_.timers().disarm(*this);
}

void Session::on_events(std::uint32_t epoll_events) {
  if (state_ == State::closed) return;
  transport_.note_events(epoll_events);
  if (transport_.peer_failed()) {
    on_client_failed();
    return;
  }
  if ((epoll_events & EPOLLOUT) && transport_.has_unsent()) {
    if (!transport_.flush()) {
      on_client_failed();
      return;
    }
    if (!transport_.has_unsent()) {
      if (state_ == State::closing) {
        close();
        return;
      }
      if (exchange_) exchange_->on_downstream_writable();
      else if (state_ == State::reading) wait_for_next_head();
      if (state_ == State::closed) return;
    } else if (waiting_ == Waiting::send) {
      wait_for(Waiting::send, send_timeout);  // slow is not stuck
    }
  }
  pump();
  if (state_ == State::exchanging && transport_.peer_ended() && exchange_) exchange_->on_client_half_closed();
}

bool Session::wants_input() const noexcept {
  switch (state_) {
    case State::reading:
      return !transport_.has_unsent();  // answers leave before more work is taken
    case State::exchanging:
      return exchange_->wants_request_bytes();
    case State::lingering:
      return true;
    case State::closing:
    case State::closed:
      break;
  }
  return false;
}

void Session::pump() {
  int reads = 0;
  while (wants_input()) {
    if (!input_.empty() && !needs_more_) {
      const std::size_t used = consume(input_.data(), input_.size());
      if (state_ == State::closed) return;
      needs_more_ = used == 0;
      input_.consume(used);
      continue;
    }
    if (!transport_.may_have_more()) return;
    if (++reads > reads_per_pump) {
      worker_.make_ready(*this);
      return;
    }
    const io::ReadResult result = transport_.read();
    if (is_tls() && !handshake_counted_) note_handshake();
    if (result.status == io::ReadStatus::data) {
      take_in(result.bytes);
    } else if (result.status != io::ReadStatus::blocked) {
      on_input_ended(result.status);
      return;
    }
    if (state_ == State::closed) return;
  }
}

void Session::resume() {
  if (exchange_) exchange_->resume();
  pump();
}

void Session::take_in(std::span<char> bytes) {
  worker_.counters().bytes_received += bytes.size();
  if (!input_.empty()) {
    // A head cannot be complete before another line is; without one only its size can be wrong.
    if (state_ != State::reading || std::memchr(bytes.data(), '\n', bytes.size()) ||
        input_.size() + bytes.size() > worker_.config()->request_limits.max_line_bytes)
      needs_more_ = false;
    input_.append({bytes.data(), bytes.size()});
    return;
  }
  std::size_t used = 0;
  while (used < bytes.size() && wants_input()) {
    const std::size_t step = consume(bytes.data() + used, bytes.size() - used);
    if (state_ == State::closed) return;
    if (step == 0) {
      needs_more_ = true;
      break;
    }
    used += step;
  }
  input_.append({bytes.data() + used, bytes.size() - used});
}

std::size_t Session::consume(char* bytes, std::size_t count) {
  needs_more_ = false;
  switch (state_) {
    case State::reading:
      return consume_head(bytes, count);
    case State::exchanging:
      return exchange_->take_request_bytes(bytes, count);
    case State::lingering:
      lingered_bytes_ += static_cast<std::uint32_t>(count);
      if (lingered_bytes_ > max_lingering_bytes) close();
      return count;
    case State::closing:
    case State::closed:
      break;
  }
  return count;
}

std::size_t Session::consume_head(char* bytes, std::size_t count) {
  const http1::ParseResult result =
      http1::parse_request({bytes, count}, worker_.config()->request_limits, worker_.request_head, worker_.host_storage);
  if (result.status == http1::ParseStatus::incomplete) {
    if (waiting_ != Waiting::head) {
      wait_for(Waiting::head, worker_.settings().downstream.header_timeout);
      ++worker_.counters().reading;
    }
    return 0;
  }
  if (waiting_ == Waiting::head) --worker_.counters().reading;
  stop_waiting();
  state_ = State::exchanging;
  ++requests_;
  exchange_ = &worker_.take_exchange(*this);
  if (result.status == http1::ParseStatus::refused) {
    exchange_->refuse(result, {bytes, count});
    return count;
  }
  return result.head_bytes + exchange_->begin(worker_.request_head, bytes + result.head_bytes, count - result.head_bytes);
}

void Session::on_input_ended(io::ReadStatus status) {
  if (status == io::ReadStatus::failed) {
    on_client_failed();
    return;
  }
  switch (state_) {
    case State::exchanging:
      exchange_->on_request_ended();
      return;
    case State::reading:
    case State::lingering:
      close();
      return;
    case State::closing:
    case State::closed:
      return;
  }
}

void Session::on_client_failed() {
  if (is_tls() && !handshake_counted_) ++worker_.counters().tls_failures;
  if (exchange_) exchange_->on_client_gone();
  close();
}

bool Session::write(std::span<const std::string_view> pieces) {
  std::size_t bytes = 0;
  for (const auto& piece : pieces) bytes += piece.size();
  worker_.counters().bytes_sent += bytes;
  return transport_.write(pieces);
}

void Session::finish_exchange(Afterwards afterwards) {
  exchange_ = nullptr;
  if (state_ == State::closed) return;
  switch (afterwards) {
    case Afterwards::keep_alive:
      state_ = State::reading;
      needs_more_ = false;
      idle_since_ = worker_.now();
      wait_for_next_head();
      if (has_input()) worker_.make_ready(*this);
      return;
    case Afterwards::close:
      if (has_input()) {  // closing with unread input would reset the connection and lose the answer
        start_lingering();
      } else if (transport_.has_unsent()) {
        state_ = State::closing;
        wait_for(Waiting::send, send_timeout);
      } else {
        close();
      }
      return;
    case Afterwards::linger:
      start_lingering();
      return;
    case Afterwards::reset:
      transport_.reset();
      close();
      return;
  }
}

void Session::start_lingering() {
  state_ = State::lingering;
  lingered_bytes_ = 0;
  input_.clear();
  transport_.shut_down_write();
  wait_for(Waiting::linger, linger_timeout);
  worker_.make_ready(*this);
}

void Session::wait_for_next_head() {
  if (transport_.has_unsent()) wait_for(Waiting::send, send_timeout);
  else wait_for(Waiting::idle, worker_.settings().downstream.keep_alive);
}

void Session::on_timeout() {
  switch (waiting_) {
    case Waiting::head: {  // 408 is worth sending only to somebody who has begun to ask
      waiting_ = Waiting::nothing;
      --worker_.counters().reading;
      state_ = State::exchanging;
      exchange_ = &worker_.take_exchange(*this);
      http1::ParseResult late;
      late.status = http1::ParseStatus::refused;
      late.reply_status = 408;
      late.reason = "request head not complete within client-header-timeout";
      exchange_->refuse(late, input_.view());
      if (state_ != State::closed) input_.clear();
      return;
    }
    case Waiting::body:
      if (exchange_) exchange_->on_body_timeout();
      return;
    case Waiting::half_closed:
    case Waiting::send:
      on_client_failed();
      return;
    case Waiting::nothing:
      return;
    case Waiting::first_byte:
    case Waiting::idle:
    case Waiting::linger:
      close();
      return;
  }
}

void Session::note_handshake() {
  if (!transport_.handshake_done()) return;
  handshake_counted_ = true;
  ++worker_.counters().tls_handshakes;
  if (SSL_session_reused(transport_.ssl())) ++worker_.counters().tls_resumed;
}

void Session::close() {
  if (state_ == State::closed) return;
  if (waiting_ == Waiting::head) --worker_.counters().reading;
  state_ = State::closed;
  exchange_ = nullptr;
  io::TimerWheel::remove(*this);
  if (is_tls() && transport_.is_open() && !transport_.peer_failed() && !transport_.peer_ended()) transport_.shut_down_write();
  transport_.close();
  input_.clear();
  worker_.bury(*this);
}

}  // namespace proxy
