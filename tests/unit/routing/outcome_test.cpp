#include "routing/outcome.hpp"

#include "routing/regex.hpp"

#include <gtest/gtest.h>

#include <memory>

namespace routing {
namespace {

// Host "a.test" with one route at `path`, to a group with one endpoint and, beside it, an empty group 1.
struct World {
  RouteTable table;
  UpstreamTable upstreams;
  Settings settings;
  Route route{.origin = {.host = "a.test", .path = "/app"}, .action = Forward{0}};
  std::string path = "/app";

  World() {
    upstreams.groups.push_back(std::make_shared<const UpstreamGroup>(UpstreamGroup{.name = "full", .endpoints = {{"10.0.0.1", 80}}}));
    upstreams.groups.push_back(std::make_shared<const UpstreamGroup>(UpstreamGroup{.name = "empty", .empty_reason = "nobody there"}));
    table.fallback.action = Reply{404, "nothing"};
  }
  Snapshot snapshot() const {
    RouteTable made = table;
    HostEntry host{.name = "a.test"};
    EXPECT_TRUE(host.paths.insert(path, PathType::prefix, 0));
    host.paths.freeze();
    host.routes.push_back(route);
    EXPECT_TRUE(made.add(std::make_shared<const HostEntry>(std::move(host))));
    Snapshot snapshot;
    snapshot.routes = std::make_shared<const RouteTable>(std::move(made));
    snapshot.upstreams = std::make_shared<const UpstreamTable>(upstreams);
    snapshot.certificates = std::make_shared<const CertificateTable>();
    snapshot.settings = std::make_shared<const Settings>(settings);
    return snapshot;
  }
};

AskedRequest request(std::string path, std::string host = "a.test") {
  return {.host = host, .authority = host, .target = path + "?q", .path = path, .query = "?q"};
}

TEST(Outcome, ForwardsWhatMatchesWithItsQuery) {
  const auto snapshot = World{}.snapshot();
  const Outcome outcome = outcome_of(snapshot, request("/app/%78"), 443);
  EXPECT_EQ(outcome.kind, OutcomeKind::forward);
  EXPECT_EQ(outcome.normalised_path, "/app/x");
  EXPECT_EQ(outcome.upstream, 0u);
  EXPECT_EQ(outcome.upstream_target, "/app/%78?q");
}

TEST(Outcome, AnswersWhatNobodyDeclares) {
  const auto snapshot = World{}.snapshot();
  EXPECT_EQ(outcome_of(snapshot, request("/other"), 443).status, 404);
  EXPECT_EQ(outcome_of(snapshot, request("/app", "b.test"), 443).status, 404);
  EXPECT_EQ(outcome_of(snapshot, request("/healthz", "b.test"), 443).status, 200);
  EXPECT_EQ(outcome_of(snapshot, request("/healthz"), 443).status, 404);
  EXPECT_EQ(outcome_of(snapshot, request("/%zz"), 443).status, 400);
  AskedRequest refused = request("/app");
  refused.refused_status = 431;
  EXPECT_EQ(outcome_of(snapshot, refused, 443).status, 431);
}

TEST(Outcome, RedirectsPlainHttpAlone) {
  World world;
  world.route.policies.tls_redirect.active = true;
  const auto snapshot = world.snapshot();
  AskedRequest asked = request("/app");
  const Outcome outcome = outcome_of(snapshot, asked, 443);
  EXPECT_EQ(outcome.kind, OutcomeKind::redirect);
  EXPECT_EQ(outcome.status, 308);
  EXPECT_EQ(outcome.location, "https://a.test/app?q");
  asked.scheme = "https";
  EXPECT_EQ(outcome_of(snapshot, asked, 443).kind, OutcomeKind::forward);
}

TEST(Outcome, AddsASlashThatAloneIsDeclared) {
  World world;
  world.path = world.route.origin.path = "/app/";
  const auto snapshot = world.snapshot();
  const Outcome outcome = outcome_of(snapshot, request("/app"), 443);
  EXPECT_EQ(outcome.status, 301);
  EXPECT_EQ(outcome.location, "http://a.test/app/?q");
}

TEST(Outcome, LetsAnotherGroupStandInForOneWithoutEndpoints) {
  World world;
  world.route.action = Forward{1};
  const auto empty = world.snapshot();
  const Outcome refused = outcome_of(empty, request("/app"), 443);
  EXPECT_EQ(refused.status, 503);
  EXPECT_EQ(refused.reason, "nobody there");
  world.route.policies.stand_in = Forward{0};
  const auto snapshot = world.snapshot();
  const Outcome outcome = outcome_of(snapshot, request("/app"), 443);
  EXPECT_EQ(outcome.kind, OutcomeKind::stand_in);
  EXPECT_EQ(outcome.upstream, 0u);
}

TEST(Outcome, RewritesOrSendsAway) {
  World world;
  const auto with_target = [&world](const std::string& target) {
    world.route.policies.rewrite = Rewrite{compile_search("/app(.*)").regex, parse_rewrite_target(target).pieces, target};
    return world.snapshot();
  };
  const auto rewriting = with_target("/new$1");
  EXPECT_EQ(outcome_of(rewriting, request("/app/x"), 443).upstream_target, "/new/x?q");
  EXPECT_EQ(outcome_of(rewriting, request("/app/x"), 443).kind, OutcomeKind::forward);
  const auto sending_away = with_target("https://b.test$1");
  EXPECT_EQ(outcome_of(sending_away, request("/app/x"), 443).location, "https://b.test/x?q");
}

TEST(Outcome, RefusesARewriteThatClimbs) {
  World world;
  world.path = "/";
  world.route.policies.rewrite = Rewrite{compile_search("/files(.*)").regex, parse_rewrite_target("/static/$1").pieces, "/static/$1"};
  const auto snapshot = world.snapshot();
  const Outcome outcome = outcome_of(snapshot, request("/files../secret"), 443);
  EXPECT_EQ(outcome.status, 400);
  EXPECT_EQ(outcome.upstream_target, "");
}

TEST(Outcome, RefusesAHandshakeForAnUndeclaredNameWhenToldTo) {
  World world;
  world.settings.tls.reject_unknown_names = true;
  const auto snapshot = world.snapshot();
  AskedRequest asked = request("/app");
  asked.is_tls = true;
  EXPECT_EQ(outcome_of(snapshot, asked, 443).kind, OutcomeKind::handshake_refused);
  asked.is_tls = false;
  EXPECT_EQ(outcome_of(snapshot, asked, 443).kind, OutcomeKind::forward);
}

}  // namespace
}  // namespace routing
