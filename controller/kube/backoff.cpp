#include "controller/kube/backoff.hpp"

#include <algorithm>

namespace controller::kube {

std::chrono::milliseconds Backoff::next(const Failure& failure) {
  constexpr unsigned most_doublings = 10;
  const bool was_unreachable = kind_ == Failure::Kind::unreachable, is_unreachable = failure.kind == Failure::Kind::unreachable;
  if (was_unreachable != is_unreachable) reset();  // the server is back: it may not be whole yet, but soon is
  kind_ = failure.kind;
  const auto limit = is_unreachable ? longest_unreachable : longest;
  const auto wait = std::min(limit, shortest * (1u << std::min(tries_, most_doublings)));
  ++tries_;
  const double factor = std::uniform_real_distribution<double>{1 - jitter, 1 + jitter}(random_);
  const auto varied = std::chrono::duration_cast<std::chrono::milliseconds>(wait * factor);
  return std::max(std::min(varied, limit), std::chrono::milliseconds{failure.retry_after});
}

}  // namespace controller::kube
