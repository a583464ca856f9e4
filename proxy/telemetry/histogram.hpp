// Histograms with the default buckets of ingress-nginx, so that quantiles of its dashboards mean the same. Adding a value
// is a comparison or two for what is frequent: fast answers, requests above 100 bytes, small answers.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace proxy::telemetry {

// Upper bounds, inclusive; above the last one there is one bucket more.
inline constexpr std::array<std::chrono::nanoseconds, 11> time_bounds = {
    std::chrono::milliseconds{5},   std::chrono::milliseconds{10},  std::chrono::milliseconds{25},   std::chrono::milliseconds{50},
    std::chrono::milliseconds{100}, std::chrono::milliseconds{250}, std::chrono::milliseconds{500},  std::chrono::seconds{1},
    std::chrono::milliseconds{2500}, std::chrono::seconds{5},       std::chrono::seconds{10}};
inline constexpr std::array<std::uint64_t, 10> length_bounds = {10, 20, 30, 40, 50, 60, 70, 80, 90, 100};
inline constexpr std::array<std::uint64_t, 7> size_bounds = {10, 100, 1'000, 10'000, 100'000, 1'000'000, 10'000'000};
// Both of them: what is shown under either is counted once.
inline constexpr std::array<std::uint64_t, 15> length_and_size_bounds = {10, 20, 30, 40, 50, 60, 70, 80, 90, 100, 1'000, 10'000, 100'000, 1'000'000, 10'000'000};

// The index of the first bound that is not below `value`; the number of bounds when all are.
template <typename Value, std::size_t count>
[[nodiscard]] constexpr std::size_t bucket_of(const std::array<Value, count>& bounds, Value value, std::size_t first = 0) noexcept {
  while (first < count && bounds[first] < value) ++first;
  return first;
}

// Plain counts of one thread; another gets a copy.
template <std::size_t bounds>
struct Histogram {
  std::array<std::uint64_t, bounds + 1> buckets{};  // each its own, not cumulative
  std::uint64_t sum = 0;                            // bytes, or nanoseconds

  [[nodiscard]] std::uint64_t total() const noexcept {
    std::uint64_t all = 0;
    for (const std::uint64_t count : buckets) all += count;
    return all;
  }
  Histogram& operator+=(const Histogram& other) noexcept {
    for (std::size_t i = 0; i < buckets.size(); ++i) buckets[i] += other.buckets[i];
    sum += other.sum;
    return *this;
  }
};

struct TimeHistogram : Histogram<time_bounds.size()> {
  void add(std::chrono::nanoseconds time) noexcept {
    sum += static_cast<std::uint64_t>(time.count());
    if (time <= time_bounds[0]) [[likely]] ++buckets[0];
    else ++buckets[bucket_of(time_bounds, time, 1)];
  }
};

struct LengthHistogram : Histogram<length_bounds.size()> {
  void add(std::uint64_t bytes) noexcept {
    sum += bytes;
    if (bytes > length_bounds.back()) [[likely]] ++buckets[length_bounds.size()];
    else ++buckets[bucket_of(length_bounds, bytes)];
  }
};

struct SizeHistogram : Histogram<length_and_size_bounds.size()> {
  void add(std::uint64_t bytes) noexcept {
    constexpr std::size_t small = length_bounds.size();  // up to 1,000 bytes: errors, redirects, small answers
    sum += bytes;
    if (bytes > length_and_size_bounds[small - 1] && bytes <= length_and_size_bounds[small]) [[likely]] ++buckets[small];
    else ++buckets[bucket_of(length_and_size_bounds, bytes)];
  }
};

}  // namespace proxy::telemetry
