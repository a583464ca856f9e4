#include "proxy/upstream/group.hpp"

#include <algorithm>

namespace proxy::upstream {

Endpoint* Group::pick(std::span<const Endpoint* const> tried) noexcept {
  for (std::size_t i = 0; i < endpoints.size(); ++i) {
    if (cursor >= endpoints.size()) cursor = 0;
    Endpoint* const next = endpoints[cursor++];
    if (std::find(tried.begin(), tried.end(), next) == tried.end()) return next;
  }
  return nullptr;
}

}  // namespace proxy::upstream
