#include "routing/regex.hpp"

#include <re2/re2.h>

#include <array>
#include <utility>

namespace routing {
namespace {

re2::RE2::Options expression_options() {
  re2::RE2::Options options;
  // Bytes, as PCRE without its UTF mode in ingress-nginx: a decoded path may be invalid UTF-8, and "." must match those
  // bytes too, or a request could step around a rule by sending one.
  options.set_encoding(re2::RE2::Options::EncodingLatin1);
  options.set_case_sensitive(false);
  options.set_log_errors(false);  // the error is returned; RE2 would print it
  options.set_max_mem(static_cast<std::int64_t>(max_expression_memory_bytes));
  return options;
}

// What PCRE knows and RE2 does not, by the text that introduces it.
constexpr std::array unsupported{
    std::pair{std::string_view{"(?="}, "lookahead (?=...) is not supported"},
    std::pair{std::string_view{"(?!"}, "negative lookahead (?!...) is not supported"},
    std::pair{std::string_view{"(?<="}, "lookbehind (?<=...) is not supported"},
    std::pair{std::string_view{"(?<!"}, "negative lookbehind (?<!...) is not supported"},
    std::pair{std::string_view{"(?>"}, "atomic groups (?>...) are not supported"},
    std::pair{std::string_view{"(?|"}, "branch reset groups (?|...) are not supported"},
    std::pair{std::string_view{"(?("}, "conditional groups (?(...)...) are not supported"},
    std::pair{std::string_view{"(?R)"}, "recursion (?R) is not supported"},
    std::pair{std::string_view{"(?#"}, "comments (?#...) are not supported"},
    std::pair{std::string_view{"++"}, "possessive quantifiers (++) are not supported"},
    std::pair{std::string_view{"*+"}, "possessive quantifiers (*+) are not supported"},
    std::pair{std::string_view{"?+"}, "possessive quantifiers (?+) are not supported"},
};

bool has_backreference(std::string_view pattern) {
  for (std::size_t i = 0; i + 1 < pattern.size(); ++i) {
    if (pattern[i] != '\\') continue;
    const char next = pattern[++i];
    if ((next >= '1' && next <= '9') || next == 'k' || next == 'g') return true;
  }
  return false;
}

std::string explain_error(std::string_view pattern, const re2::RE2& regex) {
  if (regex.error_code() == re2::RE2::ErrorPatternTooLarge) return "the expression needs too much memory";
  for (const auto& [text, reason] : unsupported) {
    if (pattern.find(text) != std::string_view::npos) return reason;
  }
  if (has_backreference(pattern)) return "backreferences (\\1) are not supported";
  return "not a valid expression: " + regex.error();
}

CompiledRegex compile(std::string pattern) {
  if (pattern.size() > max_pattern_bytes) return {nullptr, "the expression is too long"};
  auto regex = std::make_shared<const re2::RE2>(pattern, expression_options());
  if (!regex->ok()) return {nullptr, explain_error(pattern, *regex)};
  return {std::move(regex), {}};
}

}  // namespace

CompiledRegex compile_path(std::string_view path) { return compile("^" + std::string{path}); }

bool matches(const re2::RE2& expression, std::string_view path) {
  return match_to_end(path, [&expression](std::string_view text) {
    return expression.Match({text.data(), text.size()}, 0, text.size(), re2::RE2::UNANCHORED, nullptr, 0);
  });
}

CompiledRegex compile_search(std::string_view path) { return compile(std::string{path}); }

}  // namespace routing
