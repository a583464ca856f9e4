#include "tests/support/prometheus.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <optional>
#include <set>
#include <utility>

namespace test {

namespace {

bool is_name(std::string_view text) {
  return !text.empty() && !(text[0] >= '0' && text[0] <= '9') && text.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_:") == std::string_view::npos;
}

// name="value",... up to the closing brace, which is taken too.
std::optional<PrometheusLabels> take_labels(std::string_view& text) {
  PrometheusLabels labels;
  while (true) {
    const std::size_t equals = text.find("=\"");
    if (equals == std::string_view::npos || !is_name(text.substr(0, equals))) return {};
    std::string name{text.substr(0, equals)}, value;
    text.remove_prefix(equals + 2);
    while (!text.empty() && text[0] != '"') {
      if (text[0] == '\\') {
        if (text.size() < 2 || std::string_view{"\\\"n"}.find(text[1]) == std::string_view::npos) return {};
        value.push_back(text[1] == 'n' ? '\n' : text[1]);
        text.remove_prefix(2);
      } else {
        value.push_back(text[0]);
        text.remove_prefix(1);
      }
    }
    if (text.size() < 2 || !labels.emplace(std::move(name), std::move(value)).second) return {};
    const char after = text[1];
    text.remove_prefix(2);
    if (after == '}') return labels;
    if (after != ',') return {};
  }
}

std::optional<PrometheusSample> parse_sample(std::string_view line) {
  PrometheusSample sample;
  const std::size_t end = std::min(line.find_first_of("{ "), line.size());
  sample.name = line.substr(0, end);
  if (!is_name(sample.name)) return {};
  line.remove_prefix(end);
  if (line.starts_with('{')) {
    line.remove_prefix(1);
    auto labels = take_labels(line);
    if (!labels) return {};
    sample.labels = std::move(*labels);
  }
  if (!line.starts_with(' ') || line.size() < 2) return {};
  const std::string number{line.substr(1)};
  char* after = nullptr;
  sample.value = std::strtod(number.c_str(), &after);
  if (*after != '\0') return {};
  return sample;
}

std::string family_of(const std::string& name, const std::map<std::string, std::string>& types) {
  for (const std::string_view suffix : {"_bucket", "_sum", "_count"}) {
    if (!name.ends_with(suffix)) continue;
    const auto found = types.find(name.substr(0, name.size() - suffix.size()));
    if (found != types.end() && found->second == "histogram") return found->first;
  }
  return name;
}

}  // namespace

Prometheus parse_prometheus(std::string_view text) {
  Prometheus parsed;
  std::set<std::pair<std::string, PrometheusLabels>> seen;
  std::set<std::string> closed;
  std::string family;
  if (!text.ends_with('\n')) parsed.problems.emplace_back("the last line has no end");
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string line{text.substr(0, end)};
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.starts_with("# HELP ")) continue;
    if (line.starts_with("# TYPE ")) {
      const std::size_t space = line.rfind(' ');
      if (!parsed.types.emplace(line.substr(7, space - 7), line.substr(space + 1)).second) parsed.problems.push_back("family twice: " + line);
      continue;
    }
    auto sample = parse_sample(line);
    if (!sample) {
      parsed.problems.push_back("no sample: " + line);
      continue;
    }
    const std::string its_family = family_of(sample->name, parsed.types);
    if (!parsed.types.contains(its_family)) parsed.problems.push_back("no type before: " + line);
    if (its_family != family && !closed.insert(its_family).second) parsed.problems.push_back("family in two places: " + line);
    family = its_family;
    if (!seen.emplace(sample->name, sample->labels).second) parsed.problems.push_back("sample twice: " + line);
    parsed.samples.push_back(std::move(*sample));
  }
  return parsed;
}

std::vector<PrometheusSample> Prometheus::all(std::string_view name, const PrometheusLabels& labels) const {
  std::vector<PrometheusSample> found;
  for (const PrometheusSample& sample : samples)
    if (sample.name == name && std::all_of(labels.begin(), labels.end(), [&sample](const auto& label) {
          const auto at = sample.labels.find(label.first);
          return at != sample.labels.end() && at->second == label.second;
        }))
      found.push_back(sample);
  return found;
}

double Prometheus::value(std::string_view name, const PrometheusLabels& labels) const {
  const auto found = all(name, labels);
  EXPECT_EQ(found.size(), 1u) << name;
  return found.size() == 1 ? found[0].value : -1;
}

}  // namespace test
