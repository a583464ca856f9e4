// Every place that could have been meant by a request: the one that serves it, and why each other one does not. The winner is
// what the matcher found; this finds it again in the objects, and asks the matcher about the losers one by one.
#pragma once

#include "controller/explain/explanation.hpp"
#include "controller/explain/situation.hpp"

namespace controller::explain {

// Where the route that matched is written. Nothing when no Ingress's route did.
[[nodiscard]] std::optional<Winner> find_winner(const Situation& situation, const routing::Outcome& outcome);

[[nodiscard]] Candidates find_candidates(const Situation& situation, const routing::AskedRequest& request, const routing::Outcome& outcome,
                                         const std::optional<Winner>& winner);

}  // namespace controller::explain
