#include "proxy/http1/head_fields.hpp"

#include "proxy/http1/field_id.hpp"
#include "proxy/http1/octets.hpp"

namespace proxy::http1 {

namespace {

constexpr std::size_t max_length_digits = 19;  // fits 63 bits with room to detect overflow

bool is_token_text(std::string_view text) {
  for (const char c : text)
    if (!has(c, octet::token)) return false;
  return !text.empty();
}

bool read_connection(std::string_view value, ConnectionOptions& options) {
  return each_element(value, [&options](std::string_view option) {
    if (!is_token_text(option)) return false;
    if (equals_token(option, "close")) options.close = true;
    else if (equals_token(option, "keep-alive")) options.keep_alive = true;
    else if (equals_token(option, "upgrade")) options.upgrade = true;
    else if (equals_token(option, "te")) options.te = true;
    else if (options.named_count == ConnectionOptions::max_named) return false;
    else options.named[options.named_count++] = option;
    return true;
  });
}

// Digits only, below 2^63 (RFC 9110, 8.6): no sign, no list, no blank.
bool read_length(std::string_view value, std::uint64_t& length) {
  if (value.empty() || value.size() > max_length_digits) return false;
  std::uint64_t result = 0;
  for (const char c : value) {
    if (c < '0' || c > '9') return false;
    result = result * 10 + static_cast<std::uint64_t>(c - '0');
  }
  length = result;
  return result <= static_cast<std::uint64_t>(INT64_MAX);
}

// Fields that frame or route the message stay whatever Connection says; dropping them would change its meaning.
bool may_be_nominated(FieldId id) {
  return id != FieldId::host && id != FieldId::content_length && id != FieldId::transfer_encoding;
}

void drop_nominated(const ConnectionOptions& options, FieldList& fields) {
  for (std::size_t i = 0; i < options.named_count; ++i) {
    for (Field& field : fields.all()) {
      if (field.name.size() != options.named[i].size() || !may_be_nominated(field.id)) continue;
      bool equal = true;
      for (std::size_t k = 0; k < field.name.size() && equal; ++k)
        equal = (field.name[k] | 0x20) == (options.named[i][k] | 0x20);
      if (equal) field.is_dropped = true;
    }
  }
}

// nullptr, or why the field makes the message unreadable.
const char* read_framing(const Field& field, Framing& framing) {
  if (field.id == FieldId::content_length) {
    if (framing.has_length) return "more than one Content-Length";
    framing.has_length = true;
    if (!read_length(field.value, framing.length)) return "invalid Content-Length";
  } else if (field.id == FieldId::transfer_encoding) {
    if (framing.has_coding) return "more than one Transfer-Encoding";
    framing.has_coding = true;
    framing.is_chunked = equals_token(field.value, "chunked");
  }
  return nullptr;
}

// Where a field line ended; neither: it is incomplete.
struct Line {
  const char* next = nullptr;
  const char* problem = nullptr;
};

// The empty line at the end gives a field without a name.
inline Line read_line(const char* begin, const char* end, Field& field) {
  if (begin == end) return {};
  if (*begin == '\r') {
    if (end - begin < 2) return {};
    if (begin[1] != '\n') return {nullptr, "CR without LF"};
    field.name = {};
    return {begin + 2, nullptr};
  }
  std::uint8_t seen = 0;
  const char* const colon = skip_name(begin, end, seen);
  if (colon == end) return {};
  if (*colon != ':' || colon == begin) {
    if (is_blank(*begin)) return {nullptr, "folded header line"};
    return {nullptr, is_blank(*colon) ? "blank before the colon of a header" : "invalid header name"};
  }
  const char* const value = colon + 1;
  const char* const stop = find_control(begin, value, end);
  if (stop == end) return {};
  if (*stop != '\r') return {nullptr, *stop == '\n' ? "LF without CR" : "control character in a header value"};
  if (stop + 1 == end) return {};
  if (stop[1] != '\n') return {nullptr, "CR without LF"};
  field.name = {begin, static_cast<std::size_t>(colon - begin)};
  field.line = {begin, static_cast<std::size_t>(stop + 2 - begin)};
  field.is_canonical = stop - value > 1 && *value == ' ' && !is_blank(value[1]) && !is_blank(stop[-1]);
  field.value = field.is_canonical ? std::string_view{value + 1, static_cast<std::size_t>(stop - value - 1)} : trim(value, stop);
  field.id = classify(field.name);
  field.has_underscore = (seen & octet::underscore) != 0;
  field.is_dropped = false;
  return {stop + 2, nullptr};
}

}  // namespace

FieldsResult read_fields(std::string_view bytes, std::size_t start, const HeadLimits& limits, FieldList& fields,
                         ConnectionOptions& connection) {
  FieldsResult result;
  fields.count = 0;
  const char* const end = bytes.data() + bytes.size();
  const char* at = bytes.data() + start;
  while (true) {
    if (fields.count == FieldList::max_fields) return {refuse(431, "too many header fields"), {}};
    Field& field = fields.items[fields.count];
    const Line line = read_line(at, end, field);
    if (line.problem) return {refuse(400, line.problem), {}};
    const char* const reached = line.next ? line.next : end;
    if (static_cast<std::size_t>(reached - at) > limits.max_line_bytes) return {refuse(431, "header field too large"), {}};
    if (static_cast<std::size_t>(reached - bytes.data()) > limits.max_head_bytes)
      return {refuse(431, "header section too large"), {}};
    if (!line.next) return {incomplete, {}};
    at = line.next;
    if (field.name.empty()) break;
    ++fields.count;
    if (field.id == FieldId::other) continue;
    if (const char* problem = read_framing(field, result.framing)) return {refuse(400, problem), {}};
    if (field.id == FieldId::connection && !read_connection(field.value, connection))
      return {refuse(400, "invalid Connection"), {}};
  }
  if (result.framing.has_length && result.framing.has_coding)
    return {refuse(400, "both Content-Length and Transfer-Encoding"), {}};
  if (connection.named_count) drop_nominated(connection, fields);
  result.parse = {ParseStatus::complete, static_cast<std::size_t>(at - bytes.data()), 0, ""};
  return result;
}

ParseResult parse_field(std::string_view bytes, Field& field) {
  const Line line = read_line(bytes.data(), bytes.data() + bytes.size(), field);
  if (line.problem) return refuse(400, line.problem);
  if (!line.next) return incomplete;
  return {ParseStatus::complete, static_cast<std::size_t>(line.next - bytes.data()), 0, ""};
}

}  // namespace proxy::http1
