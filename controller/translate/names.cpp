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
  return path.empty() || (path[0] == '/' && std::none_of(path.begin(), path.end(), [](char c) { return static_cast<unsigned char>(c) < 0x21 || c == 0x7f; }));
}

std::string literal_prefix(const std::string& expression) {
  std::string prefix = expression.substr(0, expression.find_first_of("\\^$.|?*+()[]{}"));
  // A quantifier may take away the character before it, a branch everything.
  const std::size_t end = prefix.size();
  if (end < expression.size() && std::string_view{"?*{"}.find(expression[end]) != std::string_view::npos && prefix.size() > 1) prefix.pop_back();
  return prefix.empty() || has_outer_branch(expression) ? "/" : prefix;
}

}  // namespace controller::translate
