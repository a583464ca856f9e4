// The request metrics of ingress-nginx from what the workers have counted.
#pragma once

#include "proxy/admin/prometheus_text.hpp"
#include "proxy/telemetry/worker_report.hpp"
#include "routing/route_table.hpp"

#include <cstddef>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace proxy::admin {

// A page in pieces: a hundred lines for each set of labels can be too much for one text.
class RequestMetricsText {
 public:
  static constexpr std::size_t piece_bytes = 64 * 1024;  // about; a piece ends with a whole sample of a family

  // Sums the reports over the workers. What belongs to an Ingress that `routes` does not have is left out.
  // `controller_labels` begin each sample's labels.
  RequestMetricsText(std::span<const telemetry::WorkerReport> reports, const routing::RouteTable& routes, std::string_view controller_labels);
  RequestMetricsText(const RequestMetricsText&) = delete;
  RequestMetricsText& operator=(const RequestMetricsText&) = delete;

  // Puts the next piece in place of what `piece` holds. False: there is no more.
  [[nodiscard]] bool next(std::string& piece);

  struct Line {
    std::string labels;
    const telemetry::RequestCounts* counts;
  };

 private:
  std::map<telemetry::SeriesLabels, std::map<telemetry::LabelSet, telemetry::RequestCounts>> sums_;
  std::vector<Line> lines_;  // one for each set of labels
  std::size_t family_ = 0, line_ = 0;
};

}  // namespace proxy::admin
