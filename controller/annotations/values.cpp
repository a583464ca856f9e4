#include "controller/annotations/values.hpp"

#include <arpa/inet.h>

#include <charconv>
#include <cstring>
#include <limits>

namespace controller::annotations {

std::string_view trim(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

std::string to_lower(std::string_view text) {
  std::string lower{text};
  for (char& c : lower)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c | 0x20);
  return lower;
}

std::vector<std::string> split_list(std::string_view text) {
  std::vector<std::string> parts;
  while (!text.empty()) {
    const std::size_t comma = text.find(',');
    if (const auto part = trim(text.substr(0, comma)); !part.empty()) parts.emplace_back(part);
    if (comma == std::string_view::npos) break;
    text.remove_prefix(comma + 1);
  }
  return parts;
}

std::optional<bool> parse_bool(std::string_view text) {
  for (const auto yes : {"1", "t", "T", "TRUE", "true", "True"})
    if (text == yes) return true;
  for (const auto no : {"0", "f", "F", "FALSE", "false", "False"})
    if (text == no) return false;
  return {};
}

std::optional<std::int64_t> parse_int(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return {};
  return value;
}

std::optional<std::uint64_t> parse_size(std::string_view text) {
  unsigned shift = 0;
  if (!text.empty()) {
    switch (text.back() | 0x20) {
      case 'g': shift = 30; break;
      case 'm': shift = 20; break;
      case 'k': shift = 10; break;
      default: break;
    }
    if (shift || (text.back() | 0x20) == 'b') text.remove_suffix(1);
  }
  const auto value = parse_int(text);
  if (!value || *value < 0 || text.starts_with('+')) return {};
  if (static_cast<std::uint64_t>(*value) > std::numeric_limits<std::uint64_t>::max() >> (shift + 1)) return {};
  return static_cast<std::uint64_t>(*value) << shift;
}

std::optional<std::int64_t> parse_seconds(std::string_view text) {
  std::int64_t factor = 1;
  if (!text.empty()) {
    switch (text.back()) {
      case 's': factor = 1; break;
      case 'm': factor = 60; break;
      case 'h': factor = 3600; break;
      case 'd': factor = 86400; break;
      default: factor = 0; break;
    }
    if (factor) text.remove_suffix(1);
    else factor = 1;
  }
  const auto value = parse_int(text);
  constexpr std::int64_t longest = std::int64_t{10} * 365 * 86400;
  if (!value || *value < 0 || *value > longest / factor) return {};
  return *value * factor;
}

std::optional<routing::RetryOn> parse_retry_conditions(std::string_view text) {
  using routing::RetryOn;
  static constexpr std::pair<std::string_view, RetryOn> words[] = {
      {"error", RetryOn::error},       {"timeout", RetryOn::timeout},   {"invalid_header", RetryOn::invalid_header},
      {"http_500", RetryOn::http_500}, {"http_502", RetryOn::http_502}, {"http_503", RetryOn::http_503},
      {"http_504", RetryOn::http_504}, {"http_403", RetryOn::http_403}, {"http_404", RetryOn::http_404},
      {"http_429", RetryOn::http_429}, {"off", RetryOn::none},          {"non_idempotent", RetryOn::non_idempotent}};
  RetryOn set = RetryOn::none;
  text = trim(text);
  if (text.empty()) return {};
  while (!text.empty()) {
    const std::size_t end = text.find_first_of(" \t");
    const std::string_view word = text.substr(0, end);
    bool known = false;
    for (const auto& [name, value] : words) {
      if (word != name) continue;
      if (value == RetryOn::none) return RetryOn::none;
      set = set | value;
      known = true;
    }
    if (!known) return {};
    text = end == std::string_view::npos ? std::string_view{} : trim(text.substr(end));
  }
  return set;
}

std::optional<std::vector<routing::AddressRange>> parse_ranges(std::string_view text) {
  std::vector<routing::AddressRange> ranges;
  for (const std::string& part : split_list(text)) {
    routing::AddressRange range;
    const std::size_t slash = part.find('/');
    const std::string address = part.substr(0, slash);
    std::int64_t bits = 128, offset = 0;
    if (::inet_pton(AF_INET, address.c_str(), range.address.data() + 12) == 1) {
      range.address[10] = range.address[11] = 0xff;
      offset = 96;
    } else if (::inet_pton(AF_INET6, address.c_str(), range.address.data()) != 1) {
      return {};
    }
    if (slash != std::string::npos) {
      const auto given = parse_int(std::string_view{part}.substr(slash + 1));
      if (!given || *given < 0 || *given > 128 - offset) return {};
      bits = *given + offset;
    }
    for (std::int64_t bit = bits; bit < 128; ++bit) range.address[static_cast<std::size_t>(bit / 8)] &= static_cast<std::uint8_t>(~(0x80 >> (bit % 8)));
    range.prefix_bits = static_cast<std::uint8_t>(bits);
    // "0.0.0.0/0" means everybody, IPv6 clients included, as its users mean it.
    if (offset == 96 && bits == 96) range = routing::AddressRange{};
    ranges.push_back(range);
  }
  return ranges;
}

}  // namespace controller::annotations
