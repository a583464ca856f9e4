// The endpoints of one upstream group as a worker uses them: who is next.
#pragma once

#include "proxy/upstream/endpoint.hpp"

#include <cstdint>
#include <span>
#include <vector>

namespace proxy::upstream {

// Belongs to one configuration of one worker.
struct Group {
  std::vector<Endpoint*> endpoints;
  std::uint32_t cursor = 0;  // round robin per worker; starts at random so that workers do not march in step

  // The next one that is not among `tried`; null when all are.
  [[nodiscard]] Endpoint* pick(std::span<const Endpoint* const> tried) noexcept;
};

}  // namespace proxy::upstream
