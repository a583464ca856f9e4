// The addresses of names, asked for once.
#pragma once

#include "controller/dns_resolver.hpp"

#include <chrono>
#include <set>
#include <string>

namespace controller::explain {

// Asks DNS for as long as one start of the program would wait.
inline constexpr std::chrono::milliseconds longest_lookup{1000};
[[nodiscard]] DnsResolver::Answers look_up(const std::set<std::string>& names);

}  // namespace controller::explain
