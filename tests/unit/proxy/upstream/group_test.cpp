#include "proxy/upstream/group.hpp"

#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <vector>

using namespace std::chrono_literals;
using proxy::upstream::Endpoint;
using proxy::upstream::Group;

namespace {

constexpr std::chrono::steady_clock::time_point now{1h};

struct GroupPick : testing::Test {
  std::array<Endpoint, 3> endpoints;
  Group group{{&endpoints[0], &endpoints[1], &endpoints[2]}};
};

}  // namespace

TEST_F(GroupPick, GoesRoundRobin) {
  for (int i = 0; i < 6; ++i) EXPECT_EQ(group.pick({}, now), &endpoints[i % 3]);
}

TEST_F(GroupPick, LeavesOutWhatWasTried) {
  const std::vector<const Endpoint*> tried{&endpoints[0], &endpoints[2]};
  EXPECT_EQ(group.pick(tried, now), &endpoints[1]);
  EXPECT_EQ(group.pick(std::array<const Endpoint*, 3>{&endpoints[0], &endpoints[1], &endpoints[2]}, now), nullptr);
}

TEST_F(GroupPick, LeavesOutWhatRestsUntilItsTime) {
  endpoints[0].resting_until = now + 1s;
  EXPECT_EQ(group.pick({}, now), &endpoints[1]);
  EXPECT_EQ(group.pick({}, now), &endpoints[2]);
  EXPECT_EQ(group.pick({}, now), &endpoints[1]);
  EXPECT_EQ(group.pick({}, now), &endpoints[2]);
  EXPECT_EQ(group.pick({}, now + 1s), &endpoints[0]);
}

TEST_F(GroupPick, TakesWhatRestsWhenNothingElseIsLeft) {
  for (Endpoint& endpoint : endpoints) endpoint.resting_until = now + 1s;
  EXPECT_EQ(group.pick({}, now), &endpoints[0]);
  EXPECT_EQ(group.pick(std::array<const Endpoint*, 1>{&endpoints[1]}, now), &endpoints[2]);
}
