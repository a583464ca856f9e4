// Text that others wrote, made fit for a line: objects and clients may say anything, and a terminal or a log must not obey it.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace routing {

struct Character {
  char32_t code = 0;
  std::size_t bytes = 0;  // 0: no UTF-8 stands there
};

// The first character of `text`, which is not empty. Overlong forms and surrogates are no UTF-8 (RFC 3629, 3).
[[nodiscard]] Character first_character(std::string_view text);

// What ends a line or rearranges it where it is shown: C0, DEL, C1, the separators and the writing directions of Unicode.
[[nodiscard]] bool is_control(char32_t code);

// Their bytes, and those that are no UTF-8, as \x..; everything else as it is.
[[nodiscard]] std::string printable(std::string_view text);

}  // namespace routing
