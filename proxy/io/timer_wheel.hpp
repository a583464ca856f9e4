// Time-outs of a worker's connections: one tick of an Asio timer drives a wheel of intrusive lists, so arming one is a few
// instructions and no allocation. Precision is one tick: time-outs here are seconds.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>

namespace proxy::io {

// Something that can time out: one deadline at a time. Owner and wheel are on the same worker thread.
class Timed {
 public:
  virtual void on_timeout() = 0;

 protected:
  Timed() = default;
  virtual ~Timed() { unlink(); }
  Timed(const Timed&) = delete;
  Timed& operator=(const Timed&) = delete;

 private:
  friend class TimerWheel;
  void unlink() noexcept {
    if (!previous_) return;
    *previous_ = next_;
    if (next_) next_->previous_ = previous_;
    previous_ = nullptr;
  }

  Timed** previous_ = nullptr;  // who points here; null: not in the wheel
  Timed* next_ = nullptr;
  std::uint32_t deadline_ = 0;  // tick; 0: none
  std::uint32_t slot_tick_ = 0; // the tick at which the wheel will look at it
};

class TimerWheel {
 public:
  static constexpr std::chrono::milliseconds tick{100};

  // Fires once after `delay` (rounded up to a tick), unless armed again or disarmed. Moving a deadline further away only
  // stores it: the wheel looks again when the old one comes.
  void arm(Timed& timed, std::chrono::milliseconds delay) noexcept;
  void disarm(Timed& timed) noexcept { timed.deadline_ = 0; }
  [[nodiscard]] bool is_armed(const Timed& timed) const noexcept { return timed.deadline_ != 0; }
  // Called once a tick; fires what is due.
  void advance();
  // Takes it out; before its memory goes.
  static void remove(Timed& timed) noexcept {
    timed.unlink();
    timed.deadline_ = 0;
  }

 private:
  static constexpr std::uint32_t slots = 1024;  // 102 s a turn; longer ones are looked at once a turn

  void link(Timed& timed, std::uint32_t at) noexcept;

  std::array<Timed*, slots> heads_{};
  std::uint32_t now_ = 1;
};

}  // namespace proxy::io
