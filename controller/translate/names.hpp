// What a host, a path and an expression may be, and what every match of an expression begins with.
#pragma once

#include <string>

namespace controller::translate {

// "" and "*.x" are hosts, an address or a name with a port is none (ingress-v1 R6, R7). In lower case.
[[nodiscard]] bool is_valid_host(const std::string& host);

// What no path may hold, whatever its type: a control character or a blank would never match, or worse.
[[nodiscard]] bool is_valid_path(const std::string& path);

// The part of an expression in front of its first character that means something; "/" when nothing is sure.
[[nodiscard]] std::string literal_prefix(const std::string& expression);

// The path that somebody meant who wrote one that is none ("admin", "^/admin", "/admin "); where a blank or a control character
// stands in it, the whole segments in front. "" when nobody can tell.
[[nodiscard]] std::string meant_path(const std::string& written);

// Whether a path that is compared letter by letter was written as an expression.
[[nodiscard]] bool looks_like_expression(const std::string& path);

// The path by whole segments below which everything lies that the expression was meant to match; "/" when nothing is sure.
[[nodiscard]] std::string expression_root(const std::string& expression);

}  // namespace controller::translate
