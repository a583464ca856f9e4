// Finds the rule of one host for a path. A host is either plain (exact and segment-prefix rules; longest wins, exact beats
// prefix of equal length) or in regex mode (every rule a case-insensitive expression anchored at its start, longest text
// first): ingress-nginx.md 0.4. Which of the two is data of the host, set when it is built.
#pragma once

#include "routing/route.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace re2 {
class RE2;
}

namespace routing {

enum class PathMatchKind {
  none,
  route,
  add_slash,  // only "/foo/" is declared and "/foo" was asked: 301 to "/foo/" (as nginx does for a proxied prefix location)
};

struct PathMatch {
  PathMatchKind kind = PathMatchKind::none;
  std::uint32_t route = 0;  // index into RouteTable::routes
};

class PathIndex {
 public:
  // Plain mode. False when the (path, type) is taken: the first one keeps it.
  bool insert(std::string_view path, PathType type, std::uint32_t route);
  // Regex mode: `expression` is anchored by the caller ("^" + path), case-insensitive.
  void insert_regex(std::string_view path, std::shared_ptr<const re2::RE2> expression, std::uint32_t route);
  // Sorts; no insert after it.
  void freeze();

  [[nodiscard]] PathMatch find(std::string_view normalised_path) const;
  [[nodiscard]] bool is_regex() const noexcept { return !expressions_.empty(); }

  struct Rule {
    std::string path;      // as compared: for a prefix without its trailing slash rule applied by the implementation
    std::uint32_t exact;   // route or UINT32_MAX
    std::uint32_t prefix;
    bool slash_only;       // declared with a trailing slash: the form without it is add_slash
  };
  struct Expression {
    std::string path;
    std::shared_ptr<const re2::RE2> regex;
    std::uint32_t route;
  };
  [[nodiscard]] const std::vector<Expression>& expressions() const noexcept { return expressions_; }
  [[nodiscard]] const std::vector<Rule>& rules() const noexcept { return rules_; }

 private:
  std::vector<Rule> rules_;  // sorted by path after freeze(): binary search per segment, longest first
  std::vector<Expression> expressions_;
};

}  // namespace routing
