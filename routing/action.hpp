// What is done with a request that matched.
#pragma once

#include <cstdint>
#include <string>
#include <variant>

namespace routing {

// To the endpoints of a group of the UpstreamTable.
struct Forward {
  std::uint32_t upstream = 0;  // its number, which depends on what had been there before
  std::uint64_t identity = 0;  // of what the group stands for: the same in any process, so content is told apart by it

  friend bool operator==(const Forward&, const Forward&) = default;
};

// An answer of our own: a path whose access control we cannot honour (503), a resource backend (404), nothing configured.
struct Reply {
  std::uint16_t status = 503;
  std::string reason;  // for log and explain, never sent

  friend bool operator==(const Reply&, const Reply&) = default;
};

using Action = std::variant<Forward, Reply>;

}  // namespace routing
