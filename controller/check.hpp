// One pass over the objects without serving, for `weir check`.
#pragma once

#include "controller/options.hpp"
#include "routing/diagnostic.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace controller {

struct CheckResult {
  std::vector<routing::Diagnostic> diagnostics;  // sorted by object, each once
  std::vector<std::string> notices;              // lines worth knowing that are no findings: what was skipped, what was examined
  std::size_t files = 0, objects = 0, ingresses_served = 0;
  std::string error;                             // why the source cannot be read; "" = it can
};

// Every object is examined: also the copy of a name that stands twice which is not used, and without --configmap each
// ConfigMap that looks like ingress-nginx's.
[[nodiscard]] CheckResult check(const Options& options);

}  // namespace controller
