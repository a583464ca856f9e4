#include "controller/kube/micro_time.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

namespace controller::kube {

std::string micro_time(std::chrono::system_clock::time_point time) {
  const auto micros = std::chrono::duration_cast<std::chrono::microseconds>(time.time_since_epoch()).count();
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:06}Z", fmt::gmtime(std::chrono::system_clock::to_time_t(time)), micros % 1'000'000);
}

}  // namespace controller::kube
