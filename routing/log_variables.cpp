#include "routing/log_variables.hpp"

namespace routing {

std::vector<std::string> unknown_log_variables(std::string_view format) {
  const auto is_name = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_'; };
  std::vector<std::string> unknown;
  for (std::size_t dollar = format.find('$'); dollar != std::string_view::npos; dollar = format.find('$', dollar + 1)) {
    const bool is_braced = format.substr(dollar + 1, 1) == "{";
    const std::string_view rest = format.substr(dollar + 1 + is_braced);
    const auto end = std::find_if_not(rest.begin(), rest.end(), is_name);
    std::string name{rest.begin(), end};
    if (name.empty() || (is_braced && (end == rest.end() || *end != '}'))) continue;
    std::transform(name.begin(), name.end(), name.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; });
    if (!is_log_variable(name) && std::find(unknown.begin(), unknown.end(), name) == unknown.end()) unknown.push_back(std::move(name));
  }
  return unknown;
}

}  // namespace routing
