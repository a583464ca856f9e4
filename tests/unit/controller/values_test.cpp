#include "controller/annotations/values.hpp"

#include "controller/translate/selection.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

using namespace controller::annotations;

TEST(Values, BoolsAreThoseOfGo) {
  for (const auto yes : {"1", "t", "T", "TRUE", "true", "True"}) EXPECT_EQ(parse_bool(yes), true) << yes;
  for (const auto no : {"0", "f", "F", "FALSE", "false", "False"}) EXPECT_EQ(parse_bool(no), false) << no;
  for (const auto neither : {"on", "off", "yes", "no", "", "tRUE", "2"}) EXPECT_EQ(parse_bool(neither), std::nullopt) << neither;
}

TEST(Values, IntegersHaveNoUnitAndNoBlank) {
  EXPECT_EQ(parse_int("60"), 60);
  EXPECT_EQ(parse_int("+5"), 5);
  EXPECT_EQ(parse_int("-5"), -5);
  for (const auto bad : {"60s", " 60", "60 ", "", "0x10", "1.5", "99999999999999999999"}) EXPECT_EQ(parse_int(bad), std::nullopt) << bad;
}

TEST(Values, SizesHaveUnits) {
  const std::vector<std::pair<const char*, std::optional<std::uint64_t>>> rows = {
      {"0", 0}, {"10", 10}, {"10b", 10}, {"8k", 8192}, {"8K", 8192}, {"1m", 1048576}, {"2G", 2147483648u}, {"m", {}}, {"1.5m", {}}, {"-1m", {}},
      {"1 m", {}}, {"1t", {}}, {"", {}}, {"99999999999999g", {}}};
  for (const auto& [text, value] : rows) EXPECT_EQ(parse_size(text), value) << text;
}

TEST(Values, RetryConditionsAreWordsOfTheList) {
  using routing::RetryOn;
  EXPECT_EQ(parse_retry_conditions("error timeout"), RetryOn::error | RetryOn::timeout);
  EXPECT_EQ(parse_retry_conditions(" http_502  non_idempotent "), RetryOn::http_502 | RetryOn::non_idempotent);
  EXPECT_EQ(parse_retry_conditions("off"), RetryOn::none);
  EXPECT_EQ(parse_retry_conditions("error http_418"), std::nullopt);
  EXPECT_EQ(parse_retry_conditions(""), std::nullopt);
}

TEST(Values, RangesMaskHostBitsAndRefuseGarbage) {
  const auto ranges = parse_ranges("10.1.2.3/8, 192.0.2.7, 2001:db8::1/32");
  ASSERT_TRUE(ranges);
  ASSERT_EQ(ranges->size(), 3u);
  EXPECT_EQ((*ranges)[0].prefix_bits, 104);
  EXPECT_EQ((*ranges)[0].address[13], 0);
  EXPECT_EQ((*ranges)[1].prefix_bits, 128);
  EXPECT_EQ((*ranges)[2].prefix_bits, 32);
  EXPECT_EQ(parse_ranges("0.0.0.0/0")->front().prefix_bits, 0);
  for (const auto bad : {"10.0.0.0/33", "10.0.0", "host", "10.0.0.0/x", "::1/129"}) EXPECT_FALSE(parse_ranges(bad)) << bad;
}

TEST(Values, SelectorsFollowKubernetes) {
  const controller::kube::Pairs labels = {{"team", "blue"}, {"tier", "web"}};
  const auto matches = [&labels](std::string_view selector) { return controller::translate::matches_selector(labels, selector); };
  for (const auto yes : {"team=blue", "team==blue", "team", "!other", "team!=red", "team in (red, blue)", "team notin (red),tier=web", ""}) EXPECT_TRUE(matches(yes)) << yes;
  for (const auto no : {"team=red", "!team", "other", "team in (red)", "team notin (blue)", "team=blue,tier=db"}) EXPECT_FALSE(matches(no)) << no;
}
