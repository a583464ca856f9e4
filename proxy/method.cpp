#include "proxy/method.hpp"

#include <array>
#include <cstddef>

namespace proxy {

namespace {

// In the order of the enumerators.
constexpr std::array<std::string_view, 17> names = {"OTHER", "GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE",
                                                    "CONNECT", "PROPFIND", "PROPPATCH", "MKCOL", "COPY", "MOVE", "LOCK", "UNLOCK"};

}  // namespace

Method detail::find_method(std::string_view name) noexcept {
  for (std::size_t i = 1; i < names.size(); ++i)
    if (names[i] == name) return static_cast<Method>(i);
  return Method::other;
}

std::string_view name_of(Method method) noexcept { return names[static_cast<std::size_t>(method)]; }

}  // namespace proxy
