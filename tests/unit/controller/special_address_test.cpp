#include "controller/special_address.hpp"

#include <gtest/gtest.h>

using controller::special_range;

TEST(SpecialAddress, TellsTheRangeWhateverTheForm) {
  for (const auto text : {"127.0.0.1", "127.255.255.255", "::1", "0:0:0:0:0:0:0:1", "::ffff:127.0.0.1", "::ffff:7f00:1", "::127.0.0.1", "64:ff9b::7f00:1"})
    EXPECT_EQ(special_range(text), "loopback") << text;
  for (const auto text : {"0.0.0.0", "0.1.2.3", "::", "::ffff:0.0.0.0", "64:ff9b::"}) EXPECT_EQ(special_range(text), "unspecified") << text;
  for (const auto text : {"169.254.0.1", "169.254.169.254", "fe80::1", "febf::1", "::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe"})
    EXPECT_EQ(special_range(text), "link-local") << text;
  for (const auto text : {"224.0.0.1", "239.1.2.3", "255.255.255.255", "ff02::1"}) EXPECT_EQ(special_range(text), "multicast") << text;
}

TEST(SpecialAddress, LetsOrdinaryAddressesPass) {
  for (const auto text : {"10.0.0.1", "126.255.255.255", "128.0.0.1", "169.253.0.1", "192.0.2.1", "fd00::1", "fec0::1", "2001:db8::1", "::ffff:10.0.0.1", "64:ff9b::a00:1"})
    EXPECT_EQ(special_range(text), "") << text;
  for (const auto text : {"", "example.test", "127.1", "300.0.0.1"}) EXPECT_EQ(special_range(text), "") << text;
}
