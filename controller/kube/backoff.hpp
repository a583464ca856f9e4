// How long to wait before the next try: longer each time, with jitter so that not all clients come back at once.
#pragma once

#include "controller/kube/api/failure.hpp"

#include <chrono>
#include <random>

namespace controller::kube {

class Backoff {
 public:
  static constexpr std::chrono::milliseconds shortest{200};
  static constexpr std::chrono::milliseconds longest{30'000};
  // While the server is away nobody is burdened by our looking for it, and it is to find us in step soon after its return.
  static constexpr std::chrono::milliseconds longest_unreachable{800};
  static constexpr double jitter = 0.25;  // of the wait, to either side

  // After this failure, and the ones of its kind before it.
  [[nodiscard]] std::chrono::milliseconds next(const Failure& failure);
  void reset() noexcept { tries_ = 0; }

 private:
  std::minstd_rand random_{std::random_device{}()};
  Failure::Kind kind_ = Failure::Kind::unreachable;
  unsigned tries_ = 0;
};

}  // namespace controller::kube
