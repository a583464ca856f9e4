// Prometheus's text form, version 0.0.4: families with their samples, labels escaped.
#pragma once

#include "proxy/telemetry/histogram.hpp"

#include <fmt/format.h>

#include <chrono>
#include <cstdint>
#include <iterator>
#include <span>
#include <string>
#include <string_view>

namespace proxy::admin {

// Appends name="value" behind what `labels` holds already.
void add_label(std::string& labels, std::string_view name, std::string_view value);

class PrometheusText {
 public:
  void family(std::string_view name, std::string_view type, std::string_view help) {
    fmt::format_to(std::back_inserter(text), "# HELP {0} {2}\n# TYPE {0} {1}\n", name, type, help);
  }
  // `labels` as add_label makes them, or empty.
  template <typename Number>
  void sample(std::string_view name, std::string_view labels, Number value) {
    fmt::format_to(std::back_inserter(text), "{}{}{}{} {}\n", name, labels.empty() ? "" : "{", labels, labels.empty() ? "" : "}", value);
  }
  template <typename Number>
  void one(std::string_view name, std::string_view type, std::string_view help, Number value, std::string_view labels = {}) {
    family(name, type, help);
    sample(name, labels, value);
  }
  // One histogram of a family: `buckets` are cumulative already, one for each bound and then all.
  void histogram(std::string_view name, std::string_view labels, std::span<const double> bounds, std::span<const std::uint64_t> buckets, double sum);

  std::string text;
};

}  // namespace proxy::admin
