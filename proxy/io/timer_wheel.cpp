#include "proxy/io/timer_wheel.hpp"

namespace proxy::io {

void TimerWheel::link(Timed& timed, std::uint32_t at) noexcept {
  timed.unlink();
  timed.slot_tick_ = at;
  Timed*& head = heads_[at % slots];
  timed.next_ = head;
  timed.previous_ = &head;
  if (head) head->previous_ = &timed.next_;
  head = &timed;
}

void TimerWheel::arm(Timed& timed, std::chrono::milliseconds delay) noexcept {
  const auto ticks = static_cast<std::uint32_t>((delay + tick - std::chrono::milliseconds{1}) / tick);
  timed.deadline_ = now_ + (ticks ? ticks : 1) + 1;  // + 1: the current tick is partly over
  if (timed.previous_ && timed.slot_tick_ <= timed.deadline_) return;
  const std::uint32_t farthest = now_ + slots - 1;
  link(timed, timed.deadline_ < farthest ? timed.deadline_ : farthest);
}

void TimerWheel::advance() {
  ++now_;
  // Taken out one by one: a time-out may disarm, re-arm or destroy any other.
  Timed* pending = heads_[now_ % slots];
  heads_[now_ % slots] = nullptr;
  if (pending) pending->previous_ = &pending;
  while (pending) {
    Timed& timed = *pending;
    timed.unlink();
    if (timed.deadline_ == 0) continue;
    if (timed.deadline_ > now_) {
      const std::uint32_t farthest = now_ + slots - 1;
      link(timed, timed.deadline_ < farthest ? timed.deadline_ : farthest);
      continue;
    }
    timed.deadline_ = 0;
    timed.on_timeout();
  }
}

}  // namespace proxy::io
