// The version of this build, set by CMake from the project's.
#pragma once

#include <string_view>

namespace proxy {

[[nodiscard]] std::string_view version() noexcept;  // "0.1.0"

}  // namespace proxy
