// The time during which what was said of certificates being valid stays true.
#pragma once

#include <algorithm>
#include <chrono>

namespace controller::translate {

class JudgedPeriod {
 public:
  using Time = std::chrono::system_clock::time_point;

  // Something is another from `limit` on. `now`: when it was judged.
  void end_at(Time limit, Time now) {
    if (limit > now) until_ = std::min(until_, limit);
    else from_ = std::max(from_, limit);
  }
  void intersect(const JudgedPeriod& other) {
    from_ = std::max(from_, other.from_);
    until_ = std::min(until_, other.until_);
  }
  // False before it begins too: the clock has been set back.
  [[nodiscard]] bool contains(Time now) const noexcept { return from_ <= now && now < until_; }
  [[nodiscard]] Time until() const noexcept { return until_; }

 private:
  Time from_ = Time::min(), until_ = Time::max();
};

}  // namespace controller::translate
