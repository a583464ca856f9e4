#include "tests/support/socket.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <utility>

namespace test {

namespace {

bool wait_readable(int fd) {
  pollfd poll_fd{fd, POLLIN, 0};
  return ::poll(&poll_fd, 1, Socket::deadline_milliseconds) > 0;
}

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

std::size_t content_length(const std::string& head) {
  const std::size_t at = head.find("Content-Length: ");
  return at == std::string::npos ? 0 : std::strtoul(head.c_str() + at + 16, nullptr, 10);
}

}  // namespace

Socket& Socket::operator=(Socket&& other) noexcept {
  std::swap(fd_, other.fd_);
  buffer_.swap(other.buffer_);
  return *this;
}

Socket Socket::connect(std::uint16_t port) {
  Socket socket{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  const sockaddr_in address = loopback(port);
  if (::connect(socket.fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) socket.close();
  const int on = 1;
  if (socket.is_open()) ::setsockopt(socket.fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return socket;
}

bool Socket::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

void Socket::shut_down_write() { ::shutdown(fd_, SHUT_WR); }

void Socket::reset() {
  const linger now{1, 0};
  ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  close();
}

void Socket::close() {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

bool Socket::fill() {
  char bytes[65536];
  if (fd_ < 0 || !wait_readable(fd_)) return false;
  const ssize_t n = ::recv(fd_, bytes, sizeof bytes, 0);
  if (n <= 0) return false;
  buffer_.append(bytes, static_cast<std::size_t>(n));
  return true;
}

std::string Reader::read_until(std::string_view end) {
  std::size_t at;
  while ((at = buffer_.find(end)) == std::string::npos)
    if (!fill()) return std::exchange(buffer_, {});
  std::string result = buffer_.substr(0, at + end.size());
  buffer_.erase(0, at + end.size());
  return result;
}

std::string Reader::read_exactly(std::size_t count) {
  while (buffer_.size() < count)
    if (!fill()) break;
  std::string result = buffer_.substr(0, count);
  buffer_.erase(0, count);
  return result;
}

std::string Socket::read_to_end() {
  while (fill()) {
  }
  return std::exchange(buffer_, {});
}

bool Socket::is_closed_by_peer() {
  char byte;
  return buffer_.empty() && wait_readable(fd_) && ::recv(fd_, &byte, 1, 0) <= 0;
}

std::string Reader::read_response(bool head_only) {
  std::string response = read_until("\r\n\r\n");
  if (head_only) return response;
  if (response.find("Transfer-Encoding: chunked") != std::string::npos) return response + read_until("0\r\n\r\n");
  return response + read_exactly(content_length(response));
}

Acceptor::Acceptor() : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in address = loopback(0);
  socklen_t bytes = sizeof address;
  ::bind(fd_, reinterpret_cast<const sockaddr*>(&address), bytes);
  ::listen(fd_, 64);
  ::getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &bytes);
  port_ = ntohs(address.sin_port);
}

Acceptor::~Acceptor() { close(); }

Socket Acceptor::accept() {
  if (fd_ < 0 || !wait_readable(fd_)) return Socket{};
  return Socket{::accept4(fd_, nullptr, nullptr, SOCK_CLOEXEC)};
}

void Acceptor::close() {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

std::uint16_t unused_port() {
  Acceptor acceptor;
  return acceptor.port();
}

}  // namespace test
