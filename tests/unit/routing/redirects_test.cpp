#include "routing/redirects.hpp"

#include <gtest/gtest.h>

namespace routing {
namespace {

std::string https(const TlsRedirect& redirect, std::string_view authority, std::string_view target) {
  std::string out;
  append_https_location(redirect, authority, target, 8443, out);
  return out;
}

TEST(Redirects, LeaveThePortAndOneSlashAtTheEndOut) {
  EXPECT_EQ(https({}, "a.test:8080", "/x/?y"), "https://a.test/x/?y");
  EXPECT_EQ(https({}, "a.test", "/x/"), "https://a.test/x");
  EXPECT_EQ(https({}, "a.test", "/"), "https://a.test");
  EXPECT_EQ(https({}, "[2001:db8::1]:80", "/x"), "https://[2001:db8::1]/x");
}

TEST(Redirects, KeepWhatTheyAreToldToKeep) {
  EXPECT_EQ(https({.preserve_trailing_slash = true}, "a.test", "/x/"), "https://a.test/x/");
  EXPECT_EQ(https({.append_port = true}, "a.test:80", "/x"), "https://a.test:8443/x");
}

TEST(Redirects, PutTheSlashBetweenPathAndQuery) {
  std::string out = "Location: ";
  append_slash_location("http", "a.test:80", "/foo", "?x=1", out);
  EXPECT_EQ(out, "Location: http://a.test/foo/?x=1");
}

}  // namespace
}  // namespace routing
