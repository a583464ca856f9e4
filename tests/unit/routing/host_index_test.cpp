#include "routing/host_index.hpp"

#include <gtest/gtest.h>

#include <fmt/format.h>

namespace routing {
namespace {

TEST(HostIndex, ExactBeatsWildcardBeatsDefault) {
  HostIndex index;
  ASSERT_TRUE(index.insert("a.example.com", 1));
  ASSERT_TRUE(index.insert("*.example.com", 2));
  ASSERT_TRUE(index.insert("", 3));

  EXPECT_EQ(index.find("a.example.com"), 1u);
  EXPECT_EQ(index.find("b.example.com"), 2u);
  EXPECT_EQ(index.find("other.org"), 3u);
  EXPECT_EQ(index.find(""), 3u);
  EXPECT_EQ(index.size(), 2u);
}

TEST(HostIndex, WildcardStandsForExactlyOneLabel) {
  HostIndex index;
  ASSERT_TRUE(index.insert("*.foo.com", 1));
  struct Case {
    std::string_view host;
    std::uint32_t found;
  };
  const Case cases[] = {
      {"bar.foo.com", 1},
      {"b_a-r9.foo.com", 1},
      {"baz.bar.foo.com", HostIndex::none},
      {"foo.com", HostIndex::none},
      {".foo.com", HostIndex::none},
      {"*.foo.com", HostIndex::none},
      {"b%r.foo.com", HostIndex::none},
      {"bar.foo.com.", HostIndex::none},
      {"barfoo.com", HostIndex::none},
      {"bar", HostIndex::none},
      {"", HostIndex::none},
  };
  for (const auto& c : cases) EXPECT_EQ(index.find(c.host), c.found) << c.host;
}

TEST(HostIndex, NestedWildcardsAreTheirOwnNames) {
  HostIndex index;
  ASSERT_TRUE(index.insert("*.foo.com", 1));
  ASSERT_TRUE(index.insert("*.bar.foo.com", 2));
  EXPECT_EQ(index.find("x.bar.foo.com"), 2u);
  EXPECT_EQ(index.find("bar.foo.com"), 1u);
}

TEST(HostIndex, FirstNameKeepsItsPlace) {
  HostIndex index;
  for (const auto* name : {"a.com", "*.a.com", ""}) {
    EXPECT_TRUE(index.insert(name, 1));
    EXPECT_FALSE(index.insert(name, 2));
  }
  EXPECT_EQ(index.find("a.com"), 1u);
  EXPECT_EQ(index.find("x.a.com"), 1u);
  EXPECT_EQ(index.find("else"), 1u);
}

TEST(HostIndex, FindDeclaredKnowsNoDefault) {
  HostIndex index;
  ASSERT_TRUE(index.insert("", 7));
  ASSERT_TRUE(index.insert("a.com", 1));
  EXPECT_EQ(index.find_declared("a.com"), 1u);
  EXPECT_EQ(index.find_declared("b.com"), HostIndex::none);
  EXPECT_EQ(index.find_declared(""), HostIndex::none);
}

TEST(HostIndex, EmptyIndexFindsNothing) {
  const HostIndex index;
  EXPECT_EQ(index.find("a.com"), HostIndex::none);
  EXPECT_EQ(index.find(""), HostIndex::none);
}

TEST(HostIndex, ManyNamesStayApart) {
  constexpr std::uint32_t count = 20000;
  HostIndex index;
  for (std::uint32_t i = 0; i < count; ++i) {
    ASSERT_TRUE(index.insert(fmt::format("{}h{}.example.org", i % 3 == 0 ? "*." : "", i), i));
  }
  for (std::uint32_t i = 0; i < count; ++i) {
    ASSERT_EQ(index.find(fmt::format("{}h{}.example.org", i % 3 == 0 ? "w." : "", i)), i);
    ASSERT_EQ(index.find(fmt::format("absent{}.example.org", i)), HostIndex::none);
  }
}

}  // namespace
}  // namespace routing
