#include "tls/ticket_keys.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <string>

namespace tls {
namespace {

TEST(TicketKeys, RotationPutsAFreshKeyInFrontAndForgetsTheOldest) {
  auto keys = TicketKeys::rotated(nullptr);
  ASSERT_EQ(keys->keys().size(), 1u);
  const auto first = keys->keys()[0].name;
  std::size_t expected = 1;
  for (int i = 0; i < 4; ++i) {
    const auto before = keys->keys()[0].name;
    keys = TicketKeys::rotated(keys.get());
    expected = std::min<std::size_t>(expected + 1, 1 + TicketKeys::max_previous_keys);
    ASSERT_EQ(keys->keys().size(), expected);
    EXPECT_NE(keys->keys()[0].name, before);
    EXPECT_EQ(keys->keys()[1].name, before);
  }
  for (const auto& key : keys->keys()) EXPECT_NE(key.name, first);
}

TEST(TicketKeys, ReadsTheTwoLayoutsOfNginx) {
  std::string bytes(80, '\0');
  std::iota(bytes.begin(), bytes.end(), '\0');
  const auto small = TicketKeys::from_bytes(std::string_view{bytes}.substr(0, 48));
  ASSERT_TRUE(small);
  const auto& short_key = (*small)->keys()[0];
  EXPECT_EQ(short_key.key_bytes, 16);
  EXPECT_EQ(short_key.name[15], 15);
  EXPECT_EQ(short_key.cipher[0], 16);
  EXPECT_EQ(short_key.mac[0], 32);

  const auto large = TicketKeys::from_bytes(bytes);
  ASSERT_TRUE(large);
  const auto& long_key = (*large)->keys()[0];
  EXPECT_EQ(long_key.key_bytes, 32);
  EXPECT_EQ(long_key.mac[0], 16);
  EXPECT_EQ(long_key.cipher[0], 48);
}

TEST(TicketKeys, OtherLengthsAreRefused) {
  for (const std::size_t length : {0u, 1u, 47u, 49u, 79u, 81u, 160u}) {
    EXPECT_EQ(TicketKeys::from_bytes(std::string(length, 'x')).error(), errc::bad_ticket_key) << length;
  }
}

}  // namespace
}  // namespace tls
