#include "proxy/telemetry/request_metrics.hpp"

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace proxy::telemetry {
namespace {

routing::RouteOrigin origin(const std::string& name, routing::PathType type = routing::PathType::prefix) {
  return {.ingress_namespace = "shop", .ingress_name = name, .host = name + ".test", .path = "/", .type = type, .service = "web", .port = "80"};
}

std::shared_ptr<const routing::RouteTable> routes(const std::vector<std::string>& names) {
  auto table = std::make_shared<routing::RouteTable>();
  for (const auto& name : names) EXPECT_TRUE(table->add(std::make_shared<const routing::HostEntry>(routing::HostEntry{.name = name, .routes = {{origin(name), {}, {}}}})));
  return table;
}

TEST(RequestMetrics, RoutesWithTheSameLabelsAreCountedTogether) {
  RequestMetrics metrics;
  EXPECT_EQ(metrics.series_of(origin("a")), metrics.series_of(origin("a", routing::PathType::exact)));
  EXPECT_NE(metrics.series_of(origin("a")), metrics.series_of(origin("b")));
}

TEST(RequestMetrics, KeepsMethodsAndStatusesApart) {
  RequestMetrics metrics;
  const auto series = metrics.series_of(origin("a"));
  series->counts(Method::get, 200).add({});
  series->counts(Method::get, 404).add({});
  series->counts(Method::get, 200).add({});
  series->counts(Method::post, 200).add({});
  const auto copy = RequestMetrics::copy_of(*series);
  EXPECT_EQ(copy.labels->ingress, "a");
  std::map<LabelSet, std::uint64_t> found;
  for (const auto& [set, counts] : copy.sets) found[set] = counts.requests();
  EXPECT_EQ(found, (std::map<LabelSet, std::uint64_t>{{{Method::get, 200}, 2}, {{Method::get, 404}, 1}, {{Method::post, 200}, 1}}));
}

TEST(RequestMetrics, TimesThatAreAlikeAreCountedAsThoseThatAreNot) {
  using namespace std::chrono_literals;
  RequestMetrics metrics;
  const auto series = metrics.series_of(origin("a"));
  series->counts(Method::get, 200).add({.request_time = 7ms, .connect_time = 0ms, .header_time = 7ms, .response_time = 7ms});
  series->counts(Method::get, 200).add({.request_time = 30ms, .connect_time = 6ms, .header_time = 20ms, .response_time = 26ms});
  series->counts(Method::get, 200).add({.request_time = 1ms});
  const RequestCounts counts = RequestMetrics::copy_of(*series).sets.at(0).second;
  EXPECT_EQ(counts.requests(), 3u);
  const auto nanoseconds = [](std::chrono::nanoseconds time) { return static_cast<std::uint64_t>(time.count()); };
  EXPECT_EQ(counts.request_time.sum, nanoseconds(38ms));
  EXPECT_EQ(counts.connect_time.sum, nanoseconds(6ms));
  EXPECT_EQ(counts.header_time.sum, nanoseconds(27ms));
  EXPECT_EQ(counts.response_time.sum, nanoseconds(33ms));
  EXPECT_EQ(counts.header_time.total(), 2u);
  EXPECT_EQ(counts.response_time.buckets, (decltype(counts.response_time.buckets){0, 1, 0, 1}));
}

TEST(RequestMetrics, OneRouteHasNoMoreLabelSetsThanItsLimit) {
  RequestMetrics metrics;
  const auto series = metrics.series_of(origin("a"));
  for (std::uint16_t status = 100; status < 100 + RequestMetrics::max_label_sets_of_series + 5; ++status) series->counts(Method::get, status).add({});
  EXPECT_EQ(RequestMetrics::copy_of(*series).sets.size(), RequestMetrics::max_label_sets_of_series);
  EXPECT_EQ(metrics.uncounted(), 5u);
  series->counts(Method::get, 100).add({});  // one that has its place
  EXPECT_EQ(metrics.uncounted(), 5u);
}

TEST(RequestMetrics, MakesRoomForNewRoutesByForgettingThoseThatAreGone) {
  RequestMetrics metrics;
  std::vector<std::string> old_names;
  for (std::size_t i = 0; i < RequestMetrics::max_label_sets; ++i) old_names.push_back("old-" + std::to_string(i));
  metrics.on_routes(routes(old_names));
  for (const auto& name : old_names) metrics.series_of(origin(name))->counts(Method::get, 200).add({});
  metrics.series_of(origin("new"))->counts(Method::get, 200).add({});
  EXPECT_EQ(metrics.uncounted(), 1u);

  metrics.on_routes(routes({"old-0", "new"}));
  metrics.series_of(origin("new"))->counts(Method::get, 200).add({});
  EXPECT_EQ(metrics.uncounted(), 1u);
  const auto kept = metrics.series_of(origin("old-0"));
  ASSERT_EQ(RequestMetrics::copy_of(*kept).sets.size(), 1u);
  EXPECT_EQ(RequestMetrics::copy_of(*kept).sets[0].second.requests(), 1u);
  EXPECT_TRUE(RequestMetrics::copy_of(*metrics.series_of(origin("old-1"))).sets.empty());
}

TEST(Method, UnknownOnesAreAllTheSame) {
  EXPECT_EQ(method_of("GET"), Method::get);
  EXPECT_EQ(method_of("UNLOCK"), Method::unlock);
  EXPECT_EQ(name_of(Method::delete_), "DELETE");
  for (const char* name : {"", "get", "GETS", "OTHER", "BREW"}) EXPECT_EQ(method_of(name), Method::other);
}

}  // namespace
}  // namespace proxy::telemetry
