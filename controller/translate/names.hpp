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

}  // namespace controller::translate
