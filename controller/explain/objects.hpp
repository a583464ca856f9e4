// The objects of a source, read once.
#pragma once

#include "controller/dns_resolver.hpp"
#include "controller/options.hpp"
#include "controller/store.hpp"
#include "routing/diagnostic.hpp"

#include <chrono>
#include <set>
#include <string>
#include <vector>

namespace controller::explain {

struct Objects {
  Store store;
  std::vector<routing::Diagnostic> diagnostics;  // of reading and decoding
  std::string error;                             // for people, when there is nothing to read at all
};
[[nodiscard]] Objects read_objects(const Options& options);

// Asks DNS once, for as long as one start of the program would wait.
inline constexpr std::chrono::milliseconds longest_lookup{1000};
[[nodiscard]] DnsResolver::Answers look_up(const std::set<std::string>& names);

}  // namespace controller::explain
