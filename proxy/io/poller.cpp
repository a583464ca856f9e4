#include "proxy/io/poller.hpp"

#include <sys/epoll.h>

#include <system_error>

namespace proxy::io {

namespace {

int make_epoll() {
  const int fd = ::epoll_create1(EPOLL_CLOEXEC);
  if (fd < 0) throw std::system_error(errno, std::generic_category(), "epoll_create1");
  return fd;
}

}  // namespace

Poller::Poller(boost::asio::io_context& context, std::function<void()> start_of_batch, std::function<void()> end_of_batch)
    : fd_(make_epoll()), descriptor_(context, fd_), start_of_batch_(std::move(start_of_batch)), end_of_batch_(std::move(end_of_batch)) {}

Poller::~Poller() = default;  // the descriptor closes it

bool Poller::add(int fd, Pollable& pollable) noexcept {
  epoll_event event{};
  event.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
  event.data.ptr = &pollable;
  return ::epoll_ctl(fd_, EPOLL_CTL_ADD, fd, &event) == 0;
}

void Poller::remove(int fd) noexcept { ::epoll_ctl(fd_, EPOLL_CTL_DEL, fd, nullptr); }

void Poller::wait() {
  descriptor_.async_wait(boost::asio::posix::stream_descriptor::wait_read, [this](const boost::system::error_code& error) {
    if (error) return;
    run_turn();
    wait();
  });
}

void Poller::run_turn() {
  epoll_event events[events_per_wait];
  for (int round = 0; round < waits_per_turn; ++round) {
    const int count = ::epoll_wait(fd_, events, events_per_wait, 0);
    start_of_batch_();
    for (int i = 0; i < count; ++i) {
      auto* const pollable = static_cast<Pollable*>(events[i].data.ptr);
      if (!pollable->goes_first) continue;
      pollable->on_events(events[i].events);
      events[i].data.ptr = nullptr;
    }
    for (int i = 0; i < count; ++i)
      if (auto* const pollable = static_cast<Pollable*>(events[i].data.ptr)) pollable->on_events(events[i].events);
    end_of_batch_();
    if (count < events_per_wait) return;
  }
}

}  // namespace proxy::io
