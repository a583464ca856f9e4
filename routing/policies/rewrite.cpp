#include "routing/policies/rewrite.hpp"

#include "routing/regex.hpp"

#include <re2/re2.h>

#include <algorithm>
#include <array>

namespace routing {
namespace {

constexpr std::size_t max_groups = 9;

bool is_target_character(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view{"-._~/:"}.find(c) != std::string_view::npos;
}

// nginx's set for a changed URI (1.21.1 and later).
bool must_escape(char c) noexcept {
  const auto byte = static_cast<unsigned char>(c);
  return byte <= 0x20 || byte >= 0x7f || std::string_view{"\"#%<>?\\^`{|}"}.find(c) != std::string_view::npos;
}

void append_escaped(std::string& out, std::string_view text) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  for (const char c : text) {
    if (!must_escape(c)) {
      out.push_back(c);
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    out.push_back('%');
    out.push_back(digits[byte >> 4]);
    out.push_back(digits[byte & 15]);
  }
}

bool has_parent_segment(std::string_view path) noexcept {
  for (auto at = path.find("/.."); at != std::string_view::npos; at = path.find("/..", at + 1)) {
    if (at + 3 == path.size() || path[at + 3] == '/') return true;
  }
  return false;
}

using Groups = std::array<re2::StringPiece, max_groups + 1>;

// Fills `groups` and returns how many there are, the whole match included; 0 when there is no match. The leftmost match
// counts, and most begin at the path's start: there RE2 needs one pass where a search needs three, so that is tried first.
std::size_t search(const re2::RE2& expression, std::string_view path, Groups& groups) {
  const auto declared = static_cast<std::size_t>(expression.NumberOfCapturingGroups());
  const auto count = std::min(declared, max_groups) + 1;
  const bool is_found = match_to_end(path, [&](std::string_view text) {
    for (const auto anchor : {re2::RE2::ANCHOR_START, re2::RE2::UNANCHORED}) {
      if (expression.Match({text.data(), text.size()}, 0, text.size(), anchor, groups.data(), static_cast<int>(count))) return true;
    }
    return false;
  });
  return is_found ? count : 0;
}

}  // namespace

ParsedTarget parse_rewrite_target(std::string_view target) {
  ParsedTarget parsed;
  std::string literal;
  for (std::size_t i = 0; i < target.size(); ++i) {
    if (target[i] != '$') {
      if (!is_target_character(target[i])) return {};
      literal.push_back(target[i]);
      continue;
    }
    if (++i == target.size() || target[i] < '1' || target[i] > '9') return {};
    parsed.pieces.push_back({std::move(literal), static_cast<std::uint8_t>(target[i] - '0')});
    literal.clear();
  }
  if (!literal.empty()) parsed.pieces.push_back({std::move(literal), 0});
  parsed.valid = !parsed.pieces.empty();
  return parsed;
}

bool is_absolute(const Rewrite& rewrite) {
  return rewrite.target.starts_with("http://") || rewrite.target.starts_with("https://");
}

RewriteOutcome apply(const Rewrite& rewrite, std::string_view normalised_path, std::string& out) {
  Groups groups;
  const auto count = search(*rewrite.expression, normalised_path, groups);
  if (count == 0) return RewriteOutcome::unmatched;
  out.clear();
  for (const RewritePiece& piece : rewrite.pieces) {
    append_escaped(out, piece.literal);
    // A group that took no part in the match, or that the expression does not have, is empty, as in nginx.
    if (piece.group == 0 || piece.group >= count || groups[piece.group].data() == nullptr) continue;
    append_escaped(out, {groups[piece.group].data(), groups[piece.group].size()});
  }
  if (is_absolute(rewrite)) return RewriteOutcome::rewritten;
  if (out.empty() || out.front() != '/') out.insert(out.begin(), '/');
  return has_parent_segment(out) ? RewriteOutcome::refused : RewriteOutcome::rewritten;
}

}  // namespace routing
