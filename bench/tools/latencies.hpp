// A histogram of durations with steps below one per cent of the value.
#pragma once

#include <cstdint>
#include <vector>

namespace load {

class Latencies {
 public:
  Latencies();
  void add(std::uint64_t nanoseconds);
  // Microseconds below which `share` (0..1) of the values lie; 0 without values.
  [[nodiscard]] double percentile(double share) const;

 private:
  std::vector<std::uint64_t> counts_;
  std::uint64_t total_ = 0;
};

}  // namespace load
