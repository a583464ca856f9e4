#include "routing/content_hash.hpp"

#include "routing/hash.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <set>

namespace routing {
namespace {

TEST(Hash, ValueIsTheSameInEveryProcessAndOnEveryPlatform) {
  EXPECT_EQ(hash_bytes("shop.example.com"), hash_bytes(std::string{"shop.example.com"}));
  ContentHash hash;
  hash.add("a");
  hash.add(std::uint64_t{1});
  EXPECT_EQ(hash_bytes(""), 0x54aded50dde43a01);
  EXPECT_EQ(hash_bytes("shop.example.com"), 0x728a76f048b07c89);
  EXPECT_EQ(hash.value(), 0x97247765d55e2de8);
}

TEST(Hash, ShortStringsDoNotCollide) {
  std::set<std::uint64_t> seen;
  std::size_t count = 0;
  for (int a = 0; a < 64; ++a) {
    for (int b = 0; b < 64; ++b) {
      for (std::size_t length = 2; length < 20; ++length) {
        std::string text(length, 'x');
        text[0] = static_cast<char>(a);
        text[length - 1] = static_cast<char>(b);
        seen.insert(hash_bytes(text));
        ++count;
      }
    }
  }
  EXPECT_EQ(seen.size(), count);
}

TEST(ContentHash, BordersBetweenStringsCount) {
  ContentHash a, b;
  a.add("ab");
  a.add("c");
  b.add("a");
  b.add("bc");
  EXPECT_NE(a.value(), b.value());
}

HostEntry one_route() {
  HostEntry host{.name = "a.com"};
  host.routes.push_back({.origin = {.ingress_namespace = "shop", .ingress_name = "web", .host = "a.com", .path = "/"}, .action = Forward{0}});
  EXPECT_TRUE(host.paths.insert("/", PathType::prefix, 0));
  host.paths.freeze();
  return host;
}

TEST(ContentHash, EveryPartOfARouteCounts) {
  const std::function<void(HostEntry&)> changes[] = {
      [](auto& h) { h.routes[0].origin.ingress_name = "other"; },
      [](auto& h) { h.routes[0].origin.type = PathType::exact; },
      [](auto& h) { h.routes[0].action = Forward{0, 1}; },
      [](auto& h) { h.routes[0].action = Reply{503, "denied"}; },
      [](auto& h) { h.routes[0].policies.tls_redirect.active = true; },
      [](auto& h) { h.routes[0].policies.body_limit.max_body_bytes = 1; },
      [](auto& h) { h.routes[0].policies.timeouts.read = std::chrono::seconds{1}; },
      [](auto& h) { h.routes[0].policies.retry.on = RetryOn::none; },
      [](auto& h) { h.routes[0].policies.rewrite = Rewrite{nullptr, {}, "/x"}; },
      [](auto& h) { h.routes[0].policies.stand_in = Forward{0, 1}; },
      [](auto& h) { h.routes[0].policies.access_log = false; },
      [](auto& h) { h.has_certificate = true; },
      [](auto& h) { h.name = "b.com"; },
  };
  std::set<std::uint64_t> seen{hash_of(one_route())};
  EXPECT_EQ(hash_of(one_route()), *seen.begin());
  for (const auto& change : changes) {
    auto host = one_route();
    change(host);
    EXPECT_TRUE(seen.insert(hash_of(host)).second);
  }
}

TEST(ContentHash, TheNumberOfAnUpstreamDoesNotCount) {
  auto host = one_route();
  host.routes[0].action = Forward{7};
  EXPECT_EQ(hash_of(host), hash_of(one_route()));
}

TEST(ContentHash, HostsAndTheFallbackOfATableCount) {
  const auto table = [](std::uint64_t of_host, Route fallback) {
    RouteTable made;
    EXPECT_TRUE(made.add(std::make_shared<const HostEntry>(HostEntry{.name = "a.com", .content_hash = of_host})));
    made.fallback = std::move(fallback);
    return hash_of(made);
  };
  const std::set<std::uint64_t> seen{hash_of(RouteTable{}), table(1, {}), table(2, {}), table(1, {.action = Reply{404, ""}}), table(1, {.origin = {.service = "x"}})};
  EXPECT_EQ(seen.size(), 5u);
}

TEST(ContentHash, EveryPartOfTheSettingsCounts) {
  const std::function<void(Settings&)> changes[] = {
      [](auto& s) { s.downstream.keep_alive = std::chrono::seconds{1}; },
      [](auto& s) { s.downstream.enable_underscores = true; },
      [](auto& s) { s.upstream_keep_alive.requests = 1; },
      [](auto& s) { s.hsts.preload = true; },
      [](auto& s) { s.server_tokens = ServerTokens::none; },
      [](auto& s) { s.allow_backend_server_header = true; },
      [](auto& s) { s.forwarding.trusted.clear(); },
      [](auto& s) { s.forwarding.trusted[0].prefix_bits = 8; },
      [](auto& s) { s.access_log.format = "x"; },
      [](auto& s) { s.tls.ciphers = "x"; },
      [](auto& s) { s.tls.alpn.push_back("h2"); },
      [](auto& s) { s.tls.reject_unknown_names = true; },
      [](auto& s) { s.ticket_key = "k"; },
      [](auto& s) { s.drain_limit = std::chrono::seconds{1}; },
  };
  std::set<std::uint64_t> seen{hash_of(Settings{})};
  for (const auto& change : changes) {
    Settings settings;
    change(settings);
    EXPECT_TRUE(seen.insert(hash_of(settings)).second);
  }
}

TEST(ContentHash, EndpointsAndReasonsCount) {
  const auto table = [](UpstreamGroup group) {
    group.content_hash = hash_of(group);
    const auto shared = std::make_shared<const UpstreamGroup>(std::move(group));
    EXPECT_EQ(hash_of(UpstreamTable{{shared}, 0}), hash_of(UpstreamTable{{nullptr, shared, nullptr}, 0})) << "wherever it stands";
    return hash_of(UpstreamTable{{shared}, 0});
  };
  std::set<std::uint64_t> seen{hash_of(UpstreamTable{}), table({.name = "a"}), table({.name = "a", .endpoints = {{"10.0.0.1", 80}}}),
                               table({.name = "a", .endpoints = {{"10.0.0.1", 81}}}), table({.name = "a", .empty_reason = "x"})};
  EXPECT_EQ(seen.size(), 5u);
}

TEST(ContentHash, GeneratedFallbackCertificateDoesNotCount) {
  CertificateTable a, b;
  a.fallback = *tls::Certificate::self_signed();
  b.fallback = *tls::Certificate::self_signed();
  EXPECT_EQ(hash_of(a), hash_of(b));
  a.fallback_secret = b.fallback_secret = "ns/default";
  EXPECT_NE(hash_of(a), hash_of(b));
}

}  // namespace
}  // namespace routing
