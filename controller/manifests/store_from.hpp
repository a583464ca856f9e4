// The objects of a directory as a store.
#pragma once

#include "controller/manifests/directory.hpp"
#include "controller/store.hpp"
#include "routing/diagnostic.hpp"

#include <vector>

namespace controller::manifests {

struct Loaded {
  Store store;
  std::vector<routing::Diagnostic> diagnostics;  // an object that stands twice
};

// Objects equal to those of `previous` are the same pointers, so that a comparison of maps tells what has changed.
[[nodiscard]] Loaded store_from(const Directory& directory, const Store& previous);

// What differs between two stores.
struct Changes {
  bool routes = false;      // anything that needs a whole translation
  bool endpoints = false;   // EndpointSlices alone
  [[nodiscard]] bool any() const noexcept { return routes || endpoints; }
};
[[nodiscard]] Changes changes_between(const Store& before, const Store& after);

}  // namespace controller::manifests
