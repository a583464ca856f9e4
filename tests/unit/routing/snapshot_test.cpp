#include "routing/snapshot.hpp"

#include "routing/content_hash.hpp"
#include "routing/regex.hpp"

#include <boost/json.hpp>
#include <gtest/gtest.h>

namespace routing {
namespace {

Snapshot make_snapshot() {
  auto upstreams = std::make_shared<UpstreamTable>();
  upstreams->groups.push_back(std::make_shared<const UpstreamGroup>(UpstreamGroup{
      .name = "shop-web-80", .service_namespace = "shop", .service = "web", .port = "80", .endpoints = {{"10.0.0.1", 8080}}}));
  upstreams->content_hash = hash_of(*upstreams);

  auto routes = std::make_shared<RouteTable>();
  HostEntry named{.name = "a.com"}, any;
  named.routes.push_back({.origin = {.ingress_namespace = "shop", .ingress_name = "web", .host = "a.com", .path = "/a(/|$)(.*)"}, .action = Forward{0}});
  named.routes[0].policies.rewrite = Rewrite{compile_search("/a(/|$)(.*)").regex, parse_rewrite_target("/$2").pieces, "/$2"};
  named.paths.insert_regex("/a(/|$)(.*)", compile_path("/a(/|$)(.*)").regex, 0);
  any.routes.push_back({.action = Reply{503, "refused"}});
  EXPECT_TRUE(any.paths.insert("/", PathType::prefix, 0));
  for (HostEntry* host : {&named, &any}) {
    host->paths.freeze();
    EXPECT_TRUE(routes->add(std::make_shared<const HostEntry>(*host)));
  }
  routes->content_hash = hash_of(*routes);

  auto certificates = std::make_shared<CertificateTable>();
  static const auto fallback = *tls::Certificate::self_signed();
  certificates->fallback = fallback;
  certificates->entries.push_back({"a.com", "shop/tls", nullptr});
  certificates->content_hash = hash_of(*certificates);

  auto settings = std::make_shared<Settings>();
  settings->ticket_key = "SECRET-TICKET-KEY";
  Snapshot snapshot{routes, upstreams, certificates, settings};
  snapshot.version = version_of(snapshot);
  return snapshot;
}

TEST(Snapshot, EqualContentGivesEqualVersionAndText) {
  const auto a = make_snapshot();
  const auto b = make_snapshot();
  EXPECT_EQ(a.version, b.version);
  EXPECT_NE(a.version, 0u);
  EXPECT_EQ(to_json(a), to_json(b));
}

TEST(Snapshot, JsonShowsWhatIsServed) {
  const auto value = boost::json::parse(to_json(make_snapshot()));
  const auto& host = value.at("hosts").at(0);
  EXPECT_EQ(host.at("name"), "a.com");
  EXPECT_EQ(host.at("regex"), true);
  EXPECT_EQ(host.at("routes").at(0).at("origin").at("type"), "Regex");
  EXPECT_EQ(host.at("routes").at(0).at("action").at("forward"), "shop-web-80");
  EXPECT_EQ(host.at("routes").at(0).at("policies").at("rewrite_target"), "/$2");
  EXPECT_EQ(value.at("hosts").at(1).at("routes").at(0).at("action").at("reply"), 503);
  EXPECT_EQ(value.at("upstreams").at(0).at("endpoints").at(0).at("address"), "10.0.0.1");
  EXPECT_EQ(value.at("settings").at("has_ticket_key"), true);
  EXPECT_EQ(value.at("settings").at("forwarding").at("trusted").at(0), "::/0");
  EXPECT_TRUE(value.at("certificates").at("entries").at(0).at("certificate").is_null());
}

TEST(Snapshot, JsonHoldsNoKeys) {
  const auto text = to_json(make_snapshot());
  EXPECT_EQ(text.find("SECRET-TICKET-KEY"), std::string::npos);
  EXPECT_EQ(text.find("PRIVATE"), std::string::npos);
}

}  // namespace
}  // namespace routing
