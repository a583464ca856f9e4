// Reads request and response heads of HTTP/1.0 and 1.1 in one pass that validates everything: what two parsers could read
// differently is refused here, so nothing behind has to be careful (RFC 9112, 2.2, 3, 5, 6; RFC 9110, 5).
#pragma once

#include "proxy/message.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>

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

// Storage that a parsed head refers to besides the bytes themselves. One per worker, reused.
struct HostStorage {
  static constexpr std::size_t max_host_bytes = 255;
  static constexpr std::size_t max_source_bytes = max_host_bytes + 8;  // a trailing dot and a port

  char bytes[max_host_bytes + 1];
  // What `bytes` was made from: the last host that was understood.
  char source[max_source_bytes];
  std::size_t source_bytes = 0, host_bytes = 0;
};

// `bytes` starts where the request should; empty lines before it are skipped (RFC 9112, 2.2). Incomplete means: call again
// with more, from the same start; the head limits are checked then too.
[[nodiscard]] ParseResult parse_request(std::string_view bytes, const HeadLimits& limits, RequestHead& head, HostStorage& storage);

// `is_head_request`: the response to HEAD has no body whatever it says.
[[nodiscard]] ParseResult parse_response(std::string_view bytes, const HeadLimits& limits, bool is_head_request, ResponseHead& head);

// Reads one field line at the start of `bytes` (also used for trailers). complete: `field` set, head_bytes = line length;
// an empty line gives complete with an empty name.
[[nodiscard]] ParseResult parse_field(std::string_view bytes, Field& field);

// Lower-cases and checks a host with optional port; empty result: not valid (RFC 9110, 7.2; RFC 3986, 3.2.2).
[[nodiscard]] std::string_view parse_host(std::string_view authority, HostStorage& storage) noexcept;

}  // namespace proxy::http1
