#include "routing/path_index.hpp"

#include "routing/regex.hpp"

#include <re2/re2.h>

#include <algorithm>
#include <cassert>
#include <span>

namespace routing {
namespace {

using Rule = PathIndex::Rule;
constexpr auto none = PathIndex::none;
constexpr std::size_t many_rules = 32;

char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

// ASCII alone: RE2 in Latin-1 folds a few bytes above 0x7f as well, so those stay with it.
bool is_literal_pattern(std::string_view path) noexcept {
  return std::all_of(path.begin(), path.end(), [](char c) {
    return (lower(c) >= 'a' && lower(c) <= 'z') || (c >= '0' && c <= '9') || c == '/' || c == '-' || c == '_' || c == '~';
  });
}

bool starts_with_ignoring_case(std::string_view text, std::string_view prefix) noexcept {
  return text.size() >= prefix.size() &&
         std::equal(prefix.begin(), prefix.end(), text.begin(), [](char a, char b) { return lower(a) == lower(b); });
}

// Of `rules`, sorted and alike in their first `common` bytes, those that begin with `prefix`.
std::span<const Rule> narrow(std::span<const Rule> rules, std::string_view prefix, std::size_t common) noexcept {
  const auto wanted = prefix.substr(common);
  const auto part = [&](const Rule& rule) { return std::string_view{rule.path}.substr(common, wanted.size()); };
  if (rules.size() == 1) return part(rules.front()) == wanted ? rules : std::span<const Rule>{};
  const auto first = std::partition_point(rules.begin(), rules.end(), [&](const Rule& r) { return part(r) < wanted; });
  const auto last = std::partition_point(first, rules.end(), [&](const Rule& r) { return part(r) == wanted; });
  return {first, last};
}

std::uint32_t first_declared(std::uint32_t a, std::uint32_t b, std::uint32_t c = none) noexcept {
  if (a != none) return a;
  return b != none ? b : c;
}

PathMatch route_or(std::uint32_t route, PathMatch otherwise) noexcept {
  return route == none ? otherwise : PathMatch{PathMatchKind::route, route};
}

// The request names the rule's path itself. A Prefix declared only with a slash redirects even where a shorter prefix would
// have served the request, as nginx does. An Exact path is equal or does not match (Ingress v1): it never redirects.
PathMatch match_whole(const Rule& rule, PathMatch shorter) noexcept {
  if (const auto route = first_declared(rule.exact, rule.prefix); route != none) return {PathMatchKind::route, route};
  if (rule.prefix_slash == none) return shorter;
  return {PathMatchKind::add_slash, first_declared(rule.exact_slash, rule.prefix_slash)};
}

// The request goes on behind the rule's path; `rest` begins with the slash.
PathMatch match_below(const Rule& rule, std::string_view rest, PathMatch shorter) noexcept {
  if (rest == "/") return route_or(first_declared(rule.exact_slash, rule.prefix_slash, rule.prefix), shorter);
  return route_or(first_declared(rule.prefix_slash, rule.prefix), shorter);
}

std::size_t segment_end(std::string_view path, std::size_t slash) noexcept {
  return std::min(path.find('/', slash + 1), path.size());
}

}  // namespace

bool PathIndex::insert(std::string_view path, PathType type, std::uint32_t route) {
  if (path.empty()) path = "/";
  const bool has_slash = path.back() == '/';
  const auto key = has_slash ? path.substr(0, path.size() - 1) : path;
  Rule& rule = rule_at(key);
  const bool is_exact = type == PathType::exact;
  auto& place = has_slash ? (is_exact ? rule.exact_slash : rule.prefix_slash) : (is_exact ? rule.exact : rule.prefix);
  if (place != none) return false;
  place = route;
  return true;
}

// Made when it is not there. Nearly every host has a few rules, which are compared one by one; a host of thousands (a
// tenant chooses how many) would make that quadratic, so it gets a map until it is frozen.
PathIndex::Rule& PathIndex::rule_at(std::string_view key) {
  if (rules_.size() < many_rules) {
    const auto rule = std::find_if(rules_.begin(), rules_.end(), [&](const Rule& r) { return r.path == key; });
    if (rule != rules_.end()) return *rule;
  } else {
    if (places_.empty()) {
      for (std::size_t i = 0; i < rules_.size(); ++i) places_.emplace(rules_[i].path, i);
    }
    const auto [place, is_new] = places_.try_emplace(std::string{key}, rules_.size());
    if (!is_new) return rules_[place->second];
  }
  return rules_.emplace_back(Rule{.path = std::string{key}});
}

PathIndex::Expression& PathIndex::add_expression(std::string_view path, std::shared_ptr<const re2::RE2> expression, std::uint32_t route) {
  if (path.empty()) path = "/";
  assert(expression != nullptr);
  return expressions_.emplace_back(Expression{std::string{path}, std::move(expression), route, is_literal_pattern(path)});
}

void PathIndex::insert_regex(std::string_view path, std::shared_ptr<const re2::RE2> expression, std::uint32_t route) {
  is_regex_ = true;
  add_expression(path, std::move(expression), route);
}

void PathIndex::reserve_regex(std::string_view path, std::shared_ptr<const re2::RE2> expression, std::uint32_t route) {
  add_expression(path, std::move(expression), route).is_reserved = true;
}

void PathIndex::freeze() {
  places_ = {};
  std::sort(rules_.begin(), rules_.end(), [](const Rule& a, const Rule& b) { return a.path < b.path; });
  std::stable_sort(expressions_.begin(), expressions_.end(), [](const Expression& a, const Expression& b) {
    if (a.path.size() != b.path.size()) return a.path.size() > b.path.size();
    return a.is_reserved != b.is_reserved ? a.is_reserved : a.path > b.path;
  });
  if (expressions_.empty() && rules_.size() == 1 && rules_[0].path.empty() && rules_[0].exact_slash == none) only_root_ = rules_[0].prefix_slash;
}

PathMatch PathIndex::find(std::string_view normalised_path) const {
  if (is_regex()) return find_expression(normalised_path);
  if (only_root_ != none) return {PathMatchKind::route, only_root_};
  const PathMatch plain = find_plain(normalised_path);
  if (expressions_.empty()) return plain;
  const PathMatch reserved = find_expression(normalised_path, length_of(plain));
  return reserved.kind == PathMatchKind::none ? plain : reserved;
}

// Of the rule's path; 0 when there is none. Only for hosts with reserved paths, which somebody is about to mend.
std::size_t PathIndex::length_of(const PathMatch& plain) const noexcept {
  if (plain.kind == PathMatchKind::none) return 0;
  for (const Rule& rule : rules_)
    for (const std::uint32_t route : {rule.exact, rule.prefix, rule.exact_slash, rule.prefix_slash})
      if (route == plain.route) return rule.path.size();
  return 0;
}

// Walks down the path, one segment at a time, among the rules that agree with it so far. The last rule met is the longest.
PathMatch PathIndex::find_plain(std::string_view path) const noexcept {
  PathMatch best;
  if (path.empty() || path.front() != '/') return best;
  std::span<const Rule> rules{rules_};
  std::size_t common = 0;
  for (std::size_t end = 0;; common = end, end = segment_end(path, end)) {
    rules = narrow(rules, path.substr(0, end), common);
    if (rules.empty()) return best;
    const Rule& first = rules.front();  // the shortest of those that are left
    const bool is_declared = first.path.size() == end;
    if (end == path.size()) return is_declared ? match_whole(first, best) : best;
    if (is_declared) best = match_below(first, path.substr(end), best);
    const bool is_deepest = is_declared && rules.size() == 1;
    if (is_deepest || end + 1 == path.size()) return best;
  }
}

PathMatch PathIndex::find_expression(std::string_view path, std::size_t at_least) const {
  for (const Expression& expression : expressions_) {
    if (expression.path.size() < at_least) break;
    const bool hit = expression.is_literal ? starts_with_ignoring_case(path, expression.path) : matches(*expression.regex, path);
    if (hit) return {PathMatchKind::route, expression.route};
  }
  return {};
}

}  // namespace routing
