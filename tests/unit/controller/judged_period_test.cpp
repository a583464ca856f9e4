#include "controller/translate/judged_period.hpp"

#include <gtest/gtest.h>

namespace controller::translate {

using namespace std::chrono_literals;
using Time = JudgedPeriod::Time;

TEST(JudgedPeriod, HoldsForEverWhereNothingEnds) {
  EXPECT_TRUE(JudgedPeriod{}.contains(Time{}));
  EXPECT_TRUE(JudgedPeriod{}.contains(Time::min()));
  EXPECT_EQ(JudgedPeriod{}.until(), Time::max());
}

TEST(JudgedPeriod, EndsWithTheNextLimitAndBeginsWithTheLast) {
  JudgedPeriod period;
  const Time now{1000s};
  for (const Time limit : {Time{900s}, Time{800s}, Time{1100s}, Time{1200s}}) period.end_at(limit, now);
  EXPECT_TRUE(period.contains(now));
  EXPECT_TRUE(period.contains(Time{900s}));
  EXPECT_TRUE(period.contains(Time{1100s} - 1ns));
  EXPECT_FALSE(period.contains(Time{1100s}));
  EXPECT_FALSE(period.contains(Time{900s} - 1ns)) << "the clock has been set back";
}

TEST(JudgedPeriod, BeginsNowForWhatBeginsNow) {
  JudgedPeriod period;
  period.end_at(Time{1000s}, Time{1000s});
  EXPECT_TRUE(period.contains(Time{1000s}));
  EXPECT_FALSE(period.contains(Time{1000s} - 1ns));
}

TEST(JudgedPeriod, IntersectsToWhatHoldsForBoth) {
  JudgedPeriod one, other;
  const Time now{1000s};
  one.end_at(Time{900s}, now);
  one.end_at(Time{2000s}, now);
  other.end_at(Time{950s}, now);
  other.end_at(Time{3000s}, now);
  one.intersect(other);
  EXPECT_FALSE(one.contains(Time{949s}));
  EXPECT_TRUE(one.contains(Time{950s}));
  EXPECT_EQ(one.until(), Time{2000s});
}

}  // namespace controller::translate
