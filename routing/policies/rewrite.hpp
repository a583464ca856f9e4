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

  friend bool operator==(const Rewrite&, const Rewrite&) = default;  // the same expression, not one that is written alike
};

// Splits a rewrite-target into pieces; groups are $1..$9. Refused (not valid): any other '$', and any character outside
// ingress-nginx's set [A-Za-z0-9-._~/:$]. Absolute targets ("https://...") are valid, see is_absolute.
struct ParsedTarget {
  std::vector<RewritePiece> pieces;
  bool valid = false;
};
[[nodiscard]] ParsedTarget parse_rewrite_target(std::string_view target);

// The target is a URL: the answer is a redirect (302) to what apply() makes, not a rewritten request.
[[nodiscard]] bool is_absolute(const Rewrite&);

enum class RewriteOutcome {
  unmatched,  // the expression does not match: the path is forwarded as it came
  rewritten,
  refused,    // captures made a ".." segment ("/files(.*)" -> "/static/$1", asked as /files../secret): answer 400
};

// Replaces `out` by the path for the upstream: `normalised_path` matched against the expression. The result begins with
// '/' (or is the absolute URL) and is escaped as nginx escapes a changed URI: it holds no space, control character, '?',
// '#' or '%' that is not an escape of ours. `out` is unspecified unless rewritten; its memory is reused.
[[nodiscard]] RewriteOutcome apply(const Rewrite&, std::string_view normalised_path, std::string& out);

}  // namespace routing
