#include "controller/nearest_name.hpp"

#include <algorithm>
#include <string>
#include <vector>

namespace controller {

namespace {

constexpr std::size_t shortest_part = 3;

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0]++;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t above = row[j];
      row[j] = std::min({above + 1, row[j - 1] + 1, diagonal + (a[i - 1] != b[j - 1])});
      diagonal = above;
    }
  }
  return row[b.size()];
}

void consider(std::string_view name, std::span<const std::string_view> candidates, std::string_view& best, std::size_t& distance) {
  for (const auto candidate : candidates) {
    const std::size_t d = edit_distance(name, candidate);
    if (d < distance) best = candidate, distance = d;
  }
}

std::string lower(std::string_view text) {
  std::string result{text};
  std::transform(result.begin(), result.end(), result.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; });
  return result;
}

}  // namespace

std::string_view nearest_name(std::string_view name, std::initializer_list<std::span<const std::string_view>> lists) {
  std::string_view best;
  std::size_t distance = 1 + name.size() / 3;
  for (const auto& list : lists) consider(name, list, best, distance);
  return best;
}

std::string_view nearest_field(std::string_view name, std::span<const std::string_view> fields) {
  const std::string wanted = lower(name);
  for (const auto field : fields)
    if (lower(field) == wanted) return field;
  if (const auto like = nearest_name(name, {fields}); !like.empty()) return like;
  // At least half of it: "name" is not what "namespace" was meant for.
  const auto holds = [](const std::string& whole, const std::string& part) {
    return part.size() >= shortest_part && 2 * part.size() >= whole.size() && whole.find(part) != std::string::npos;
  };
  for (const auto field : fields)
    if (holds(lower(field), wanted) || holds(wanted, lower(field))) return field;
  return {};
}

}  // namespace controller
