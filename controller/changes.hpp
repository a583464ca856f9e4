// What has changed in a store, by what it asks for.
#pragma once

#include "controller/kube/objects.hpp"

#include <set>

namespace controller {

struct Changes {
  bool routes = false;                // anything that needs a whole translation
  bool is_unbounded = false;          // a whole translation, and more may differ than is named below
  std::set<kube::Key> services;       // that differ themselves or in their EndpointSlices
  std::set<kube::Key> secrets;        // that differ
  std::set<kube::Key> statuses;       // Ingresses whose status differs, or that are gone; no reason to translate anything
  [[nodiscard]] bool any() const noexcept { return routes || !services.empty(); }
};

}  // namespace controller
