#include "controller/explain/look_up.hpp"

namespace controller::explain {

DnsResolver::Answers look_up(const std::set<std::string>& names) {
  if (names.empty()) return {};
  DnsResolver resolver{[] {}};
  resolver.want(names);
  resolver.wait_for_first(longest_lookup);
  return resolver.answers();
}

}  // namespace controller::explain
