#include "proxy/listener.hpp"

#include "proxy/worker.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace proxy {

namespace {

struct Address {
  sockaddr_storage storage{};
  socklen_t bytes = 0;
};

Address parse(const std::string& text, std::uint16_t port) {
  Address address;
  auto* in4 = reinterpret_cast<sockaddr_in*>(&address.storage);
  if (::inet_pton(AF_INET, text.c_str(), &in4->sin_addr) == 1) {
    in4->sin_family = AF_INET;
    in4->sin_port = htons(port);
    address.bytes = sizeof *in4;
    return address;
  }
  auto* in6 = reinterpret_cast<sockaddr_in6*>(&address.storage);
  if (::inet_pton(AF_INET6, text.c_str(), &in6->sin6_addr) == 1) {
    in6->sin6_family = AF_INET6;
    in6->sin6_port = htons(port);
    address.bytes = sizeof *in6;
  }
  return address;
}

std::string failure(const std::string& address, std::uint16_t port, int error) {
  const char* const remedy = error == EADDRINUSE ? "; another program has the port: stop it, or choose another with --http-port or --https-port"
                             : error == EACCES   ? "; ports below 1024 need CAP_NET_BIND_SERVICE, or choose another with --http-port or --https-port"
                                                 : "";
  return fmt::format("cannot listen on {} port {}: {}{}", address, port, std::strerror(error), remedy);
}

void set(int fd, int level, int name, int value) { ::setsockopt(fd, level, name, &value, sizeof value); }

// A bound socket, or -1 with errno.
int bind_socket(const std::string& text, std::uint16_t port, int share_option) {
  const Address address = parse(text, port);
  if (address.bytes == 0) {
    errno = EINVAL;
    return -1;
  }
  const int fd = ::socket(address.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return -1;
  set(fd, SOL_SOCKET, SO_REUSEADDR, 1);
  if (share_option) set(fd, SOL_SOCKET, share_option, 1);
  if (address.storage.ss_family == AF_INET6) set(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1);
  set(fd, IPPROTO_TCP, TCP_NODELAY, 1);  // inherited by what is accepted
  if (::bind(fd, reinterpret_cast<const sockaddr*>(&address.storage), address.bytes) == 0) return fd;
  const int error = errno;
  ::close(fd);
  errno = error;
  return -1;
}

std::uint16_t bound_port(int fd) {
  sockaddr_storage address{};
  socklen_t bytes = sizeof address;
  ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &bytes);
  return ntohs(address.ss_family == AF_INET6 ? reinterpret_cast<const sockaddr_in6&>(address).sin6_port
                                             : reinterpret_cast<const sockaddr_in&>(address).sin_port);
}

}  // namespace

std::string Listener::probe(const std::string& address, std::uint16_t port) {
  const int fd = bind_socket(address, port, 0);
  if (fd < 0) return failure(address, port, errno);
  ::close(fd);
  return {};
}

std::unique_ptr<Listener> Listener::bind(const std::string& address, std::uint16_t port, Scheme scheme, std::string& error) {
  const int fd = bind_socket(address, port, SO_REUSEPORT);
  if (fd < 0) {
    error = failure(address, port, errno);
    return nullptr;
  }
  // The first bytes wake us together with the connection, so a new one costs no separate wait.
  set(fd, IPPROTO_TCP, TCP_DEFER_ACCEPT, 1);
  if (port == 0) port = bound_port(fd);
  return std::unique_ptr<Listener>{new Listener{fd, port, scheme}};
}

Listener::~Listener() {
  if (fd_ >= 0) ::close(fd_);
}

bool Listener::listen(Worker& worker) {
  worker_ = &worker;
  if (!is_listening_) is_listening_ = ::listen(fd_, backlog) == 0 && worker.poller().add(fd_, *this);
  return is_listening_;
}

void Listener::close() {
  if (fd_ < 0) return;
  while (is_listening_ && accept_one()) {
  }
  ::close(fd_);
  fd_ = -1;
  has_more_ = starved_ = false;
}

void Listener::on_events(std::uint32_t) {
  if (fd_ >= 0) accept_some();
}

void Listener::accept_some() {
  has_more_ = starved_ = false;
  for (int i = 0; i < accepts_per_event; ++i)
    if (!accept_one()) return;
  has_more_ = true;
}

bool Listener::accept_one() {
  if (!worker_->has_room()) {
    starved_ = true;
    worker_->report_starved("there are as many as may be");
    return false;
  }
  sockaddr_storage peer{};
  socklen_t bytes = sizeof peer;
  const int fd = ::accept4(fd_, reinterpret_cast<sockaddr*>(&peer), &bytes, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (fd >= 0) {
    worker_->accept(fd, *this, peer);
    return true;
  }
  // A connection that died while waiting is no reason to stop; out of descriptors is, until one is free again.
  if (errno == ECONNABORTED || errno == EINTR || errno == EPROTO) return true;
  if (errno != EAGAIN) {
    starved_ = true;
    worker_->report_starved(std::strerror(errno));
  }
  return false;
}

}  // namespace proxy
