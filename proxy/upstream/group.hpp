// The endpoints of one upstream group as a worker uses them: who is next.
#pragma once

#include "proxy/upstream/endpoint.hpp"

#include <chrono>
#include <cstdint>
#include <span>
#include <vector>

namespace proxy::upstream {

// Belongs to one configuration of one worker.
struct Group {
  std::vector<Endpoint*> endpoints;
  std::uint32_t cursor = 0;  // round robin per worker; starts at random so that workers do not march in step

  // The next one that is not among `tried`; null when all are. Those that rest come last, and a further try prefers an
  // endpoint with an idle connection, which is known to be alive: pods are deleted several at once, and the tries are few.
  [[nodiscard]] Endpoint* pick(std::span<const Endpoint* const> tried, std::chrono::steady_clock::time_point now) noexcept;

 private:
  template <typename Fits>
  [[nodiscard]] Endpoint* next(Fits fits) noexcept;
};

}  // namespace proxy::upstream
