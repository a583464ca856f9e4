#include "routing/normalize_path.hpp"

#include <gtest/gtest.h>

#include <optional>

namespace routing {
namespace {

using namespace std::string_literals;

std::optional<std::string> normalised(std::string_view path) {
  std::string out = "left over";
  if (!normalize_path(path, out)) return std::nullopt;
  return out;
}

struct Case {
  std::string path;
  std::string normal;
};

TEST(NormalizePath, DecodesMergesAndResolves) {
  const Case cases[] = {
      {"/", "/"},
      {"/foo", "/foo"},
      {"/foo/", "/foo/"},
      {"/%66oo", "/foo"},
      {"/a%2Fb", "/a/b"},
      {"/a%2fb", "/a/b"},
      {"/a%20b", "/a b"},
      {"/a%25b", "/a%b"},
      {"/a%2525b", "/a%25b"},  // decoded once
      {"/a%252Fb", "/a%2Fb"},
      {"/a%3Fb", "/a?b"},
      {"/a%23b", "/a#b"},
      {"/a%FFb", "/a\xff"s + "b"},
      {"/a%0Ab", "/a\nb"},
      {"//", "/"},
      {"///a//b///", "/a/b/"},
      {"/%2F/a", "/a"},
      {"/a/%2F%2fb", "/a/b"},
      {"/.", "/"},
      {"/./", "/"},
      {"/a/.", "/a/"},
      {"/a/./b", "/a/b"},
      {"/a/%2E/b", "/a/b"},
      {"/a/..", "/"},
      {"/a/../", "/"},
      {"/a/b/..", "/a/"},
      {"/a/b/../c", "/a/c"},
      {"/a/b/../../c", "/c"},
      {"/a/%2e%2E/c", "/c"},
      {"/a/.%2e%2fc", "/c"},
      {"/a//../b", "/b"},  // slashes are merged first, as nginx does
      {"/a/b//..//c", "/a/c"},
      {"/...", "/..."},
      {"/.a", "/.a"},
      {"/..a/b", "/..a/b"},
      {"/a../b", "/a../b"},
      {"/a./b", "/a./b"},
      {"/.well-known/x", "/.well-known/x"},
      {"/.%25", "/.%"},
      {"/..%3F", "/..?"},
      {"/\xc3\xa9", "/\xc3\xa9"},
      {"/a\\b", "/a\\b"},
  };
  for (const auto& c : cases) EXPECT_EQ(normalised(c.path), c.normal) << c.path;
}

TEST(NormalizePath, RefusesWhatTwoParsersCouldReadDifferently) {
  const std::string cases[] = {"",        "a",        "*",          "/%",        "/%2",       "/a%",        "/%zz",   "/%2g",
                               "/%g2",    "/%00",     "/a%00b",     "/..",       "/../",      "/a/../..",   "/../a",  "/%2e%2e",
                               "/a/../../b", "//..",  "/./..",      "/a?b",      "/a#b",      "/%2e%2e%2fa", "/%-1",  "/% 1"};
  for (const auto& path : cases) EXPECT_EQ(normalised(path), std::nullopt) << path;
}

TEST(NormalizePath, QuickCheckAgreesWithTheSlowPath) {
  // Every combination of the bytes that matter, in every position of the eight-byte steps.
  constexpr std::string_view alphabet = "/.%?#a";
  for (std::size_t offset = 0; offset < 12; ++offset) {
    const std::string front = offset == 0 ? "" : "/" + std::string(offset, 'x');
    for (int code = 0; code < 6 * 6 * 6 * 6; ++code) {
      std::string path = front;
      for (int rest = code, i = 0; i < 4; ++i, rest /= 6) path += alphabet[static_cast<std::size_t>(rest % 6)];
      for (const auto& whole : {path, path + "/tail-of-some-length"}) {
        const auto normal = normalised(whole);
        const bool is_same = normal == whole && whole.find('%') == std::string::npos;
        EXPECT_EQ(is_normalised(whole), is_same) << whole;
      }
    }
  }
}

TEST(NormalizePath, LongClimbIsLinear) {
  std::string path;
  for (int i = 0; i < 5000; ++i) path += "/a/..";
  EXPECT_EQ(normalised(path), "/");
}

}  // namespace
}  // namespace routing
