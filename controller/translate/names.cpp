#include "controller/translate/names.hpp"

#include <algorithm>
#include <string_view>

namespace controller::translate {

namespace {

// "/a|/b", but not "/(a|b)".
bool has_outer_branch(std::string_view expression) {
  int depth = 0;
  for (std::size_t i = 0; i < expression.size(); ++i) {
    if (expression[i] == '\\') ++i;
    else if (expression[i] == '(') ++depth;
    else if (expression[i] == ')') --depth;
    else if (expression[i] == '|' && depth <= 0) return true;
  }
  return false;
}

bool is_blank_or_control(char c) { return static_cast<unsigned char>(c) < 0x21 || c == 0x7f; }

constexpr std::string_view expression_characters = "\\^$|*?()[]{}";

}  // namespace

bool is_valid_host(const std::string& host) {
  if (host.empty()) return true;
  std::string_view name = host;
  if (name.starts_with("*.")) name.remove_prefix(2);
  if (name.empty() || name.size() > 253 || name.front() == '.' || name.back() == '.') return false;
  char previous = '.';
  for (const char c : name) {
    const bool ok = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
    if (!ok || (c == '.' && previous == '.')) return false;
    previous = c;
  }
  return true;
}

bool is_valid_path(const std::string& path) {
  return path.empty() || (path[0] == '/' && std::none_of(path.begin(), path.end(), is_blank_or_control));
}

std::string literal_prefix(const std::string& expression) {
  std::string prefix = expression.substr(0, expression.find_first_of("\\^$.|?*+()[]{}"));
  // A quantifier may take away the character before it, a branch everything.
  const std::size_t end = prefix.size();
  if (end < expression.size() && std::string_view{"?*{"}.find(expression[end]) != std::string_view::npos && prefix.size() > 1) prefix.pop_back();
  return prefix.empty() || has_outer_branch(expression) ? "/" : prefix;
}

std::string meant_path(const std::string& written) {
  std::string_view text = written;
  while (!text.empty() && (is_blank_or_control(text.front()) || text.front() == '^')) text.remove_prefix(1);
  while (!text.empty() && is_blank_or_control(text.back())) text.remove_suffix(1);
  if (const std::size_t scheme = text.find("://"); scheme != std::string_view::npos) {  // a URL
    const std::size_t slash = text.find('/', scheme + 3);
    text = slash == std::string_view::npos ? std::string_view{} : text.substr(slash);
  }
  if (text.empty()) return {};
  const std::string path = (text.front() == '/' ? "" : "/") + std::string{text};
  const auto cut = std::find_if(path.begin(), path.end(), is_blank_or_control);
  return cut == path.end() ? path : path.substr(0, path.rfind('/', static_cast<std::size_t>(cut - path.begin())));
}

bool looks_like_expression(const std::string& path) { return path.find_first_of(expression_characters) != std::string::npos; }

std::string expression_root(const std::string& expression) {
  if (has_outer_branch(expression)) return "/";
  const std::size_t end = std::min(expression.find_first_of(expression_characters), expression.size());
  const bool is_whole = end == expression.size() || std::string_view{expression}.substr(end).starts_with("(/");
  const std::string root = expression.substr(0, is_whole ? end : expression.rfind('/', end));
  return root.empty() ? "/" : root;
}

}  // namespace controller::translate
