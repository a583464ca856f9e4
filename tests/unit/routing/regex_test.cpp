#include "routing/regex.hpp"

#include <gtest/gtest.h>
#include <re2/re2.h>

namespace routing {
namespace {

TEST(Regex, CommonPathsCompile) {
  for (const auto* path : {"/", "/foo", "/api(/|$)(.*)", "/something(/|$)(.*)", "/v[0-9]{1,3}/.*", "/(?:a|b)/\\d+", "/.well-known/",
                           "/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "/([^/]+)/([^/]+)/?(.*)", "/\xc3\xa9",
                           "/(.*)\\.(jpe?g|png|gif|css|js)$"}) {
    EXPECT_EQ(compile_path(path).error, "") << path;
    EXPECT_EQ(compile_search(path).error, "") << path;
  }
}

TEST(Regex, SaysWhatIsNotSupported) {
  struct Case {
    const char* path;
    const char* reason;
  };
  const Case cases[] = {
      {"/a(?!b)", "negative lookahead (?!...) is not supported"},
      {"/a(?=b)", "lookahead (?=...) is not supported"},
      {"/(?<!a)b", "negative lookbehind (?<!...) is not supported"},
      {"/(?<=a)b", "lookbehind (?<=...) is not supported"},
      {"/(a)\\1", "backreferences (\\1) are not supported"},
      {"/(?>a)", "atomic groups (?>...) are not supported"},
      {"/a++", "possessive quantifiers (++) are not supported"},
      {"/([a-z]{1,1000}){1,1000}", nullptr},  // too large: which of two limits it meets depends on the release of RE2
      {"/(", nullptr},
      {"/[a", nullptr},
      {"/a)", nullptr},
  };
  for (const auto& c : cases) {
    const auto compiled = compile_path(c.path);
    EXPECT_EQ(compiled.regex, nullptr) << c.path;
    EXPECT_NE(compiled.error, "") << c.path;
    if (c.reason != nullptr) {
      EXPECT_EQ(compiled.error, c.reason) << c.path;
    }
  }
}

TEST(Regex, TooLargeProgramIsRefused) {
  EXPECT_EQ(compile_path("/(((a{100}){100}){100})").regex, nullptr);
  std::string wide = "/";
  for (int i = 0; i < 30; ++i) wide += "[a-z]{1,900}";
  EXPECT_EQ(compile_path(wide).error, "the expression needs too much memory");
}

TEST(Regex, TheEndIsBeforeALastNewlineTooAsInPcre) {
  const auto guard = compile_path("/private(/.*)?$");
  for (const auto* path : {"/private", "/private\n", "/private/\n", "/private/x", "/private/x\n"}) EXPECT_TRUE(matches(*guard.regex, path)) << path;
  for (const auto* path : {"/private\n\n", "/privately", "/private\nx"}) EXPECT_FALSE(matches(*guard.regex, path)) << path;
}

TEST(Regex, TooLongPatternIsRefused) {
  EXPECT_EQ(compile_path("/" + std::string(max_pattern_bytes, 'a')).error, "the expression is too long");
  EXPECT_EQ(compile_search("/" + std::string(max_pattern_bytes - 1, 'a')).error, "");
}

TEST(Regex, CatastrophicPatternsOfPcreAreLinearHere) {
  const auto compiled = compile_path("/(a+)+$");
  ASSERT_NE(compiled.regex, nullptr);
  EXPECT_FALSE(re2::RE2::PartialMatch("/" + std::string(8000, 'a') + "!", *compiled.regex));
}

}  // namespace
}  // namespace routing
