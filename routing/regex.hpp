// How a path becomes an expression, in one place so that translation, matching and explain agree.
// RE2 matches in time linear in the path whatever the pattern; in exchange it has no lookaround and no backreferences.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace re2 {
class RE2;
}

namespace routing {

// Longest pattern that is compiled, and the memory that one expression may use for its program and its automaton (RE2
// drops cached states beyond it). A tenant chooses patterns and clients choose what they run on, so both are bounded.
inline constexpr std::size_t max_pattern_bytes = 4096;
inline constexpr std::size_t max_expression_memory_bytes = 256 * 1024;

struct CompiledRegex {
  std::shared_ptr<const re2::RE2> regex;  // null when refused
  std::string error;                      // what is wrong, for a diagnostic; empty when compiled
};

// "^<path>", case-insensitive: what nginx makes of a location of a regex host. The anchor binds as nginx binds it: in
// "/a|/b" it holds the first branch alone.
[[nodiscard]] CompiledRegex compile_path(std::string_view path);
// To PCRE "$" stands before a last newline too, to RE2 it does not: so a path that ends with one is tried without it as well, or
// "/private%0a" would step around a rule for "/private$". `match(text)` says whether the text matches.
template <typename Match>
[[nodiscard]] bool match_to_end(std::string_view path, Match match) {
  return match(path) || (path.ends_with('\n') && match(path.substr(0, path.size() - 1)));
}
// Some part of the path matches.
[[nodiscard]] bool matches(const re2::RE2& expression, std::string_view path);

// "<path>", case-insensitive, unanchored: what a rewrite-target's captures come from.
[[nodiscard]] CompiledRegex compile_search(std::string_view path);

}  // namespace routing
