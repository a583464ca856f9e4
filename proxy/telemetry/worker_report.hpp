// What a worker hands out of its counts when it is asked: copies, made on its own thread a piece at a time.
#pragma once

#include "proxy/telemetry/request_metrics.hpp"

#include <cstdint>
#include <vector>

namespace proxy::telemetry {

struct WorkerReport {
  std::vector<RequestMetrics::Copy> series;
  std::uint64_t uncounted = 0;         // requests beyond RequestMetrics' limits
  std::uint64_t reading = 0, writing = 0;  // client connections: in the middle of a head, busy with a request
};

}  // namespace proxy::telemetry
