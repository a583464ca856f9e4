// The Service port behind a route, and every endpoint that its EndpointSlices name: used, or why not.
#pragma once

#include "controller/explain/explanation.hpp"
#include "controller/explain/situation.hpp"

#include <cstdint>

namespace controller::explain {

// `upstream`: index of the snapshot's table.
[[nodiscard]] ServiceUse service_use(const Situation& situation, std::uint32_t upstream);

}  // namespace controller::explain
