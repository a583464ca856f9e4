// Finding the route of a request: the cost must not depend on the number of hosts.

#include "routing/regex.hpp"
#include "routing/route_table.hpp"

#include <benchmark/benchmark.h>
#include <fmt/format.h>

namespace {

std::string host_name(std::int64_t i) { return fmt::format("app-{}.team-{}.example.com", i, i % 50); }

void add_host(routing::RouteTable& table, const std::string& name, std::initializer_list<std::string_view> prefixes) {
  routing::HostEntry host;
  host.name = name;
  for (const auto path : prefixes) {
    host.paths.insert(path, routing::PathType::prefix, static_cast<std::uint32_t>(host.routes.size()));
    host.routes.emplace_back();
  }
  host.paths.freeze();
  table.add(std::make_shared<const routing::HostEntry>(std::move(host)));
}

routing::RouteTable make_table(std::int64_t hosts, std::initializer_list<std::string_view> prefixes) {
  routing::RouteTable table;
  for (std::int64_t i = 0; i < hosts; ++i) add_host(table, host_name(i), prefixes);
  return table;
}

// Requests walk over all hosts in a scattered order, so that a big table pays for its cache misses.
void run(benchmark::State& state, const routing::RouteTable& table, std::string_view path) {
  const auto hosts = state.range(0);
  std::vector<std::string> names;
  for (std::int64_t i = 0; i < hosts; ++i) names.push_back(host_name(i * 7919 % hosts));
  std::size_t next = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(table.match({names[next], path}));
    if (++next == names.size()) next = 0;
  }
}

void match_root(benchmark::State& state) { run(state, make_table(state.range(0), {"/"}), "/api/v1/items/42"); }
BENCHMARK(match_root)->Arg(1)->Arg(100)->Arg(10'000);

// The same host again and again: the cost of the instructions alone.
void match_root_one_host_asked(benchmark::State& state) {
  const auto table = make_table(state.range(0), {"/"});
  const auto name = host_name(state.range(0) / 2);
  for (auto _ : state) benchmark::DoNotOptimize(table.match({name, "/api/v1/items/42"}));
}
BENCHMARK(match_root_one_host_asked)->Arg(1)->Arg(100)->Arg(10'000);

void match_paths(benchmark::State& state) {
  run(state, make_table(state.range(0), {"/", "/api", "/api/v1", "/api/v2", "/static/", "/admin"}), "/api/v1/items/42");
}
BENCHMARK(match_paths)->Arg(1)->Arg(100)->Arg(10'000);

void match_unknown_host(benchmark::State& state) {
  const auto table = make_table(state.range(0), {"/"});
  for (auto _ : state) benchmark::DoNotOptimize(table.match({"absent.example.org", "/"}));
}
BENCHMARK(match_unknown_host)->Arg(1)->Arg(10'000);

void find_path_among(benchmark::State& state) {
  routing::PathIndex index;
  for (std::uint32_t i = 0; i < state.range(0); ++i) index.insert(fmt::format("/svc-{}/api", i), routing::PathType::prefix, i);
  index.freeze();
  const auto path = fmt::format("/svc-{}/api/items", state.range(0) / 2);
  for (auto _ : state) benchmark::DoNotOptimize(index.find(path));
}
BENCHMARK(find_path_among)->Arg(10)->Arg(1000);

void find_path_of_4000_segments(benchmark::State& state) {
  routing::PathIndex index;
  std::string path;
  for (std::uint32_t i = 0; i < 4000; ++i) {
    path += "/a";
    if (i % 2 == 0) index.insert(path, routing::PathType::exact, i);
  }
  index.freeze();
  for (auto _ : state) benchmark::DoNotOptimize(index.find(path));
}
BENCHMARK(find_path_of_4000_segments);

void find_regex(benchmark::State& state) {
  routing::PathIndex index;
  std::uint32_t route = 0;
  for (const auto* path : {"/api(/|$)(.*)", "/static/.*\\.css$", "/admin", "/"}) {
    index.insert_regex(path, routing::compile_path(path).regex, route++);
  }
  index.freeze();
  const std::string_view paths[] = {"/api/v1/items/42", "/static/site.css", "/admin/x", "/else"};
  const auto path = paths[state.range(0)];
  for (auto _ : state) benchmark::DoNotOptimize(index.find(path));
}
BENCHMARK(find_regex)->DenseRange(0, 3);

void rewrite_path(benchmark::State& state) {
  const routing::Rewrite rewrite{routing::compile_search("/api(/|$)(.*)").regex, routing::parse_rewrite_target("/$2").pieces, "/$2"};
  std::string out;
  for (auto _ : state) benchmark::DoNotOptimize(routing::apply(rewrite, "/api/v1/items/42", out));
}
BENCHMARK(rewrite_path);

}  // namespace
