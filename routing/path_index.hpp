// Finds the rule of one host for a path. A host is either plain (exact and segment-prefix rules; longest wins, exact beats
// prefix of equal length) or in regex mode (every rule a case-insensitive expression anchored at its start, longest text
// first): ingress-nginx.md 0.4. Which of the two is data of the host, set when it is built.
#pragma once

#include "routing/route.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace re2 {
class RE2;
}

namespace routing {

enum class PathMatchKind {
  none,
  route,
  add_slash,  // only Prefix "/foo/" is declared and "/foo" was asked: 301 to "/foo/" (as nginx does for a proxied location)
};

struct PathMatch {
  PathMatchKind kind = PathMatchKind::none;
  std::uint32_t route = 0;  // index into HostEntry::routes

  friend bool operator==(const PathMatch&, const PathMatch&) = default;
};

class PathIndex {
 public:
  static constexpr std::uint32_t none = UINT32_MAX;

  // Plain mode. False when the (path, type) is taken: the first one keeps it. "" is "/".
  bool insert(std::string_view path, PathType type, std::uint32_t route);
  // Regex mode: `expression` is anchored by the caller (compile_path of regex.hpp).
  void insert_regex(std::string_view path, std::shared_ptr<const re2::RE2> expression, std::uint32_t route);
  // Either mode: the same for paths kept from others because nobody knows what their expression meant; of paths of one length
  // these are tried first, whoever was first to claim. In plain mode only a longer rule comes before them.
  void reserve_regex(std::string_view path, std::shared_ptr<const re2::RE2> expression, std::uint32_t route);
  // Sorts; no insert after it, no find before it.
  void freeze();

  // Plain mode allocates nothing and takes no lock; it costs a binary search per segment that rules have in common with
  // the path, so a path of thousands of segments is not dear. RE2 locks its automaton for reading and may extend it.
  [[nodiscard]] PathMatch find(std::string_view normalised_path) const;
  [[nodiscard]] bool is_regex() const noexcept { return is_regex_; }

  // What is declared at one place of the path tree: "/foo" and "/foo/" share a rule, since each decides about the other.
  struct Rule {
    std::string path;                   // without its trailing slash, so "" for the root
    std::uint32_t exact = none;         // Exact "/foo"
    std::uint32_t prefix = none;        // Prefix "/foo"
    std::uint32_t exact_slash = none;   // Exact "/foo/"
    std::uint32_t prefix_slash = none;  // Prefix "/foo/"
  };
  struct Expression {
    std::string path;
    std::shared_ptr<const re2::RE2> regex;
    std::uint32_t route;
    bool is_literal;  // no character of `path` means anything to a regex: compared without RE2
    bool is_reserved = false;
  };
  [[nodiscard]] const std::vector<Expression>& expressions() const noexcept { return expressions_; }
  [[nodiscard]] const std::vector<Rule>& rules() const noexcept { return rules_; }

 private:
  [[nodiscard]] Rule& rule_at(std::string_view key);
  Expression& add_expression(std::string_view path, std::shared_ptr<const re2::RE2> expression, std::uint32_t route);
  [[nodiscard]] PathMatch find_plain(std::string_view path) const noexcept;
  [[nodiscard]] PathMatch find_expression(std::string_view path, std::size_t at_least = 0) const;
  [[nodiscard]] std::size_t length_of(const PathMatch& plain) const noexcept;

  std::vector<Rule> rules_;              // sorted by path after freeze()
  std::unordered_map<std::string, std::size_t> places_;  // path -> rule while a host with many rules is built
  std::vector<Expression> expressions_;  // in the order they are tried after freeze()
  bool is_regex_ = false;
  std::uint32_t only_root_ = none;       // the route of a host with nothing but Prefix "/": the most common host
};

}  // namespace routing
