// What one worker counts of requests, by route, method and status: the figures behind ingress-nginx's request metrics.
// A route finds its counts once per configuration; after that a request costs a few additions. Another thread gets copies.
#pragma once

#include "proxy/method.hpp"
#include "proxy/telemetry/histogram.hpp"
#include "routing/route_table.hpp"

#include <chrono>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace proxy::telemetry {

// The moments and sizes of one request. A time of -1: it never got there.
struct RequestSample {
  std::chrono::nanoseconds request_time{0};                                       // first byte of the head to the end of the answer
  std::chrono::nanoseconds connect_time{-1}, header_time{-1}, response_time{-1};  // of the last attempt
  std::uint64_t request_bytes = 0, response_bytes = 0;
};

struct RequestCounts {
  TimeHistogram request_time, connect_time, header_time, response_time;
  // Of requests whose three times, but for connecting, are the same: a kept connection and an answer that came in one piece,
  // so most of them. One step counts all three; settle() puts them where they belong.
  TimeHistogram alike_times;
  LengthHistogram request_size;
  SizeHistogram response_size;

  void add(const RequestSample& sample) noexcept {
    if (sample.connect_time.count() >= 0) connect_time.add(sample.connect_time);
    if (sample.request_time == sample.header_time && sample.request_time == sample.response_time) [[likely]] {
      alike_times.add(sample.request_time);
    } else {
      request_time.add(sample.request_time);
      if (sample.header_time.count() >= 0) header_time.add(sample.header_time);
      if (sample.response_time.count() >= 0) response_time.add(sample.response_time);
    }
    request_size.add(sample.request_bytes);
    response_size.add(sample.response_bytes);
  }
  void settle() noexcept;
  [[nodiscard]] std::uint64_t requests() const noexcept { return request_time.total() + alike_times.total(); }
  RequestCounts& operator+=(const RequestCounts& other) noexcept;
};

// What a route is counted under. Routes that agree in all of it (two types of one path) are counted together. Stays the same
// from one configuration to the next, so its counts do too.
struct SeriesLabels {
  std::string ingress_namespace, ingress, host, path, service;

  friend auto operator<=>(const SeriesLabels&, const SeriesLabels&) = default;
};

struct LabelSet {
  Method method = Method::other;
  std::uint16_t status = 0;

  friend auto operator<=>(const LabelSet&, const LabelSet&) = default;
};

class RequestMetrics;

// The counts of one SeriesLabels. Owned by a worker thread, shared by its RequestMetrics and the configurations in use.
class RequestSeries {
 public:
  RequestSeries(RequestMetrics& owner, std::shared_ptr<const SeriesLabels> labels);
  ~RequestSeries();
  RequestSeries(const RequestSeries&) = delete;
  RequestSeries& operator=(const RequestSeries&) = delete;

  // Where a request with this outcome is counted; stays where it is.
  [[nodiscard]] RequestCounts& counts(Method method, std::uint16_t status) {
    if (last_->set == LabelSet{method, status}) [[likely]] return last_->counts;
    return find({method, status});
  }

 private:
  friend class RequestMetrics;
  struct Cell {
    LabelSet set;
    RequestCounts counts;
  };
  [[nodiscard]] RequestCounts& find(LabelSet set);

  RequestMetrics& owner_;
  std::shared_ptr<const SeriesLabels> labels_;
  std::vector<std::unique_ptr<Cell>> cells_;
  Cell* last_;  // never null
};

// Owned by one worker; all members on its thread.
class RequestMetrics {
 public:
  // Beyond these a request is counted as uncounted alone, so neither the number of Ingresses nor what backends answer can
  // fill the memory: of one worker all together, and of one route.
  static constexpr std::size_t max_label_sets = 4096;
  static constexpr std::size_t max_label_sets_of_series = 64;

  RequestMetrics();
  RequestMetrics(const RequestMetrics&) = delete;
  RequestMetrics& operator=(const RequestMetrics&) = delete;

  [[nodiscard]] std::shared_ptr<RequestSeries> series_of(const routing::RouteOrigin& origin);
  // The routes now in force: counts of others may go when room is needed.
  void on_routes(std::shared_ptr<const routing::RouteTable> routes);
  [[nodiscard]] std::uint64_t uncounted() const noexcept { return uncounted_.counts.requests(); }

  // All series there are, to be copied piece by piece.
  [[nodiscard]] std::vector<std::shared_ptr<const RequestSeries>> all() const;

  struct Copy {  // settled
    std::shared_ptr<const SeriesLabels> labels;
    std::vector<std::pair<LabelSet, RequestCounts>> sets;
  };
  [[nodiscard]] static Copy copy_of(const RequestSeries& series);

 private:
  friend class RequestSeries;
  [[nodiscard]] bool make_room();
  void forget_unused();

  std::unordered_map<std::string, std::shared_ptr<RequestSeries>> series_;
  std::string key_;  // under construction; keeps its memory
  std::size_t label_sets_ = 0;
  std::shared_ptr<const routing::RouteTable> routes_;
  bool may_have_unused_ = false;
  RequestSeries::Cell uncounted_;
};

}  // namespace proxy::telemetry
