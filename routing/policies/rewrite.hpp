// rewrite-target: the whole path is replaced by a target built from captures of the route's own path expression.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace re2 {
class RE2;
}

namespace routing {

// One piece of a target: literal text, then the group with that index (0 = no group).
struct RewritePiece {
  std::string literal;
  std::uint8_t group = 0;

  friend bool operator==(const RewritePiece&, const RewritePiece&) = default;
};

// Never text that something interprets: pieces and indexes (ingress-nginx CVE-2026-3288).
struct Rewrite {
  std::shared_ptr<const re2::RE2> expression;  // "(?i)<path>", searched unanchored, as ingress-nginx does
  std::vector<RewritePiece> pieces;
  std::string target;                          // as written, for snapshot and explain
};

// Splits a rewrite-target into pieces; groups are $1..$9, any other '$' is refused (nullopt-like: empty and false).
struct ParsedTarget {
  std::vector<RewritePiece> pieces;
  bool valid = false;
};
[[nodiscard]] ParsedTarget parse_rewrite_target(std::string_view target);

// True when the target is an http(s):// URL: the request is answered by a 302 to it.
[[nodiscard]] bool is_absolute(const Rewrite&);

// Replaces `out` by the path for the upstream: `normalised_path` matched against the expression, captures percent-encoded
// where a path may not hold them. False when the expression does not match: the path is forwarded as it came.
[[nodiscard]] bool apply(const Rewrite&, std::string_view normalised_path, std::string& out);

}  // namespace routing
