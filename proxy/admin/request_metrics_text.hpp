// The request metrics of ingress-nginx from what the workers have counted.
#pragma once

#include "proxy/admin/prometheus_text.hpp"
#include "proxy/telemetry/worker_report.hpp"
#include "routing/route_table.hpp"

#include <span>
#include <string_view>

namespace proxy::admin {

// Sums the reports over the workers. What belongs to an Ingress that `routes` does not have is left out.
// `controller_labels` begin each sample's labels.
void add_request_metrics(PrometheusText& text, std::span<const telemetry::WorkerReport> reports, const routing::RouteTable& routes,
                         std::string_view controller_labels);

}  // namespace proxy::admin
