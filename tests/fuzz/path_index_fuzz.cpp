// The index against the rules read one by one: both must find the same route for any rules and any path.
// Input: lines; the first is the path asked, each other a rule, '=' in front for Exact.

#include "routing/normalize_path.hpp"
#include "routing/path_index.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

namespace {

using routing::PathIndex;
using routing::PathMatch;
using routing::PathMatchKind;
using routing::PathType;

struct Rule {
  std::string path;
  PathType type;
};

// How well a rule serves a path; higher wins. 0: not at all.
std::size_t rank_of(const Rule& rule, const std::string& path) {
  if (rule.type == PathType::exact) return path == rule.path ? rule.path.size() * 2 + 2 : 0;
  const bool has_slash = rule.path.back() == '/';
  const auto base = has_slash ? rule.path : rule.path + "/";
  if (path.starts_with(base) || (!has_slash && path == rule.path)) return rule.path.size() * 2 + 1;
  return 0;
}

// nginx's own order: a rule that is the path wins, then the missing slash, then the longest prefix.
PathMatch find_slowly(const std::vector<Rule>& rules, const std::string& path) {
  PathMatch best;
  std::size_t best_rank = 0;
  bool is_named = false;
  PathMatch slash;
  for (std::uint32_t i = 0; i < rules.size(); ++i) {
    if (!routing::is_normalised(rules[i].path)) continue;  // "//" and the like: no path asked has that form
    if (rules[i].path == path) is_named = true;
    const bool lacks_slash = rules[i].path == path + "/";
    if (lacks_slash && (slash.kind == PathMatchKind::none || rules[i].type == PathType::exact)) slash = {PathMatchKind::add_slash, i};
    const auto rank = rank_of(rules[i], path);
    if (rank > best_rank) {
      best_rank = rank;
      best = {PathMatchKind::route, i};
    }
  }
  return !is_named && slash.kind != PathMatchKind::none ? slash : best;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view left{reinterpret_cast<const char*>(data), size};
  const auto next_line = [&] {
    const auto line = left.substr(0, left.find('\n'));
    left.remove_prefix(std::min(line.size() + 1, left.size()));
    return line;
  };
  const std::string path{next_line()};
  PathIndex index;
  std::vector<Rule> rules;
  while (!left.empty() && rules.size() < 64) {
    auto line = next_line();
    const auto type = line.starts_with('=') ? PathType::exact : PathType::prefix;
    if (type == PathType::exact) line.remove_prefix(1);
    if (line.empty()) line = "/";
    if (index.insert(line, type, static_cast<std::uint32_t>(rules.size()))) rules.push_back({std::string{line}, type});
  }
  index.freeze();
  const auto found = index.find(path);
  // Only normal forms are asked in earnest; others must merely do no harm.
  if (routing::is_normalised(path) && found != find_slowly(rules, path)) std::abort();
  return 0;
}
