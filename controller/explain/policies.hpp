// The policies in force for a route, and who set them.
#pragma once

#include "controller/explain/explanation.hpp"
#include "controller/explain/situation.hpp"

#include <vector>

namespace controller::explain {

// Annotations first, then the ConfigMap, then defaults. Empty when nothing was matched.
[[nodiscard]] std::vector<Policy> policies_of(const Situation& situation, const routing::AskedRequest& request, const routing::Outcome& outcome);

}  // namespace controller::explain
