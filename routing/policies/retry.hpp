// When a failed attempt is tried on another endpoint.
#pragma once

#include <chrono>
#include <cstdint>

namespace routing {

// proxy-next-upstream: what counts as a failed attempt. Bits, so that a set is one integer.
enum class RetryOn : std::uint16_t {
  none = 0,
  error = 1,            // could not connect, send or read before the head of the answer was complete
  timeout = 2,
  invalid_header = 4,   // empty or malformed answer
  http_500 = 8,
  http_502 = 16,
  http_503 = 32,
  http_504 = 64,
  http_403 = 128,
  http_404 = 256,
  http_429 = 512,
  non_idempotent = 1024,  // also POST, LOCK and PATCH after bytes were sent (also ConfigMap retry-non-idempotent)
};
[[nodiscard]] constexpr RetryOn operator|(RetryOn a, RetryOn b) {
  return static_cast<RetryOn>(static_cast<std::uint16_t>(a) | static_cast<std::uint16_t>(b));
}
[[nodiscard]] constexpr bool contains(RetryOn set, RetryOn one) {
  return (static_cast<std::uint16_t>(set) & static_cast<std::uint16_t>(one)) != 0;
}

struct Retry {
  RetryOn on = RetryOn::error | RetryOn::timeout;
  std::uint16_t tries = 3;              // proxy-next-upstream-tries, the first included; 0: as many as there are endpoints
  std::chrono::seconds total{0};        // proxy-next-upstream-timeout; 0: no limit

  friend bool operator==(const Retry&, const Retry&) = default;
};

}  // namespace routing
