// An explanation for scripts: one JSON object, its shape as docs/explain.md says.
#pragma once

#include "controller/explain/explanation.hpp"

#include <string>

namespace controller::explain {

[[nodiscard]] std::string to_json(const Explanation& explanation);

}  // namespace controller::explain
