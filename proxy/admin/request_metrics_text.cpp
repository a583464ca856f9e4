#include "proxy/admin/request_metrics_text.hpp"

#include <array>
#include <chrono>
#include <iterator>
#include <set>
#include <type_traits>
#include <utility>

namespace proxy::admin {

namespace {

using telemetry::RequestCounts;
using Line = RequestMetricsText::Line;

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
template <telemetry::TimeHistogram RequestCounts::*member>
void add_time(PrometheusText& text, std::string_view name, const Line& line) {
  const auto& histogram = line.counts->*member;
  if (histogram.total() > 0) add_histogram(text, name, line, telemetry::time_bounds, telemetry::time_bounds, histogram, 1e9);
}

void add_requests(PrometheusText& text, std::string_view name, const Line& line) { text.sample(name, line.labels, line.counts->requests()); }

void add_request_size(PrometheusText& text, std::string_view name, const Line& line) {
  add_histogram(text, name, line, telemetry::length_bounds, telemetry::length_bounds, line.counts->request_size, 1);
}

void add_response_size(PrometheusText& text, std::string_view name, const Line& line) {
  add_histogram(text, name, line, telemetry::length_bounds, telemetry::length_and_size_bounds, line.counts->response_size, 1);
}

void add_bytes_sent(PrometheusText& text, std::string_view name, const Line& line) {
  add_histogram(text, name, line, telemetry::size_bounds, telemetry::length_and_size_bounds, line.counts->response_size, 1);
}

struct Family {
  std::string_view name, type, help;
  void (*add)(PrometheusText&, std::string_view name, const Line&);
};

constexpr Family families[] = {
    {"nginx_ingress_controller_requests", "counter", "requests of clients", add_requests},
    {"nginx_ingress_controller_request_duration_seconds", "histogram", "from the first byte of a request to the last of its answer", add_time<&RequestCounts::request_time>},
    {"nginx_ingress_controller_response_duration_seconds", "histogram", "from choosing an endpoint to the last byte of its answer", add_time<&RequestCounts::response_time>},
    {"nginx_ingress_controller_header_duration_seconds", "histogram", "from choosing an endpoint to the head of its answer", add_time<&RequestCounts::header_time>},
    {"nginx_ingress_controller_connect_duration_seconds", "histogram", "connecting to an endpoint; 0 over a kept connection", add_time<&RequestCounts::connect_time>},
    {"nginx_ingress_controller_request_size", "histogram", "bytes of a request, head and body", add_request_size},
    {"nginx_ingress_controller_response_size", "histogram", "bytes of an answer, head and body", add_response_size},
    {"nginx_ingress_controller_bytes_sent", "histogram", "bytes of an answer, head and body, in wider buckets", add_bytes_sent},
};

}  // namespace

RequestMetricsText::RequestMetricsText(std::span<const telemetry::WorkerReport> reports, const routing::RouteTable& routes, std::string_view controller_labels) {
  std::set<std::pair<std::string_view, std::string_view>> served;
  for (const auto& host : routes.hosts)
    for (const auto& route : host->routes) served.emplace(route.origin.ingress_namespace, route.origin.ingress_name);
  for (const auto& report : reports) {
    for (const auto& series : report.series) {
      if (!served.contains({series.labels->ingress_namespace, series.labels->ingress})) continue;
      auto& sets = sums_[*series.labels];
      for (const auto& [set, counts] : series.sets) sets[set] += counts;
    }
  }
  for (const auto& [series, sets] : sums_) {
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
      lines_.push_back({std::move(labels), &counts});
    }
  }
}

bool RequestMetricsText::next(std::string& piece) {
  PrometheusText text;
  text.text.swap(piece);
  text.text.clear();
  while (family_ < std::size(families) && text.text.size() < piece_bytes) {
    const Family& family = families[family_];
    if (line_ == 0) text.family(family.name, family.type, family.help);
    if (line_ < lines_.size()) family.add(text, family.name, lines_[line_++]);
    if (line_ < lines_.size()) continue;
    ++family_;
    line_ = 0;
  }
  piece.swap(text.text);
  return !piece.empty();
}

}  // namespace proxy::admin
