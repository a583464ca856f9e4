#include "routing/policies/rewrite.hpp"

#include "routing/regex.hpp"

#include <gtest/gtest.h>

namespace routing {
namespace {

Rewrite make_rewrite(std::string_view path, std::string_view target) {
  auto compiled = compile_search(path);
  auto parsed = parse_rewrite_target(target);
  EXPECT_NE(compiled.regex, nullptr) << path;
  EXPECT_TRUE(parsed.valid) << target;
  return {compiled.regex, parsed.pieces, std::string{target}};
}

TEST(RewriteTarget, SplitsIntoPieces) {
  EXPECT_EQ(parse_rewrite_target("/$2").pieces, (std::vector<RewritePiece>{{"/", 2}}));
  EXPECT_EQ(parse_rewrite_target("/a/$1/b$2/c").pieces, (std::vector<RewritePiece>{{"/a/", 1}, {"/b", 2}, {"/c", 0}}));
  EXPECT_EQ(parse_rewrite_target("/$10").pieces, (std::vector<RewritePiece>{{"/", 1}, {"0", 0}}));
  EXPECT_EQ(parse_rewrite_target("$1$2").pieces, (std::vector<RewritePiece>{{"", 1}, {"", 2}}));
}

TEST(RewriteTarget, RefusesWhatIngressNginxRefuses) {
  for (const auto* target : {"", "/$", "/$0", "/$a", "/${1}", "/$request_uri", "/a b", "/a\"b", "/a;b", "/a'b", "/a\nb", "/a?b=$1",
                             "/a#b", "/a%41", "/a\\b", "/{a}", "/\xc3\xa9"}) {
    EXPECT_FALSE(parse_rewrite_target(target).valid) << target;
  }
}

TEST(Rewrite, ReplacesTheWholePath) {
  struct Case {
    const char *path, *target, *asked, *result;
  };
  const Case cases[] = {
      {"/api(/|$)(.*)", "/$2", "/api/users/1", "/users/1"},
      {"/api(/|$)(.*)", "/$2", "/api", "/"},
      {"/api(/|$)(.*)", "/$2", "/API/x", "/x"},
      {"/foo", "/", "/foo/bar", "/"},
      {"/foo", "/bar", "/foo/baz", "/bar"},
      {"/api", "/v1", "/x/api/y", "/v1"},              // unanchored, as in ingress-nginx
      {"/a/(.*)", "$1", "/a/b", "/b"},                 // always an absolute path
      {"/a(/b)?/c", "/x$1", "/a/c", "/x"},             // a group that took no part
      {"/a/(.*)", "/x/$1/$7", "/a/b", "/x/b/"},        // a group that is not there
      {"/a/(.*)", "/$1", "/a/b c", "/b%20c"},
      {"/a/(.*)", "/$1", "/a/b?c#d%e", "/b%3Fc%23d%25e"},
      {"/a/(.*)", "/$1", "/a/\x01\x7f\xff\r", "/%01%7F%FF%0D"},
      {"/a/(.*)", "/$1", "/a/<\"\\^`{|}>", "/%3C%22%5C%5E%60%7B%7C%7D%3E"},
      {"/a/(.*)", "/$1", "/a/~.-_!$&'()*+,;=:@[]", "/~.-_!$&'()*+,;=:@[]"},
      {"/a/(.*)", "/$1", "/a/..b/.../c..", "/..b/.../c.."},
  };
  for (const auto& c : cases) {
    std::string out = "left over";
    EXPECT_EQ(apply(make_rewrite(c.path, c.target), c.asked, out), RewriteOutcome::rewritten) << c.path << ' ' << c.asked;
    EXPECT_EQ(out, c.result) << c.path << ' ' << c.asked;
  }
}

TEST(Rewrite, SaysWhenItDoesNotMatch) {
  std::string out;
  EXPECT_EQ(apply(make_rewrite("/api/(.*)", "/$1"), "/other", out), RewriteOutcome::unmatched);
}

TEST(Rewrite, TheEndIsBeforeALastNewlineToo) {
  std::string out;
  EXPECT_EQ(apply(make_rewrite("/a/(.*)$", "/$1"), "/a/b\n", out), RewriteOutcome::rewritten);
  EXPECT_EQ(out, "/b");
}

TEST(Rewrite, RefusesToMakeAParentSegment) {
  std::string out;
  const auto off_by_slash = make_rewrite("/files(.*)", "/static/$1");
  EXPECT_EQ(apply(off_by_slash, "/files../secret", out), RewriteOutcome::refused);
  EXPECT_EQ(apply(off_by_slash, "/files..", out), RewriteOutcome::refused);
  EXPECT_EQ(apply(off_by_slash, "/files..a", out), RewriteOutcome::rewritten);
  EXPECT_EQ(apply(make_rewrite("/a(.*)", "$1"), "/a../b", out), RewriteOutcome::refused);
}

TEST(Rewrite, AbsoluteTargetsAreUrls) {
  const auto rewrite = make_rewrite("/old/(.*)", "https://new.example.com/$1");
  EXPECT_TRUE(is_absolute(rewrite));
  EXPECT_FALSE(is_absolute(make_rewrite("/a", "/https://b")));
  EXPECT_FALSE(is_absolute(make_rewrite("/a", "ftp://b")));
  std::string out;
  EXPECT_EQ(apply(rewrite, "/old/a b\r\n", out), RewriteOutcome::rewritten);
  EXPECT_EQ(out, "https://new.example.com/a%20b%0D");  // nothing that could split the header
}

}  // namespace
}  // namespace routing
