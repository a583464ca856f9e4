// What the parsers of heads are bounded by, and what they find.
#pragma once

#include <cstddef>
#include <cstdint>

namespace proxy::http1 {

struct HeadLimits {
  std::size_t max_line_bytes = 8 * 1024;    // request line or one field; large-client-header-buffers' size
  std::size_t max_head_bytes = 32 * 1024;   // all of it; count x size
};

enum class ParseStatus : std::uint8_t { complete, incomplete, refused };

struct ParseResult {
  ParseStatus status = ParseStatus::incomplete;
  std::size_t head_bytes = 0;        // complete: what the head took, its empty line included
  std::uint16_t reply_status = 0;    // refused: for the client (400, 405, 414, 431, 501, 505, 417)
  const char* reason = "";           // refused: for the log
};

[[nodiscard]] inline ParseResult refuse(std::uint16_t status, const char* reason) { return {ParseStatus::refused, 0, status, reason}; }
inline constexpr ParseResult incomplete{};

}  // namespace proxy::http1
