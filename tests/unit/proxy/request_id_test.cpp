#include "proxy/request_id.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace proxy {
namespace {

TEST(RequestIds, AreThirtyTwoLowerCaseHexadecimalDigits) {
  RequestIds ids;
  std::set<char> digits;
  for (int i = 0; i < 100; ++i) {
    const std::string_view id = ids.next();
    EXPECT_EQ(id.size(), 32u);
    digits.insert(id.begin(), id.end());
  }
  EXPECT_EQ(std::string(digits.begin(), digits.end()), "0123456789abcdef");
}

TEST(RequestIds, EachDigitVaries) {
  RequestIds ids;
  std::set<char> seen[32];
  for (int i = 0; i < 1000; ++i) {
    const std::string_view id = ids.next();
    for (std::size_t at = 0; at < id.size(); ++at) seen[at].insert(id[at]);
  }
  for (const auto& digits : seen) EXPECT_EQ(digits.size(), 16u);
}

TEST(RequestIds, DifferFromThreadToThread) {
  RequestIds one, other;
  EXPECT_NE(std::string{one.next()}, std::string{other.next()});
}

}  // namespace
}  // namespace proxy
