// What there is to say of a translation. Gathered for those who ask, since it is read far less often than objects change.
#pragma once

#include "controller/translate/translation.hpp"
#include "routing/diagnostic.hpp"

#include <vector>

namespace controller::translate {

// Of everything but the Services and endpoints behind the routes. Sorted.
[[nodiscard]] std::vector<routing::Diagnostic> diagnostics_of_routes(const Translation& translation);
// Of those too; the same may stand there twice.
[[nodiscard]] std::vector<routing::Diagnostic> diagnostics_of(const Translation& translation);

}  // namespace controller::translate
