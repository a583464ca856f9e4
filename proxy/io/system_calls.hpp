// The system calls of the hot path, made directly. In a program with threads glibc's recv, send and epoll_wait are cancellation
// points and pay for that with some thirty instructions each, before and after; nobody cancels a worker.
#pragma once

#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>

namespace proxy::io {

// As recv(2) and send(2), errno included; begun again when a signal has interrupted them.
inline ssize_t receive(int fd, void* bytes, std::size_t count) noexcept {
  ssize_t received = 0;
  do {
    received = ::syscall(SYS_recvfrom, fd, bytes, count, 0, nullptr, nullptr);
  } while (received < 0 && errno == EINTR);
  return received;
}
inline ssize_t send(int fd, const void* bytes, std::size_t count, int flags) noexcept {
  ssize_t sent = 0;
  do {
    sent = ::syscall(SYS_sendto, fd, bytes, count, flags, nullptr, 0);
  } while (sent < 0 && errno == EINTR);
  return sent;
}

}  // namespace proxy::io
