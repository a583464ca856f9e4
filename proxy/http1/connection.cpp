#include "proxy/http1/connection.hpp"

#include "proxy/exchange.hpp"
#include "proxy/upstream/pool.hpp"
#include "proxy/worker.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

namespace proxy::http1 {

int Connection::connect(Exchange& exchange) {
  exchange_ = &exchange;
  exchanges_ = 1;
  opened_at_ = worker_.now();
  const int fd = ::socket(endpoint_.address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) {
    const int error = errno;
    close();
    return error;
  }
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  transport_.open(fd, nullptr, worker_.scratch());
  const int result = ::connect(fd, reinterpret_cast<const sockaddr*>(&endpoint_.address), endpoint_.address_bytes);
  if ((result != 0 && errno != EINPROGRESS) || !worker_.poller().add(fd, *this)) {
    const int error = errno;
    close();
    return error;
  }
  // Known at once on loopback; the socket's first event says so too, and finds it busy.
  state_ = result == 0 ? State::busy : State::connecting;
  return 0;
}

void Connection::assign(Exchange& exchange) {
  exchange_ = &exchange;
  ++exchanges_;
  state_ = State::busy;
}

void Connection::release(bool reusable) {
  exchange_ = nullptr;
  const auto& limits = worker_.settings().upstream_keep_alive;
  if (!reusable || exchanges_ >= limits.requests || worker_.is_draining() || worker_.now() - opened_at_ >= limits.lifetime ||
      transport_.peer_ended() || transport_.peer_failed() || transport_.may_have_more() || !input_.empty()) {
    close();
    return;
  }
  state_ = State::idle;
  worker_.timers().arm(*this, limits.idle);
  worker_.pool().keep(*this);
}

void Connection::close() {
  if (state_ == State::closed) return;
  if (state_ == State::idle) worker_.pool().forget(*this);
  state_ = State::closed;
  exchange_ = nullptr;
  io::TimerWheel::remove(*this);
  transport_.close();
  input_.clear();
  worker_.bury(*this);
}

void Connection::arm(std::chrono::milliseconds delay) { worker_.timers().arm(*this, delay); }
void Connection::disarm() { worker_.timers().disarm(*this); }

void Connection::finish_connecting(std::uint32_t epoll_events) {
  if (!(epoll_events & (EPOLLOUT | EPOLLERR | EPOLLHUP))) return;
  int error = 0;
  socklen_t bytes = sizeof error;
  ::getsockopt(transport_.fd(), SOL_SOCKET, SO_ERROR, &error, &bytes);
  if (error != 0) {
    exchange_->on_connect_failed(error);
    return;
  }
  state_ = State::busy;
  exchange_->on_connected();
}

void Connection::on_events(std::uint32_t epoll_events) {
  transport_.note_events(epoll_events);
  switch (state_) {
    case State::closed:
      return;
    case State::connecting:
      finish_connecting(epoll_events);
      if (state_ != State::busy) return;
      break;
    case State::idle:
      // Nothing may come while no request is out: bytes would be taken for the answer to the next one.
      if (epoll_events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) close();
      return;
    case State::busy:
      break;
  }
  if ((epoll_events & EPOLLOUT) && transport_.has_unsent()) {
    if (!transport_.flush()) {
      exchange_->on_upstream_failed("send");
      return;
    }
    exchange_->on_upstream_writable();
  }
  if (state_ == State::busy && transport_.may_have_more()) exchange_->on_upstream_readable();
}

void Connection::on_timeout() {
  if (state_ == State::idle) close();
  else if (exchange_) exchange_->on_upstream_timeout();
}

}  // namespace proxy::http1
