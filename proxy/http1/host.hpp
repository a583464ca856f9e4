// The host of an authority, in the form that routes are known by.
#pragma once

#include <cstddef>
#include <string_view>

namespace proxy::http1 {

// Storage that a parsed head refers to besides the bytes themselves. One per worker, reused.
struct HostStorage {
  static constexpr std::size_t max_host_bytes = 255;
  static constexpr std::size_t max_source_bytes = max_host_bytes + 8;  // a trailing dot and a port

  char bytes[max_host_bytes + 1];
  // What `bytes` was made from: the last host that was understood.
  char source[max_source_bytes];
  std::size_t source_bytes = 0, host_bytes = 0;
};

// Lower-cases and checks a host with optional port; empty result: not valid (RFC 9110, 7.2; RFC 3986, 3.2.2).
[[nodiscard]] std::string_view parse_host(std::string_view authority, HostStorage& storage) noexcept;

}  // namespace proxy::http1
