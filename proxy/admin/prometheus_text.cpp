#include "proxy/admin/prometheus_text.hpp"

namespace proxy::admin {

void add_label(std::string& labels, std::string_view name, std::string_view value) {
  if (!labels.empty()) labels.push_back(',');
  labels.append(name).append("=\"");
  for (const char c : value) {
    if (c == '\n') {
      labels.append("\\n");
      continue;
    }
    if (c == '\\' || c == '"') labels.push_back('\\');
    labels.push_back(c);
  }
  labels.push_back('"');
}

void PrometheusText::histogram(std::string_view name, std::string_view labels, std::span<const double> bounds, std::span<const std::uint64_t> buckets, double sum) {
  const auto out = std::back_inserter(text);
  const std::string_view comma = labels.empty() ? "" : ",";
  for (std::size_t i = 0; i < bounds.size(); ++i) fmt::format_to(out, "{}_bucket{{{}{}le=\"{}\"}} {}\n", name, labels, comma, bounds[i], buckets[i]);
  const std::uint64_t all = buckets[bounds.size()];
  fmt::format_to(out, "{0}_bucket{{{1}{2}le=\"+Inf\"}} {3}\n{0}_sum{{{1}}} {4}\n{0}_count{{{1}}} {3}\n", name, labels, comma, all, sum);
}

}  // namespace proxy::admin
