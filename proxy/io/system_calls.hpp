// The system calls of the hot path, made directly. In a program with threads glibc's recv, send and epoll_wait are cancellation
// points and pay for that with some thirty instructions each, before and after; nobody cancels a worker.
#pragma once

#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

#include <cstddef>

namespace proxy::io {

// As recv(2) and send(2), errno included.
inline ssize_t receive(int fd, void* bytes, std::size_t count) noexcept {
  return ::syscall(SYS_recvfrom, fd, bytes, count, 0, nullptr, nullptr);
}
inline ssize_t send(int fd, const void* bytes, std::size_t count, int flags) noexcept {
  return ::syscall(SYS_sendto, fd, bytes, count, flags, nullptr, 0);
}

}  // namespace proxy::io
