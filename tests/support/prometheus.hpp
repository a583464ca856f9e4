// Reads Prometheus's text form strictly: what it does not understand is a failure of the test.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace test {

using PrometheusLabels = std::map<std::string, std::string>;

struct PrometheusSample {
  std::string name;
  PrometheusLabels labels;
  double value = 0;
};

struct Prometheus {
  std::vector<PrometheusSample> samples;
  std::map<std::string, std::string> types;  // family -> type
  std::vector<std::string> problems;         // lines that break the format, in words

  // The only sample with this name and, among others, these labels. A failure of the test, and -1, when there is not just one.
  [[nodiscard]] double value(std::string_view name, const PrometheusLabels& labels = {}) const;
  [[nodiscard]] std::vector<PrometheusSample> all(std::string_view name, const PrometheusLabels& labels = {}) const;
};

[[nodiscard]] Prometheus parse_prometheus(std::string_view text);

}  // namespace test
