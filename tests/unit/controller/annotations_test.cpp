#include "tests/support/translate_yaml.hpp"

#include <gtest/gtest.h>

using namespace test;
using namespace std::chrono_literals;

namespace {

Translated with(std::vector<std::pair<std::string, std::string>> annotations) { return translate_yaml(service("web") + ingress({.annotations = std::move(annotations)})); }

}  // namespace

TEST(Annotations, BecomePolicies) {
  const auto result = with({{"proxy-connect-timeout", "7"}, {"proxy-read-timeout", "3600"}, {"proxy-send-timeout", "9"}, {"proxy-body-size", "8m"},
                            {"proxy-next-upstream", "http_503"}, {"proxy-next-upstream-tries", "5"}, {"proxy-next-upstream-timeout", "11"}, {"force-ssl-redirect", "true"}});
  const auto& policies = result.find("a.test", "/")->policies;

  EXPECT_EQ(policies.timeouts.connect, 7s);
  EXPECT_EQ(policies.timeouts.read, 3600s);
  EXPECT_EQ(policies.timeouts.send, 9s);
  EXPECT_EQ(policies.body_limit.max_body_bytes, 8u * 1024 * 1024);
  EXPECT_EQ(policies.retry.on, routing::RetryOn::http_503);
  EXPECT_EQ(policies.retry.tries, 5);
  EXPECT_EQ(policies.retry.total, 11s);
  EXPECT_TRUE(policies.tls_redirect.active);
  EXPECT_TRUE(result.diagnostics.empty());
}

TEST(Annotations, ValuesThatCannotBeUsedKeepTheDefaultAndAreTold) {
  const auto result = with({{"proxy-read-timeout", "60s"}, {"proxy-body-size", "many"}, {"ssl-redirect", "on"}, {"rewrite-target", "/$x;"}});

  EXPECT_EQ(result.find("a.test", "/")->policies.timeouts.read, 60s);
  EXPECT_EQ(result.find("a.test", "/")->policies.body_limit.max_body_bytes, 1024u * 1024);
  EXPECT_EQ(result.lines_with("cannot be used"), 4u);
}

TEST(Annotations, WhatGuardsAccessAndIsNotBuiltYetClosesThePath) {
  for (const auto name : {"auth-url", "auth-type", "auth-secret", "whitelist-source-range", "allowlist-source-range", "denylist-source-range", "limit-rps",
                          "limit-rpm", "limit-connections", "auth-tls-secret", "enable-modsecurity"}) {
    const auto result = with({{name, name == std::string{"enable-modsecurity"} ? "true" : "x"}});
    EXPECT_EQ(result.route_of("a.test", "/"), "503") << name;
    EXPECT_EQ(result.lines_with(name), 1u) << name;
  }
}

TEST(Annotations, ClientCertificatesCloseTheWholeHost) {
  const auto result = translate_yaml(service("web") + ingress({.name = "other", .path = "/other"}) + ingress({.annotations = {{"auth-tls-secret", "default/ca"}}}));
  EXPECT_EQ(result.route_of("a.test", "/other"), "503");
}

TEST(Annotations, WhatGuardsNothingLeavesThePathOpen) {
  for (const auto& [name, value] : std::vector<std::pair<std::string, std::string>>{
           {"enable-modsecurity", "false"}, {"auth-signin", "https://x"}, {"auth-realm", "x"}, {"satisfy", "any"}, {"enable-cors", "true"}, {"auth-url", ""}, {"canary", "false"}})
    EXPECT_EQ(with({{name, value}}).route_of("a.test", "/"), "web/web") << name;
}

TEST(Annotations, SnippetsAndCanariesAreNotServed) {
  for (const auto name : {"configuration-snippet", "server-snippet", "canary"}) {
    const std::string value = name == std::string_view{"canary"} ? "true" : "gzip on;";
    const auto result = translate_yaml(service("web") + ingress({.name = "odd", .created = "2020-01-01T00:00:00Z", .annotations = {{name, value}}}) + ingress({.name = "main"}));
    EXPECT_EQ(result.route_of("a.test", "/"), "main/web") << name;
    EXPECT_EQ(result.lines_with("Ingress default/odd"), 1u) << name;
  }
}

TEST(Annotations, AnUpstreamThatSpeaksSomethingElseIsNotSpokenToInHttp) {
  EXPECT_EQ(with({{"backend-protocol", "HTTPS"}}).route_of("a.test", "/"), "503");
  EXPECT_EQ(with({{"backend-protocol", "grpc"}}).route_of("a.test", "/"), "503");
  EXPECT_EQ(with({{"backend-protocol", "http"}}).route_of("a.test", "/"), "web/web");
}

TEST(Annotations, NamesThatNeverWereGetTheNearestRealOne) {
  EXPECT_EQ(with({{"rate-limit", "5"}}).lines_with("limit-rps is"), 1u);
  EXPECT_EQ(with({{"proxy-body-sise", "5"}}).lines_with("did you mean proxy-body-size?"), 1u);
  EXPECT_EQ(with({{"websocket-services", "x"}}).lines_with("not needed"), 1u);
  EXPECT_EQ(with({{"use-forwarded-headers", "true"}}).lines_with("is a key of the ConfigMap, not an annotation"), 1u);
  EXPECT_EQ(with({{"secure-backends", "true"}}).lines_with("was removed from ingress-nginx"), 1u);
}

TEST(Annotations, OthersPrefixesAreNotOurs) { EXPECT_TRUE(with({{"traefik.ingress.kubernetes.io/router.tls", "true"}}).diagnostics.empty()); }

TEST(Annotations, ARewriteIsMadeOfTheRoutesOwnExpression) {
  const auto result = translate_yaml(service("web") + ingress({.path = "/api(/|$)(.*)", .path_type = "ImplementationSpecific", .annotations = {{"rewrite-target", "/$2"}}}));
  const auto* route = result.find("a.test", "/api/users");
  ASSERT_TRUE(route && route->policies.rewrite);
  std::string out;
  EXPECT_EQ(routing::apply(*route->policies.rewrite, "/api/users", out), routing::RewriteOutcome::rewritten);
  EXPECT_EQ(out, "/users");
}

TEST(Annotations, AnyOfTheClientCertificateAnnotationsClosesTheHostUnlessNoneIsAskedFor) {
  EXPECT_EQ(with({{"auth-tls-verify-client", "optional"}}).route_of("a.test", "/"), "503");
  EXPECT_EQ(with({{"auth-tls-match-cn", "CN=x"}, {"auth-tls-verify-client", "off"}}).route_of("a.test", "/"), "503");
  EXPECT_EQ(with({{"auth-tls-secret", "default/ca"}, {"auth-tls-verify-client", "off"}}).route_of("a.test", "/"), "web/web");
}

TEST(Annotations, ALimitOfNothingAndAListOfEverybodyGuardNothing) {
  EXPECT_EQ(with({{"limit-rps", "0"}}).route_of("a.test", "/"), "web/web");
  EXPECT_EQ(with({{"whitelist-source-range", "0.0.0.0/0, ::/0"}}).route_of("a.test", "/"), "web/web");
  EXPECT_EQ(with({{"whitelist-source-range", "0.0.0.0/0"}}).route_of("a.test", "/"), "503");
}

TEST(Annotations, ARedirectedPathDoesNotFallBackToItsService) {
  EXPECT_EQ(with({{"permanent-redirect", "https://b.test"}}).route_of("a.test", "/"), "503");
  EXPECT_EQ(with({{"temporal-redirect", "https://b.test"}}).route_of("a.test", "/"), "503");
  EXPECT_EQ(with({{"temporal-redirect", "ftp://b.test"}}).route_of("a.test", "/"), "web/web");
}

TEST(Annotations, WhatAsksForNothingIsNotWorthALine) {
  EXPECT_TRUE(with({{"enable-cors", "false"}, {"proxy-buffering", "off"}, {"proxy-http-version", "1.1"}, {"load-balance", "round_robin"}}).diagnostics.empty());
  EXPECT_EQ(with({{"enable-cors", "true"}}).lines_with("not supported yet"), 1u);
}

TEST(Annotations, AnIngressThatSaysItIsNoCanaryIsServed) {
  EXPECT_EQ(with({{"canary", "false"}, {"canary-weight", "10"}}).route_of("a.test", "/"), "web/web");
  EXPECT_EQ(with({{"canary-weight", "10"}}).route_of("a.test", "/"), "404");
}

TEST(Annotations, SnippetsAreDroppedWhereTheConfigMapForbidsThemAtTheHighestRisk) {
  controller::Options options;
  options.config_map = "default/conf";
  const auto served = [&](std::vector<std::pair<std::string, std::string>> data) {
    return translate_yaml(config_map(data) + service("web") + ingress({.annotations = {{"configuration-snippet", "x;"}}}), options).route_of("a.test", "/") == "web/web";
  };
  EXPECT_TRUE(served({{"annotations-risk-level", "Critical"}}));
  EXPECT_FALSE(served({{"annotations-risk-level", "Critical"}, {"allow-snippet-annotations", "true"}}));
  EXPECT_FALSE(served({{"annotations-risk-level", "High"}}));
}

TEST(Annotations, AWaitOfNothingIsRefused) {
  const auto result = translate_yaml(service("web") + ingress({.annotations = {{"proxy-connect-timeout", "0"}, {"proxy-read-timeout", "0"}, {"proxy-send-timeout", "+0"}}}));
  EXPECT_EQ(result.lines_with("and 0 is no time at all"), 3u);
  EXPECT_EQ(result.find("a.test", "/")->policies.timeouts, routing::Timeouts{});
  EXPECT_TRUE(translate_yaml(service("web") + ingress({.annotations = {{"proxy-next-upstream-timeout", "0"}}})).diagnostics.empty());
}
