// An explanation for a terminal: plain text, wrapped. Nothing in it that a terminal would obey, whatever the objects hold.
#pragma once

#include "controller/explain/explanation.hpp"

#include <string>

namespace controller::explain {

inline constexpr std::size_t text_columns = 100;

[[nodiscard]] std::string to_text(const Explanation& explanation);

// "2026-11-25 10:00:00 UTC".
[[nodiscard]] std::string time_text(std::chrono::system_clock::time_point time);

}  // namespace controller::explain
