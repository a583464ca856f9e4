// MicroTime of the Kubernetes API: RFC 3339 with exactly six digits of a second, in UTC.
#pragma once

#include <chrono>
#include <string>

namespace controller::kube {

[[nodiscard]] std::string micro_time(std::chrono::system_clock::time_point time);

}  // namespace controller::kube
