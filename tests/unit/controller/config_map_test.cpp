#include "controller/translate/diagnostics.hpp"
#include "tests/support/translate_yaml.hpp"

#include <gtest/gtest.h>

using namespace test;
using namespace std::chrono_literals;

namespace {

Translated with(std::vector<std::pair<std::string, std::string>> data) {
  controller::Options options;
  options.config_map = "default/conf";
  return translate_yaml(config_map(data) + service("web") + ingress({}), options);
}

}  // namespace

TEST(ConfigMap, BecomesSettingsAndDefaults) {
  const auto result = with({{"keep-alive", "10"}, {"proxy-read-timeout", "120"}, {"hsts-max-age", "86400"}, {"hsts-preload", "true"}, {"ssl-protocols", "TLSv1.3"},
                            {"large-client-header-buffers", "2 16k"}, {"upstream-keepalive-time", "2h"}, {"worker-shutdown-timeout", "30s"}, {"server-tokens", "false"},
                            {"log-format-escape-json", "true"}, {"http-redirect-code", "301"}, {"proxy-real-ip-cidr", "10.0.0.0/8"}, {"use-forwarded-headers", "true"}});
  const routing::Settings& settings = *result.snapshot().settings;

  EXPECT_TRUE(result.diagnostics.empty()) << result.diagnostics.front();
  EXPECT_EQ(settings.downstream.keep_alive, 10s);
  EXPECT_EQ(result.find("a.test", "/")->policies.timeouts.read, 120s);
  EXPECT_EQ(settings.hsts.max_age_seconds, 86400u);
  EXPECT_TRUE(settings.hsts.preload);
  EXPECT_FALSE(settings.tls.tls12);
  EXPECT_EQ(settings.downstream.large_header_buffers, 2u);
  EXPECT_EQ(settings.downstream.large_header_buffer_bytes, 16384u);
  EXPECT_EQ(settings.upstream_keep_alive.lifetime, 7200s);
  EXPECT_EQ(settings.drain_limit, 30s);
  EXPECT_EQ(settings.server_tokens, routing::ServerTokens::none);
  EXPECT_EQ(settings.access_log.escape, routing::LogEscape::json);
  EXPECT_EQ(result.find("a.test", "/")->policies.tls_redirect.status, 301);
  EXPECT_EQ(settings.forwarding.trusted.front().prefix_bits, 104);
}

TEST(ConfigMap, AnnotationsWin) {
  controller::Options options;
  options.config_map = "default/conf";
  const auto result = translate_yaml(config_map({{"proxy-read-timeout", "120"}}) + service("web") + ingress({.annotations = {{"proxy-read-timeout", "5"}}}), options);
  EXPECT_EQ(result.find("a.test", "/")->policies.timeouts.read, 5s);
}

TEST(ConfigMap, ValuesThatCannotBeUsedKeepTheDefault) {
  const auto result = with({{"keep-alive", "soon"}, {"ssl-ciphers", "NO-SUCH"}, {"http-redirect-code", "404"}, {"ssl-session-ticket-key", "c2hvcnQ="}});
  EXPECT_EQ(result.snapshot().settings->downstream.keep_alive, 75s);
  EXPECT_EQ(result.lines_with("cannot be used; the default is in force"), 4u);
  EXPECT_EQ(result.lines_with("c2hvcnQ="), 0u);  // a secret, even a bad one
}

TEST(ConfigMap, ATrustListThatCannotBeReadTrustsNobody) {
  const auto result = with({{"use-forwarded-headers", "true"}, {"proxy-real-ip-cidr", "10.0.0.0/8,foo"}});
  EXPECT_TRUE(result.snapshot().settings->forwarding.trusted.empty());
  EXPECT_EQ(result.lines_with("nobody is trusted until it can"), 1u);
  EXPECT_EQ(with({{"proxy-real-ip-cidr", " "}}).snapshot().settings->forwarding.trusted.size(), 1u) << "the default";
}

TEST(ConfigMap, GuardsThatAreNotBuiltYetCloseEverything) {
  for (const auto key : {"global-auth-url", "whitelist-source-range", "denylist-source-range", "block-cidrs", "block-user-agents", "block-referers"}) {
    const auto result = with({{key, "x"}});
    EXPECT_EQ(result.route_of("a.test", "/"), "503") << key;
    EXPECT_EQ(result.route_of("b.test", "/"), "503") << key;
    EXPECT_EQ(with({{key, ""}}).route_of("a.test", "/"), "web/web") << key;
  }
}

TEST(ConfigMap, UnknownKeysGetTheNearestRealOne) {
  EXPECT_EQ(with({{"proxy-read-timeuot", "5"}}).lines_with("did you mean proxy-read-timeout?"), 1u);
  EXPECT_EQ(with({{"worker-processes", "4"}}).lines_with("has no meaning here"), 1u);
  EXPECT_EQ(with({{"use-gzip", "true"}}).lines_with("not supported yet"), 1u);
  EXPECT_TRUE(with({{"use-gzip", "false"}}).diagnostics.empty());
}

TEST(ConfigMap, AWaitOfNothingIsRefused) {
  const auto result = with({{"proxy-connect-timeout", "0"}, {"proxy-read-timeout", "0s"}, {"proxy-send-timeout", "0"}, {"client-header-timeout", "0"}, {"client-body-timeout", "0"}});
  EXPECT_EQ(result.lines_with("cannot be used; the default is in force"), 5u);
  EXPECT_EQ(result.find("a.test", "/")->policies.timeouts, routing::Timeouts{});
  EXPECT_TRUE(with({{"keep-alive", "0"}, {"proxy-next-upstream-timeout", "0"}}).diagnostics.empty());
}

TEST(ConfigMap, WhatItsAuthorCannotHaveMeantIsTold) {
  EXPECT_EQ(with({{"log-format-upstream", "$remote_addr $http_x ${status} $remote_adr $nonsense $remote_adr"}}).lines_with("$remote_adr, $nonsense is no variable"), 1u);
  EXPECT_TRUE(with({{"log-format-upstream", "$Host costs 5$ ${arg_a} $upstream_http_x"}}).diagnostics.empty());
  EXPECT_EQ(with({{"ssl-protocols", " "}}).lines_with("data.ssl-protocols: is empty: the default is in force"), 1u);
  EXPECT_EQ(with({{"ssl-ciphers", ""}}).lines_with("data.ssl-ciphers: is empty"), 1u);
}

TEST(ConfigMap, AFirewallClosesAsItsAnnotationDoes) {
  EXPECT_EQ(with({{"enable-modsecurity", "true"}}).route_of("a.test", "/"), "503");
  EXPECT_EQ(with({{"enable-owasp-modsecurity-crs", "true"}}).route_of("a.test", "/"), "503");
  EXPECT_EQ(with({{"enable-modsecurity", "false"}}).route_of("a.test", "/"), "web/web");
  EXPECT_TRUE(with({{"enable-modsecurity", "false"}}).diagnostics.empty());
}

TEST(ConfigMap, ASnippetThatMayGuardClosesEverything) {
  EXPECT_EQ(with({{"server-snippet", "if ($ok != 1) { return 403; }"}}).route_of("a.test", "/"), "503");
  EXPECT_EQ(with({{"location-snippet", "deny all;"}}).route_of("a.test", "/"), "503");
  EXPECT_EQ(with({{"http-snippet", "map $a $b { default 0; }"}}).route_of("a.test", "/"), "web/web");
}

TEST(ConfigMap, OneThatIsGoneStaysInForce) {
  controller::Options options;
  options.config_map = "default/conf";
  controller::translate::CertificateCache certificates;
  const std::string rest = service("web") + ingress({});
  auto translation = controller::translate::translate(decode_yaml(config_map({{"denylist-source-range", "10.0.0.0/8"}}) + rest).store, options, {}, certificates);
  const auto version = translation.snapshot->version;
  for (int i = 0; i < 2; ++i) {
    controller::translate::translate(translation, decode_yaml(rest).store, options, {}, certificates, nullptr);
    EXPECT_EQ(translation.snapshot->version, version);
    const auto all = controller::translate::diagnostics_of(translation);
    ASSERT_FALSE(all.empty());
    EXPECT_EQ(routing::to_line(all.front()).find("ConfigMap default/conf: --configmap: is gone"), 0u);
  }
}
