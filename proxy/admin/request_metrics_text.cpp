#include "proxy/admin/request_metrics_text.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <utility>
#include <vector>

namespace proxy::admin {

namespace {

using telemetry::LabelSet;
using telemetry::RequestCounts;
using telemetry::SeriesLabels;

constexpr std::string_view prefix = "nginx_ingress_controller_";

struct Line {
  std::string labels;
  const RequestCounts* counts;
};

using Sums = std::map<SeriesLabels, std::map<LabelSet, RequestCounts>>;

Sums sums_of(std::span<const telemetry::WorkerReport> reports, const routing::RouteTable& routes) {
  std::set<std::pair<std::string_view, std::string_view>> served;
  for (const auto& route : routes.routes) served.emplace(route.origin.ingress_namespace, route.origin.ingress_name);
  Sums sums;
  for (const auto& report : reports) {
    for (const auto& series : report.series) {
      if (!served.contains({series.labels->ingress_namespace, series.labels->ingress})) continue;
      auto& sets = sums[*series.labels];
      for (const auto& [set, counts] : series.sets) sets[set] += counts;
    }
  }
  return sums;
}

std::vector<Line> lines_of(const Sums& sums, std::string_view controller_labels) {
  std::vector<Line> lines;
  for (const auto& [series, sets] : sums) {
    std::string common{controller_labels};
    add_label(common, "namespace", series.ingress_namespace);
    add_label(common, "ingress", series.ingress);
    add_label(common, "service", series.service);
    add_label(common, "canary", "");
    add_label(common, "host", series.host.empty() ? "_" : series.host);
    add_label(common, "path", series.path);
    for (const auto& [set, counts] : sets) {
      std::string labels = common;
      add_label(labels, "method", name_of(set.method));
      add_label(labels, "status", fmt::format("{:03}", set.status));
      lines.push_back({std::move(labels), &counts});
    }
  }
  return lines;
}

// Bounds as they are written, counts cumulative. Some of `from` may fall between two of `bounds`.
template <std::size_t count, typename Value, std::size_t from_count>
void add_histogram(PrometheusText& text, std::string_view name, const Line& line, const std::array<Value, count>& bounds,
                   const std::array<Value, from_count>& from, const telemetry::Histogram<from_count>& histogram, double unit) {
  std::array<double, count> shown;
  std::array<std::uint64_t, count + 1> buckets;
  std::uint64_t so_far = 0;
  std::size_t at = 0;
  for (std::size_t i = 0; i < count; ++i) {
    while (at < from_count && from[at] <= bounds[i]) so_far += histogram.buckets[at++];
    if constexpr (std::is_integral_v<Value>) shown[i] = static_cast<double>(bounds[i]);
    else shown[i] = std::chrono::duration<double>(bounds[i]).count();
    buckets[i] = so_far;
  }
  buckets[count] = histogram.total();
  text.histogram(name, line.labels, shown, buckets, static_cast<double>(histogram.sum) / unit);
}

// A histogram that has never got a value has no series, as in ingress-nginx: without an upstream there are no upstream times.
template <typename Member>
void add_times(PrometheusText& text, std::string_view name, std::string_view help, const std::vector<Line>& lines, Member member) {
  const std::string full = std::string{prefix}.append(name);
  text.family(full, "histogram", help);
  for (const Line& line : lines)
    if (const auto& histogram = line.counts->*member; histogram.total() > 0)
      add_histogram(text, full, line, telemetry::time_bounds, telemetry::time_bounds, histogram, 1e9);
}

template <std::size_t count, std::size_t from_count, typename Member>
void add_sizes(PrometheusText& text, std::string_view name, std::string_view help, const std::vector<Line>& lines,
               const std::array<std::uint64_t, count>& bounds, const std::array<std::uint64_t, from_count>& from, Member member) {
  const std::string full = std::string{prefix}.append(name);
  text.family(full, "histogram", help);
  for (const Line& line : lines) add_histogram(text, full, line, bounds, from, line.counts->*member, 1);
}

}  // namespace

void add_request_metrics(PrometheusText& text, std::span<const telemetry::WorkerReport> reports, const routing::RouteTable& routes,
                         std::string_view controller_labels) {
  using namespace telemetry;
  const Sums sums = sums_of(reports, routes);
  const std::vector<Line> lines = lines_of(sums, controller_labels);
  const std::string requests = std::string{prefix}.append("requests");
  text.family(requests, "counter", "requests of clients");
  for (const Line& line : lines) text.sample(requests, line.labels, line.counts->requests());
  add_times(text, "request_duration_seconds", "from the first byte of a request to the last of its answer", lines, &RequestCounts::request_time);
  add_times(text, "response_duration_seconds", "from choosing an endpoint to the last byte of its answer", lines, &RequestCounts::response_time);
  add_times(text, "header_duration_seconds", "from choosing an endpoint to the head of its answer", lines, &RequestCounts::header_time);
  add_times(text, "connect_duration_seconds", "connecting to an endpoint; 0 over a kept connection", lines, &RequestCounts::connect_time);
  add_sizes(text, "request_size", "bytes of a request, head and body", lines, length_bounds, length_bounds, &RequestCounts::request_size);
  add_sizes(text, "response_size", "bytes of an answer, head and body", lines, length_bounds, length_and_size_bounds, &RequestCounts::response_size);
  add_sizes(text, "bytes_sent", "bytes of an answer, head and body, in wider buckets", lines, size_bounds, length_and_size_bounds, &RequestCounts::response_size);
}

}  // namespace proxy::admin
