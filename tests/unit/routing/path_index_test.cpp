#include "routing/path_index.hpp"

#include "routing/regex.hpp"

#include <gtest/gtest.h>

#include <ostream>
#include <string>

namespace routing {

void PrintTo(const PathMatch& match, std::ostream* out) {
  constexpr const char* kinds[] = {"none", "route", "add_slash"};
  *out << kinds[static_cast<int>(match.kind)] << ' ' << match.route;
}

namespace {

constexpr auto exact = PathType::exact;
constexpr auto prefix = PathType::prefix;
constexpr PathMatch nothing{};

PathMatch route(std::uint32_t index) { return {PathMatchKind::route, index}; }
PathMatch add_slash(std::uint32_t index) { return {PathMatchKind::add_slash, index}; }

struct Declared {
  std::string_view path;
  PathType type;
};

// Routes are numbered in the order in which they are declared.
PathIndex plain(std::initializer_list<Declared> rules) {
  PathIndex index;
  std::uint32_t number = 0;
  for (const auto& rule : rules) EXPECT_TRUE(index.insert(rule.path, rule.type, number++)) << rule.path;
  index.freeze();
  return index;
}

PathIndex regex(std::initializer_list<std::string_view> paths) {
  PathIndex index;
  std::uint32_t number = 0;
  for (const auto path : paths) {
    auto compiled = compile_path(path);
    EXPECT_EQ(compiled.error, "") << path;
    index.insert_regex(path, compiled.regex, number++);
  }
  index.freeze();
  return index;
}

struct Asked {
  std::string_view path;
  PathMatch found;
};

void expect_all(const PathIndex& index, std::initializer_list<Asked> cases) {
  for (const auto& c : cases) EXPECT_EQ(index.find(c.path), c.found) << c.path;
}

// The rows of ingress-v1, section 2, in their order. Where nginx answers with a redirect instead, so do we.
TEST(PathIndex, PrefixRootMatchesAny) {
  expect_all(plain({{"/", prefix}}), {{"/", route(0)}, {"/foo", route(0)}, {"/foo/bar/", route(0)}});
}

TEST(PathIndex, ExactMatchesItselfOnly) {
  expect_all(plain({{"/foo", exact}}), {{"/foo", route(0)}, {"/bar", nothing}, {"/foo/", nothing}, {"/foo/bar", nothing},
                                        {"/fo", nothing}, {"/FOO", nothing}, {"/", nothing}});
}

TEST(PathIndex, ExactWithSlashDoesNotTakeTheFormWithout) {
  expect_all(plain({{"/foo/", exact}}), {{"/foo/", route(0)}, {"/foo", nothing}, {"/foo/bar", nothing}, {"/fo", nothing}});
}

TEST(PathIndex, PrefixTakesBothSlashForms) {
  expect_all(plain({{"/foo", prefix}}), {{"/foo", route(0)}, {"/foo/", route(0)}, {"/foo/bar", route(0)}});
}

TEST(PathIndex, PrefixWithSlashRedirectsTheFormWithout) {
  expect_all(plain({{"/foo/", prefix}}),
             {{"/foo", add_slash(0)}, {"/foo/", route(0)}, {"/foo/bar", route(0)}, {"/foobar", nothing}, {"/", nothing}});
}

TEST(PathIndex, PrefixMatchesWholeSegmentsOnly) {
  expect_all(plain({{"/aaa/bb", prefix}}), {{"/aaa/bbb", nothing}, {"/aaa/b", nothing}, {"/aaa", nothing}, {"/aaa/bb/b", route(0)}});
  expect_all(plain({{"/aaa/bbb", prefix}}),
             {{"/aaa/bbb", route(0)}, {"/aaa/bbb/", route(0)}, {"/aaa/bbb/ccc", route(0)}, {"/aaa/bbbxyz", nothing}});
  expect_all(plain({{"/aaa/bbb/", prefix}}), {{"/aaa/bbb", add_slash(0)}, {"/aaa/bbb/ccc", route(0)}});
}

TEST(PathIndex, LongestPrefixWins) {
  expect_all(plain({{"/", prefix}, {"/aaa", prefix}}), {{"/aaa/ccc", route(1)}, {"/aaaccc", route(0)}, {"/", route(0)}});
  expect_all(plain({{"/", prefix}, {"/aaa", prefix}, {"/aaa/bbb", prefix}}),
             {{"/aaa/bbb", route(2)}, {"/aaa/bbb/c", route(2)}, {"/aaa/bb", route(1)}, {"/ccc", route(0)}});
  expect_all(plain({{"/aaa", prefix}}), {{"/ccc", nothing}});
}

TEST(PathIndex, ExactBeatsPrefixOfEqualLength) {
  const auto index = plain({{"/foo", prefix}, {"/foo", exact}});
  expect_all(index, {{"/foo", route(1)}, {"/foo/", route(0)}, {"/foo/bar", route(0)}});
}

TEST(PathIndex, LongerPrefixBeatsShorterExact) {
  expect_all(plain({{"/a", exact}, {"/a/b", prefix}, {"/", prefix}}), {{"/a", route(0)}, {"/a/b/c", route(1)}, {"/a/c", route(2)}});
}

// Beyond the table: the slash forms side by side.
TEST(PathIndex, BothSlashFormsDeclaredEachServeTheirOwn) {
  expect_all(plain({{"/foo", prefix}, {"/foo/", prefix}}), {{"/foo", route(0)}, {"/foo/", route(1)}, {"/foo/bar", route(1)}});
  expect_all(plain({{"/foo", exact}, {"/foo/", prefix}}), {{"/foo", route(0)}, {"/foo/", route(1)}, {"/foo/bar", route(1)}});
  expect_all(plain({{"/foo", prefix}, {"/foo/", exact}}), {{"/foo", route(0)}, {"/foo/", route(1)}, {"/foo/bar", route(0)}});
  expect_all(plain({{"/foo", exact}, {"/foo/", exact}}), {{"/foo", route(0)}, {"/foo/", route(1)}, {"/foo/bar", nothing}});
  expect_all(plain({{"/foo/", prefix}, {"/foo/", exact}}), {{"/foo", add_slash(1)}, {"/foo/", route(1)}, {"/foo/bar", route(0)}});
}

TEST(PathIndex, AddSlashWinsOverShorterPrefixes) {
  expect_all(plain({{"/", prefix}, {"/foo/", prefix}}), {{"/foo", add_slash(1)}, {"/foo/", route(1)}, {"/foobar", route(0)}});
  expect_all(plain({{"/a", prefix}, {"/a/b/", exact}}), {{"/a/b", route(0)}, {"/a/b/", route(1)}, {"/a/b/c", route(0)}});
}

TEST(PathIndex, RootForms) {
  expect_all(plain({{"/", exact}}), {{"/", route(0)}, {"/a", nothing}});
  expect_all(plain({{"/", prefix}, {"/", exact}}), {{"/", route(1)}, {"/a", route(0)}});
  expect_all(plain({{"", prefix}}), {{"/", route(0)}, {"/a", route(0)}});
}

TEST(PathIndex, EmptyIndexFindsNothing) { expect_all(plain({}), {{"/", nothing}, {"/a", nothing}}); }

TEST(PathIndex, NeighboursInByteOrderDoNotHideEachOther) {
  // '-' and '.' sort before '/', so these stand between a rule and what lies below it.
  const auto index = plain({{"/a", prefix}, {"/a-b", prefix}, {"/a.b", exact}, {"/a/b", prefix}, {"/a/b-c/d", prefix}, {"/ab", prefix}});
  expect_all(index, {{"/a", route(0)}, {"/a/x", route(0)}, {"/a-b/x", route(1)}, {"/a.b", route(2)}, {"/a.b/x", nothing},
                     {"/a/b/c", route(3)}, {"/a/b-c", route(0)}, {"/a/b-c/d/e", route(4)}, {"/ab/x", route(5)}});
}

TEST(PathIndex, FirstDeclarationKeepsPathAndType) {
  PathIndex index;
  EXPECT_TRUE(index.insert("/a", prefix, 0));
  EXPECT_TRUE(index.insert("/a", exact, 1));
  EXPECT_TRUE(index.insert("/a/", prefix, 2));
  EXPECT_FALSE(index.insert("/a", prefix, 3));
  EXPECT_FALSE(index.insert("/a", exact, 4));
  EXPECT_FALSE(index.insert("/a/", prefix, 5));
  EXPECT_TRUE(index.insert("", prefix, 6));
  EXPECT_FALSE(index.insert("/", prefix, 7));
  index.freeze();
  expect_all(index, {{"/a", route(1)}, {"/a/b", route(2)}, {"/", route(6)}});
}

TEST(PathIndex, ManyRulesOfOneHostKeepTheirPlaces) {
  constexpr std::uint32_t count = 3000;
  const auto path_of = [](std::uint32_t i) { return "/svc-" + std::to_string(i * 7919 % count); };
  PathIndex index;
  for (std::uint32_t i = 0; i < count; ++i) ASSERT_TRUE(index.insert(path_of(i), prefix, i)) << i;
  for (std::uint32_t i = 0; i < count; ++i) {
    ASSERT_FALSE(index.insert(path_of(i), prefix, count)) << i;  // from before and after the map was made
    ASSERT_TRUE(index.insert(path_of(i), exact, count + i)) << i;
  }
  index.freeze();
  for (std::uint32_t i = 0; i < count; ++i) {
    ASSERT_EQ(index.find(path_of(i)), route(count + i));
    ASSERT_EQ(index.find(path_of(i) + "/x"), route(i));
  }
}

TEST(PathIndex, OddDeclarationsAreUnreachableNotHarmful) {
  const auto index = plain({{"foo", prefix}, {"//", prefix}, {"/foo//", prefix}, {"/foo", prefix}});
  expect_all(index, {{"/foo", route(3)}, {"/foo/bar", route(3)}, {"/bar", nothing}, {"", nothing}, {"foo", nothing}});
}

TEST(PathIndex, DeepPathsFindTheDeepestRule) {
  std::string deep;
  for (int i = 0; i < 4000; ++i) deep += "/a";
  const auto index = plain({{"/", prefix}, {deep, prefix}, {"/a/a/a", prefix}});
  expect_all(index, {{deep, route(1)}, {deep + "/b", route(1)}, {std::string_view{deep}.substr(2), route(2)}});
  EXPECT_EQ(index.find("/b" + deep), route(0));
}

TEST(PathIndex, RegexHostTriesTheLongestTextFirst) {
  const auto index = regex({"/", "/foo.*", "/foo/bar", "/foo/(x|y)"});
  EXPECT_TRUE(index.is_regex());
  expect_all(index, {{"/foo/x", route(3)}, {"/foo/bar", route(2)}, {"/foo/z", route(1)}, {"/else", route(0)}});
}

TEST(PathIndex, RegexTiesGoByDescendingText) {
  expect_all(regex({"/a+", "/a."}), {{"/aa", route(1)}, {"/a", route(0)}});  // '.' sorts above '+'
  expect_all(regex({"/a.", "/a+"}), {{"/aa", route(0)}, {"/a", route(1)}});
}

TEST(PathIndex, RegexHostIsCaseInsensitiveAndAnchoredAtTheStartOnly) {
  const auto index = regex({"/foo", "/B[a-z]r$"});
  expect_all(index, {{"/FOObar", route(0)}, {"/x/foo", nothing}, {"/fo", nothing}, {"/bAr", route(1)}, {"/bar/", nothing}});
}

TEST(PathIndex, RegexMatchesBytesThatAreNotText) {
  expect_all(regex({"/a/.*b"}), {{"/a/\xff\xfe/b", route(0)}});
}

TEST(PathIndex, RegexAnchorBindsToTheFirstBranchAsInNginx) {
  expect_all(regex({"/a|/b"}), {{"/a", route(0)}, {"/x/b", route(0)}, {"/x/a", nothing}});
}

TEST(PathIndex, AReservedPathComesBeforeADeclaredOneOfItsLengthWhoeverWasFirst) {
  const auto expression = compile_path("/admin").regex;
  for (const bool is_reserved_first : {true, false}) {
    PathIndex index;
    if (is_reserved_first) index.reserve_regex("/admin", expression, 7);
    index.insert_regex("/admin", expression, 8);
    if (!is_reserved_first) index.reserve_regex("/admin", expression, 7);
    index.insert_regex("/admin/open", compile_path("/admin/open").regex, 9);
    index.freeze();
    expect_all(index, {{"/admin/x", route(7)}, {"/admin/open", route(9)}});
  }
}

TEST(PathIndex, AReservedPathOfAPlainHostYieldsToLongerRulesOnly) {
  PathIndex index;
  index.insert("/", PathType::prefix, 1);
  index.insert("/api", PathType::prefix, 2);
  index.insert("/api/admin/open", PathType::prefix, 3);
  index.reserve_regex("/api/adm", compile_path("/api/adm").regex, 7);
  index.freeze();
  EXPECT_FALSE(index.is_regex());
  expect_all(index, {{"/api/admin", route(7)}, {"/API/ADM", route(7)}, {"/api/x", route(2)}, {"/api/admin/open/x", route(3)}, {"/x", route(1)}});
}

TEST(PathIndex, AReservedPathIsKeptFromAHostWithNothingButARoot) {
  PathIndex index;
  index.insert("/", PathType::prefix, 1);
  index.reserve_regex("/admin", compile_path("/admin").regex, 7);
  index.freeze();
  expect_all(index, {{"/adminx", route(7)}, {"/shop", route(1)}});
}

}  // namespace
}  // namespace routing
