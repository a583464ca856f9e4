// Values for X-Request-ID: 32 hexadecimal digits, as ingress-nginx makes them.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace proxy {

// Unique, not secret: xoshiro256++ seeded from the system. One per worker thread.
class RequestIds {
 public:
  RequestIds();
  // Valid until the next call.
  [[nodiscard]] std::string_view next() noexcept;

 private:
  std::uint64_t step() noexcept;

  std::array<std::uint64_t, 4> state_;
  char text_[32];
};

}  // namespace proxy
