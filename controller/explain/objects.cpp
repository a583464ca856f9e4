#include "controller/explain/objects.hpp"

#include "controller/manifests/directory.hpp"
#include "controller/manifests/store_from.hpp"

#include <utility>

namespace controller::explain {

Objects read_objects(const Options& options) {
  Objects objects;
  if (options.manifests.empty()) {
    objects.error = no_source;
    return objects;
  }
  manifests::Directory directory{options.manifests};
  if (!directory.load(objects.error)) return objects;
  manifests::Loaded loaded = manifests::store_from(directory);
  objects.store = std::move(loaded.store);
  objects.diagnostics = directory.diagnostics();
  objects.diagnostics.insert(objects.diagnostics.end(), loaded.diagnostics.begin(), loaded.diagnostics.end());
  return objects;
}

DnsResolver::Answers look_up(const std::set<std::string>& names) {
  if (names.empty()) return {};
  DnsResolver resolver{[] {}};
  resolver.want(names);
  resolver.wait_for_first(longest_lookup);
  return resolver.answers();
}

}  // namespace controller::explain
