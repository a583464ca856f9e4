#include "routing/route_table.hpp"

#include <gtest/gtest.h>

namespace routing {
namespace {

// One host "name" with its routes, in order.
void add_host(RouteTable& table, std::string name, std::initializer_list<std::string_view> prefixes) {
  HostEntry host{.name = name};
  for (const auto path : prefixes) {
    EXPECT_TRUE(host.paths.insert(path, PathType::prefix, static_cast<std::uint32_t>(host.routes.size())));
    host.routes.push_back({.origin = {.host = name, .path = std::string{path}}});
  }
  host.paths.freeze();
  EXPECT_TRUE(table.add(std::make_shared<const HostEntry>(std::move(host))));
}

RouteTable make_table() {
  RouteTable table;
  add_host(table, "shop.example.com", {"/cart", "/admin/"});
  add_host(table, "*.example.com", {"/"});
  return table;
}

TEST(RouteTable, FindsHostThenPath) {
  const auto table = make_table();
  const auto match = table.match({"shop.example.com", "/cart/1"});
  EXPECT_EQ(match.kind, MatchKind::route);
  EXPECT_EQ(match.route, &table.hosts[0]->routes[0]);
  EXPECT_EQ(match.host, table.hosts[0].get());
  EXPECT_EQ(match.place, 0u);
}

TEST(RouteTable, PathMissDoesNotFallToAnotherHost) {
  const auto table = make_table();
  const auto match = table.match({"shop.example.com", "/other"});
  EXPECT_EQ(match.kind, MatchKind::unknown_path);
  EXPECT_EQ(match.route, nullptr);
  EXPECT_EQ(match.host, table.hosts[0].get());
}

TEST(RouteTable, AddSlashNamesItsRoute) {
  const auto table = make_table();
  const auto match = table.match({"shop.example.com", "/admin"});
  EXPECT_EQ(match.kind, MatchKind::add_slash);
  EXPECT_EQ(match.route, &table.hosts[0]->routes[1]);
  EXPECT_EQ(match.place, 1u);
}

TEST(RouteTable, UnknownHostGoesToTheCatchAllIfThereIsOne) {
  auto table = make_table();
  EXPECT_EQ(table.match({"other.org", "/"}).kind, MatchKind::unknown_host);
  EXPECT_EQ(table.match({"", "/"}).host, nullptr);
  add_host(table, "", {"/"});
  EXPECT_EQ(table.match({"other.org", "/"}).host, table.hosts[2].get());
  EXPECT_EQ(table.match({"other.org", "/"}).place, 3u) << "after those of the two hosts before it";
  EXPECT_EQ(table.match({"", "/"}).kind, MatchKind::route);
}

}  // namespace
}  // namespace routing
