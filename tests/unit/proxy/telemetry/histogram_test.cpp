#include "proxy/telemetry/histogram.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace proxy::telemetry {
namespace {

using namespace std::chrono_literals;

template <typename Kind, typename Value>
std::size_t bucket_after(Value value) {
  Kind histogram;
  histogram.add(value);
  const auto found = std::find(histogram.buckets.begin(), histogram.buckets.end(), 1u);
  EXPECT_EQ(histogram.total(), 1u);
  return static_cast<std::size_t>(found - histogram.buckets.begin());
}

// A value at a bound belongs to it ("le"), the next one to the next.
TEST(Histogram, TimesFallAtOrBelowTheirBound) {
  EXPECT_EQ(bucket_after<TimeHistogram>(0ns), 0u);
  for (std::size_t i = 0; i < time_bounds.size(); ++i) {
    EXPECT_EQ(bucket_after<TimeHistogram>(time_bounds[i]), i);
    EXPECT_EQ(bucket_after<TimeHistogram>(time_bounds[i] + 1ns), i + 1);
  }
}

TEST(Histogram, LengthsFallAtOrBelowTheirBound) {
  EXPECT_EQ(bucket_after<LengthHistogram>(std::uint64_t{0}), 0u);
  for (std::size_t i = 0; i < length_bounds.size(); ++i) {
    EXPECT_EQ(bucket_after<LengthHistogram>(length_bounds[i]), i);
    EXPECT_EQ(bucket_after<LengthHistogram>(length_bounds[i] + 1), i + 1);
  }
}

TEST(Histogram, SizesFallAtOrBelowTheirBound) {
  EXPECT_EQ(bucket_after<SizeHistogram>(std::uint64_t{0}), 0u);
  for (std::size_t i = 0; i < length_and_size_bounds.size(); ++i) {
    EXPECT_EQ(bucket_after<SizeHistogram>(length_and_size_bounds[i]), i);
    EXPECT_EQ(bucket_after<SizeHistogram>(length_and_size_bounds[i] + 1), i + 1);
  }
}

TEST(Histogram, BothKindsOfBoundsAreAmongTheCombinedOnes) {
  const auto is_there = [](std::uint64_t bound) { return std::find(length_and_size_bounds.begin(), length_and_size_bounds.end(), bound) != length_and_size_bounds.end(); };
  EXPECT_TRUE(std::all_of(length_bounds.begin(), length_bounds.end(), is_there));
  EXPECT_TRUE(std::all_of(size_bounds.begin(), size_bounds.end(), is_there));
  EXPECT_TRUE(std::is_sorted(length_and_size_bounds.begin(), length_and_size_bounds.end()));
}

TEST(Histogram, SumsAreExact) {
  TimeHistogram times;
  times.add(3ms);
  times.add(4s);
  TimeHistogram more;
  more.add(1ns);
  times += more;
  EXPECT_EQ(times.sum, 4'003'000'001u);
  EXPECT_EQ(times.total(), 3u);
}

}  // namespace
}  // namespace proxy::telemetry
