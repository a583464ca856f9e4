// What has changed in a store, by what it asks for.
#pragma once

#include "controller/kube/objects.hpp"

#include <set>

namespace controller {

struct Changes {
  bool routes = false;                // anything that needs a whole translation
  std::set<kube::Key> services;       // whose EndpointSlices differ
  [[nodiscard]] bool any() const noexcept { return routes || !services.empty(); }
};

}  // namespace controller
