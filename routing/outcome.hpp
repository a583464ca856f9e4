// What becomes of a request under a snapshot, without serving it: the steps of proxy/exchange as values, by the same matcher.
// tests/e2e/explain_test.cpp asks both and compares.
#pragma once

#include "routing/asked_request.hpp"
#include "routing/route_table.hpp"
#include "routing/snapshot.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace routing {

enum class OutcomeKind {
  forward,            // to the endpoints of the route's group
  stand_in,           // to those of the group that stands in for it, which has none (default-backend annotation)
  redirect,           // answered by a redirect that the route's policies ask for
  reply,              // answered by Weir itself: an error, or the health check on the traffic port
  handshake_refused,  // no certificate for the name, and ssl-reject-handshake is set
};

struct Outcome {
  OutcomeKind kind = OutcomeKind::reply;
  std::uint16_t status = 0;         // of redirect and reply
  std::string reason;               // why, for people; empty for forward
  std::string location;             // of a redirect
  std::string normalised_path;      // what rules were compared with; empty: nothing was matched
  Match match;
  const Route* route = nullptr;     // the one that matched, or the table's fallback; null: nothing was matched
  std::optional<std::uint32_t> upstream;  // the group asked for last
  std::string upstream_target;      // what the endpoint is sent
};

// Points into the snapshot, which has to outlive it. A request without a body is meant.
[[nodiscard]] Outcome outcome_of(const Snapshot& snapshot, const AskedRequest& request, std::uint16_t https_port);

}  // namespace routing
