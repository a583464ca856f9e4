#include "proxy/explain_request.hpp"

#include <gtest/gtest.h>

namespace proxy {
namespace {

routing::AskedRequest ask(const std::string& url, std::vector<std::string> headers = {}, const routing::Settings& settings = {}) {
  EXPECT_EQ(problem_in_url(url), "") << url;
  return asked_request({url, std::move(headers)}, settings);
}

TEST(ExplainRequest, IsReadFromAUrl) {
  const auto asked = ask("https://Shop.Test.:8443/a%20b/?x=1#part");
  EXPECT_TRUE(asked.is_tls);
  EXPECT_EQ(asked.scheme, "https");
  EXPECT_EQ(asked.host, "shop.test");
  EXPECT_EQ(asked.server_name, "shop.test");
  EXPECT_EQ(asked.authority, "Shop.Test.:8443");
  EXPECT_EQ(asked.target, "/a%20b/?x=1");
  EXPECT_EQ(asked.path, "/a%20b/");
  EXPECT_EQ(asked.query, "?x=1");
  EXPECT_EQ(asked.refused_status, 0);
}

TEST(ExplainRequest, MayLeaveOutSchemeAndPath) {
  EXPECT_EQ(ask("shop.test").target, "/");
  EXPECT_EQ(ask("shop.test?x").target, "/?x");
  EXPECT_EQ(ask("localhost:8080/x").host, "localhost");
  EXPECT_EQ(ask("shop.test/to?u=http://other.test/").host, "shop.test");
  EXPECT_FALSE(ask("shop.test").is_tls);
  EXPECT_TRUE(ask("HTTPS://shop.test").is_tls);
}

TEST(ExplainRequest, DropsUserAndPassword) {
  const auto asked = ask("http://me:sekret@shop.test/x");
  EXPECT_EQ(asked.host, "shop.test");
  EXPECT_EQ(asked.url, "http://shop.test/x");
}

TEST(ExplainRequest, TakesHostFromAHeaderButServerNameFromTheUrl) {
  const auto asked = ask("https://a.test/x", {"host: B.test:80", "X-Other: y"});
  EXPECT_EQ(asked.host, "b.test");
  EXPECT_EQ(asked.authority, "B.test:80");
  EXPECT_EQ(asked.server_name, "a.test");
  EXPECT_EQ(ask("https://192.0.2.1/").server_name, "");
  EXPECT_EQ(ask("https://[2001:db8::1]/").server_name, "");
}

TEST(ExplainRequest, HeedsForwardedHeadersWhereTheSettingsDo) {
  routing::Settings settings;
  EXPECT_EQ(ask("a.test", {"X-Forwarded-Proto: https"}, settings).scheme, "http");
  settings.forwarding.use_forwarded_headers = true;
  const auto asked = ask("a.test", {"X-Forwarded-Proto: https", "X-Forwarded-Host: b.test"}, settings);
  EXPECT_EQ(asked.scheme, "https");
  EXPECT_FALSE(asked.is_tls);
  EXPECT_EQ(asked.host, "a.test");
  EXPECT_EQ(asked.authority, "b.test");
}

TEST(ExplainRequest, IsRefusedWhereTheDataPlaneWouldRefuseIt) {
  EXPECT_EQ(ask("a.test", {"Host: a.test", "Host: b.test"}).refused_status, 400);
  EXPECT_EQ(ask("a.test/" + std::string(9000, 'x')).refused_status, 414);
  EXPECT_EQ(ask("a.test/", {"X-Long: " + std::string(9000, 'x')}).refused_status, 431);
}

TEST(ExplainRequest, NamesWhatCanBeNoRequest) {
  for (const auto url : {"", "http://", "ftp://a.test/", "http:///x", "http://a.test/a b", "http://a.test/\x01", "http://a b.test/", "http://a.test:port/"})
    EXPECT_NE(problem_in_url(url), "") << url;
  for (const auto header : {"", "Host", ": x", "A b: c", "A: b\r\nC: d"}) EXPECT_NE(problem_in_header(header), "") << header;
  EXPECT_EQ(problem_in_header("Host: a.test"), "");
}

}  // namespace
}  // namespace proxy
