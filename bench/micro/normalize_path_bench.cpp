// The check that every request pays, and the slow path that few do.

#include "routing/normalize_path.hpp"

#include <benchmark/benchmark.h>

namespace {

constexpr std::string_view short_path = "/api/v1/items/42";
constexpr std::string_view long_path = "/static/assets/2024/07/app.3f2b1c9d.chunk-vendors~main~admin.min.js";
constexpr std::string_view escaped_path = "/static//a%20b/./c/../app%2Fmain.js";

void check_path(benchmark::State& state, std::string_view path) {
  for (auto _ : state) benchmark::DoNotOptimize(routing::is_normalised(path));
}
BENCHMARK_CAPTURE(check_path, short, short_path);
BENCHMARK_CAPTURE(check_path, long, long_path);

void normalise(benchmark::State& state, std::string_view path) {
  std::string out;
  for (auto _ : state) benchmark::DoNotOptimize(routing::normalize_path(path, out));
}
BENCHMARK_CAPTURE(normalise, short, short_path);
BENCHMARK_CAPTURE(normalise, escaped, escaped_path);

void climb(benchmark::State& state) {
  std::string path, out;
  for (int i = 0; i < 1600; ++i) path += "/a/..";
  for (auto _ : state) benchmark::DoNotOptimize(routing::normalize_path(path, out));
}
BENCHMARK(climb);

}  // namespace
