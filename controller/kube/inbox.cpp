#include "controller/kube/inbox.hpp"

#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <iterator>
#include <utility>

namespace controller::kube {

namespace {

constexpr std::chrono::hours for_ever{1};

}  // namespace

Inbox::Inbox() : fd_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {}
Inbox::~Inbox() { ::close(fd_); }

void Inbox::signal() const {
  const std::uint64_t one = 1;
  (void)!::write(fd_, &one, sizeof one);
}

void Inbox::put(std::vector<ObjectChange> changes) {
  const std::lock_guard lock{mutex_};
  if (changes_.empty()) changes_ = std::move(changes);
  else changes_.insert(changes_.end(), std::make_move_iterator(changes.begin()), std::make_move_iterator(changes.end()));
  is_new_ = true;
  if (holds_ == 0) signal();
}

void Inbox::hold() {
  const std::lock_guard lock{mutex_};
  if (holds_++ == 0) held_until_ = Clock::now() + longest_hold;
}

void Inbox::release() {
  const std::lock_guard lock{mutex_};
  if (--holds_ == 0 && is_new_) signal();
}

void Inbox::set_standing(std::size_t id, Standing standing) {
  const std::lock_guard lock{mutex_};
  if (standings_[id] == standing) return;
  standings_[id] = std::move(standing);
  is_new_ = true;
  if (holds_ == 0) signal();
}

void Inbox::set_synced() {
  const std::lock_guard lock{mutex_};
  is_synced_ = is_new_ = true;
  if (holds_ == 0) signal();
}

Inbox::Taken Inbox::take() {
  std::uint64_t ignored;
  (void)!::read(fd_, &ignored, sizeof ignored);
  const std::lock_guard lock{mutex_};
  const bool is_held = holds_ != 0 && Clock::now() < held_until_;
  if (!is_new_ || is_held) return {};
  is_new_ = false;
  return {std::exchange(changes_, {}), standings_, is_synced_, true};
}

std::chrono::milliseconds Inbox::until_release() const {
  const std::lock_guard lock{mutex_};
  if (!is_new_ || holds_ == 0) return for_ever;
  return std::max(std::chrono::milliseconds{0}, std::chrono::ceil<std::chrono::milliseconds>(held_until_ - Clock::now()));
}

}  // namespace controller::kube
