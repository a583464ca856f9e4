#include "bench/tools/latencies.hpp"

#include <algorithm>
#include <bit>

namespace load {
namespace {

// Values are counted in 100 ns. Below 256 each has its own step; above, each power of two has 128.
constexpr std::uint64_t unit_nanoseconds = 100;
constexpr std::uint64_t single_steps = 256;
constexpr std::uint64_t steps_per_doubling = 128;
constexpr std::size_t step_count = single_steps + 48 * steps_per_doubling;

std::size_t step_of(std::uint64_t value) {
  if (value < single_steps) return value;
  const auto shift = static_cast<std::uint64_t>(std::bit_width(value)) - 8;
  const auto step = single_steps + (shift - 1) * steps_per_doubling + ((value >> shift) - steps_per_doubling);
  return std::min<std::size_t>(step, step_count - 1);
}

std::uint64_t value_of(std::size_t step) {
  if (step < single_steps) return step;
  const auto shift = (step - single_steps) / steps_per_doubling + 1;
  return (steps_per_doubling + (step - single_steps) % steps_per_doubling) << shift;
}

}  // namespace

Latencies::Latencies() : counts_(step_count) {}

void Latencies::add(std::uint64_t nanoseconds) {
  ++counts_[step_of(nanoseconds / unit_nanoseconds)];
  ++total_;
}

double Latencies::percentile(double share) const {
  std::uint64_t seen = 0;
  for (std::size_t step = 0; step < counts_.size() && total_ > 0; ++step) {
    seen += counts_[step];
    if (static_cast<double>(seen) >= static_cast<double>(total_) * share) {
      return static_cast<double>(value_of(step) * unit_nanoseconds) / 1000;
    }
  }
  return 0;
}

}  // namespace load
