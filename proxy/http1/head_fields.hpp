// Field lines of heads and trailers, and what they say of the framing (RFC 9112, 5 and 6).
#pragma once

#include "proxy/http1/parse_result.hpp"
#include "proxy/message.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace proxy::http1 {

// Reads one field line at the start of `bytes` (also used for trailers). complete: `field` set, head_bytes = line length;
// an empty line gives complete with an empty name.
[[nodiscard]] ParseResult parse_field(std::string_view bytes, Field& field);

// What the framing fields of a message say together.
struct Framing {
  bool has_length = false, has_coding = false, is_chunked = false;
  std::uint64_t length = 0;
};

struct FieldsResult {
  ParseResult parse;
  Framing framing;
};

// Reads all fields from `start` on into `fields` and checks them; those that Connection names are dropped.
[[nodiscard]] FieldsResult read_fields(std::string_view bytes, std::size_t start, const HeadLimits& limits, FieldList& fields,
                                       ConnectionOptions& connection);

}  // namespace proxy::http1
