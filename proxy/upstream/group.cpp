#include "proxy/upstream/group.hpp"

#include <algorithm>

namespace proxy::upstream {

template <typename Fits>
Endpoint* Group::next(Fits fits) noexcept {
  for (std::size_t i = 0; i < endpoints.size(); ++i) {
    if (cursor >= endpoints.size()) cursor = 0;
    Endpoint* const endpoint = endpoints[cursor++];
    if (fits(*endpoint)) return endpoint;
  }
  return nullptr;
}

Endpoint* Group::pick(std::span<const Endpoint* const> tried, std::chrono::steady_clock::time_point now) noexcept {
  const auto is_untried = [tried](const Endpoint& endpoint) { return std::find(tried.begin(), tried.end(), &endpoint) == tried.end(); };
  const auto is_fit = [&](const Endpoint& endpoint) { return endpoint.resting_until <= now && is_untried(endpoint); };
  if (!tried.empty()) {
    if (Endpoint* const alive = next([&](const Endpoint& endpoint) { return endpoint.idle && is_fit(endpoint); })) return alive;
  }
  if (Endpoint* const fit = next(is_fit)) return fit;
  return next(is_untried);
}

}  // namespace proxy::upstream
