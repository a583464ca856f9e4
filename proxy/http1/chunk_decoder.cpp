#include "proxy/http1/chunk_decoder.hpp"

#include "proxy/http1/field_id.hpp"
#include "proxy/http1/head_fields.hpp"

#include <algorithm>
#include <cstring>

namespace proxy::http1 {

namespace {

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool is_control(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return (byte < 0x20 && byte != '\t') || byte == 0x7f;
}

// Fields that must not arrive behind the body, where whoever merges them would change the message (RFC 9110, 6.5.1).
bool may_be_trailer(const Field& field) {
  if (field.id != FieldId::other || field.has_underscore) return false;
  static constexpr std::string_view never[] = {
      "age", "authorization", "cache-control", "content-encoding", "content-range", "content-type", "cookie", "expires",
      "location", "max-forwards", "pragma", "proxy-authenticate", "proxy-authorization", "range", "retry-after", "set-cookie",
      "vary", "warning", "www-authenticate", "forwarded"};
  return std::none_of(std::begin(never), std::end(never), [&field](std::string_view name) { return equals_token(field.name, name); });
}

}  // namespace

ChunkDecoder::Result ChunkDecoder::refuse(const char* reason, std::size_t consumed) {
  reason_ = reason;
  return {Status::refused, consumed, 0};
}

bool ChunkDecoder::take_trailer() {
  line_ += "\r\n";
  Field field;
  if (parse_field(line_, field).status != ParseStatus::complete || field.name.empty()) return false;
  if (may_be_trailer(field)) trailers_.append(field.name).append(": ").append(field.value).append("\r\n");
  line_.clear();
  return true;
}

ChunkDecoder::Result ChunkDecoder::decode(char* bytes, std::size_t count) {
  std::size_t at = 0, out = 0;
  while (at < count) {
    const char c = bytes[at];
    switch (state_) {
      case State::size: {
        const int digit = hex_value(c);
        if (digit >= 0) {
          if (digits_ == max_size_digits || left_ >> 59) return refuse("chunk size too large", at);
          left_ = left_ << 4 | static_cast<std::uint64_t>(digit);
          ++digits_;
          break;
        }
        if (digits_ == 0) return refuse("invalid chunk size", at);
        is_last_ = left_ == 0;
        if (c == '\r') state_ = State::size_lf;
        else if (c == ';') state_ = State::extension;
        else if (c == ' ' || c == '\t') state_ = State::size_blank;
        else return refuse("invalid chunk size", at);
        break;
      }
      case State::size_blank:  // only blanks may stand between the size and an extension
        if (++extension_bytes_ > max_extension_bytes) return refuse("chunk extensions too long", at);
        if (c == ';') state_ = State::extension;
        else if (c != ' ' && c != '\t') return refuse("invalid chunk size", at);
        break;
      case State::extension:
        if (++extension_bytes_ > max_extension_bytes) return refuse("chunk extensions too long", at);
        if (c == '\r') state_ = State::size_lf;
        else if (c == '"') state_ = State::extension_quoted;
        else if (is_control(c)) return refuse("invalid chunk extension", at);
        break;
      case State::extension_quoted:
        if (++extension_bytes_ > max_extension_bytes) return refuse("chunk extensions too long", at);
        if (c == '"') state_ = State::extension;
        else if (c == '\\') state_ = State::extension_escape;
        else if (is_control(c)) return refuse("invalid chunk extension", at);
        break;
      case State::extension_escape:
        if (++extension_bytes_ > max_extension_bytes) return refuse("chunk extensions too long", at);
        if (is_control(c)) return refuse("invalid chunk extension", at);
        state_ = State::extension_quoted;
        break;
      case State::size_lf:
        if (c != '\n') return refuse("CR without LF after a chunk size", at);
        digits_ = 0;
        state_ = is_last_ ? State::trailer_start : State::data;
        break;
      case State::data: {
        const std::size_t n = static_cast<std::size_t>(std::min<std::uint64_t>(left_, count - at));
        if (out != at) std::memmove(bytes + out, bytes + at, n);
        out += n;
        at += n;
        left_ -= n;
        if (left_ == 0) state_ = State::data_cr;
        continue;
      }
      case State::data_cr:
        if (c != '\r') return refuse("chunk data longer than its size", at);
        state_ = State::data_lf;
        break;
      case State::data_lf:
        if (c != '\n') return refuse("CR without LF after chunk data", at);
        state_ = State::size;
        break;
      case State::trailer_start:
        if (c == '\r') {
          state_ = State::end_lf;
          break;
        }
        state_ = State::trailer_line;
        continue;
      case State::trailer_line:
        if (++trailer_bytes_ > max_trailer_bytes) return refuse("trailer section too large", at);
        if (c == '\r') state_ = State::trailer_lf;
        else if (is_control(c)) return refuse("control character in a trailer", at);
        else line_.push_back(c);
        break;
      case State::trailer_lf:
        if (c != '\n' || !take_trailer()) return refuse("invalid trailer", at);
        state_ = State::trailer_start;
        break;
      case State::end_lf:
        if (c != '\n') return refuse("CR without LF after the last chunk", at);
        state_ = State::done;
        return {Status::done, at + 1, out};
      case State::done:
        return {Status::done, at, out};
    }
    ++at;
  }
  return {Status::more, at, out};
}

}  // namespace proxy::http1
