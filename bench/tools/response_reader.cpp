#include "bench/tools/response_reader.hpp"

#include <strings.h>

#include <charconv>

namespace load {
namespace {

bool starts_with_ignoring_case(std::string_view text, std::string_view start) {
  return text.size() >= start.size() && strncasecmp(text.data(), start.data(), start.size()) == 0;
}

}  // namespace

ResponseReader::State ResponseReader::take(std::string_view bytes) {
  if (has_head_) return take_body(bytes.size());
  if (held_.empty()) return take_head(bytes);
  held_ += bytes;
  const auto whole = std::move(held_);
  held_.clear();
  return take_head(whole);
}

void ResponseReader::reset() {
  held_.clear();
  has_head_ = is_ok_ = closes_ = false;
  body_left_ = 0;
}

ResponseReader::State ResponseReader::take_head(std::string_view bytes) {
  constexpr std::string_view end_of_head = "\r\n\r\n", length = "\ncontent-length:", close = "\nconnection: close";
  const auto end = bytes.find(end_of_head);
  if (end == bytes.npos) {
    held_ = bytes;
    return held_.size() <= max_head_bytes ? State::more : State::broken;
  }
  const auto head = bytes.substr(0, end + 2);
  is_ok_ = head.starts_with("HTTP/1.1 200");
  bool has_length = false;
  for (auto line = head.find('\n'); line != head.npos; line = head.find('\n', line + 1)) {
    const auto rest = head.substr(line);
    if (starts_with_ignoring_case(rest, close)) closes_ = true;
    if (!starts_with_ignoring_case(rest, length)) continue;
    const auto digits = rest.find_first_of("0123456789");
    if (digits == rest.npos) return State::broken;
    std::from_chars(rest.data() + digits, rest.data() + rest.size(), body_left_);
    has_length = true;
  }
  if (!has_length) return State::broken;
  has_head_ = true;
  return take_body(bytes.size() - end - end_of_head.size());
}

ResponseReader::State ResponseReader::take_body(std::size_t bytes) {
  if (bytes > body_left_) return State::broken;
  body_left_ -= bytes;
  return body_left_ == 0 ? State::complete : State::more;
}

}  // namespace load
