// The objects of a directory as a store.
#pragma once

#include "controller/changes.hpp"
#include "controller/manifests/directory.hpp"
#include "controller/store.hpp"
#include "routing/diagnostic.hpp"

#include <string>
#include <vector>

namespace controller::manifests {

// An object that is not used, because another of its name comes first.
struct Copy {
  kube::Object object;
  std::string file;
  bool is_equal = false;  // to the one that is used: of these nothing is said
};

struct Loaded {
  Store store;
  std::vector<routing::Diagnostic> diagnostics;  // an object that stands twice
  std::vector<Copy> copies;
};

[[nodiscard]] Loaded store_from(const Directory& directory);

// Brings `loaded` in line with what has come and gone in the directory: at the cost of the change where names are unique, of
// everything where an object stands twice.
[[nodiscard]] Changes update(Loaded& loaded, Directory& directory);

}  // namespace controller::manifests
