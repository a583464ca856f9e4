// Changes of objects into a store, and what has to be done because of them.
#pragma once

#include "controller/changes.hpp"
#include "controller/kube/inbox.hpp"
#include "controller/options.hpp"
#include "controller/store.hpp"
#include "routing/diagnostic.hpp"

#include <map>
#include <utility>
#include <vector>

namespace controller::kube {

// What was to be said of objects when they were read, by kind and name.
using ObjectDiagnostics = std::map<std::pair<std::size_t, Key>, std::vector<routing::Diagnostic>>;

// An object that is equal to the one in the store changes nothing; neither does an Ingress that is not ours and was not before.
void apply(std::vector<ObjectChange> arrived, const Options& options, Store& store, ObjectDiagnostics& diagnostics, Changes& changes);

}  // namespace controller::kube
