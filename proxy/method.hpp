// Request methods by number: what is decided by method, and what is counted by it, needs no text.
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

namespace proxy {

// Those that nginx knows. Every other token is `other`, so that a client cannot make up names to be counted under.
enum class Method : std::uint8_t {
  other, get, head, post, put, delete_, patch, options, trace, connect, propfind, proppatch, mkcol, copy, move, lock, unlock,
};

namespace detail {
[[nodiscard]] Method find_method(std::string_view name) noexcept;
}

// Exact: methods are case-sensitive (RFC 9110, 9.1).
[[nodiscard]] inline Method method_of(std::string_view name) noexcept {
  if (name.size() == 3 && std::memcmp(name.data(), "GET", 3) == 0) return Method::get;  // most of all requests
  return detail::find_method(name);
}
[[nodiscard]] std::string_view name_of(Method method) noexcept;  // "OTHER" for other

}  // namespace proxy
