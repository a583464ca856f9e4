// What the process uses: CPU, memory, descriptors, from /proc/self. Under ingress-nginx's names for its nginx processes, and
// under those of Prometheus' client libraries.
#pragma once

#include "proxy/admin/prometheus_text.hpp"

#include <chrono>
#include <string_view>

namespace proxy::admin {

void add_process_metrics(PrometheusText& text, std::chrono::system_clock::time_point started_at, std::string_view controller_labels);

}  // namespace proxy::admin
