#include "proxy/flag_values.hpp"

#include <arpa/inet.h>
#include <boost/algorithm/string.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <optional>

namespace proxy {
namespace {

constexpr unsigned max_seconds = 366 * 24 * 3600;  // a year: longer is a slip of the pen, and sums stay far from overflow

// True when all of `text` is a decimal number that fits.
template <typename T>
bool read_whole(std::string_view text, T& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && end == text.data() + text.size() && !text.empty();
}

// One label of RFC 1123 as Kubernetes takes it.
bool is_dns_label(std::string_view text) {
  const auto is_alphanumeric = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  return !text.empty() && text.size() <= 63 && is_alphanumeric(text.front()) && is_alphanumeric(text.back()) &&
         std::all_of(text.begin(), text.end(), [&](char c) { return is_alphanumeric(c) || c == '-'; });
}

bool is_dns_subdomain(std::string_view text) {
  if (text.size() > 253) return false;
  for (std::size_t from = 0;;) {
    const auto dot = text.find('.', from);
    if (!is_dns_label(text.substr(from, dot - from))) return false;
    if (dot == std::string_view::npos) return true;
    from = dot + 1;
  }
}

bool is_numeric_address(const std::string& text) {
  std::array<unsigned char, sizeof(in6_addr)> bytes;
  return inet_pton(AF_INET, text.c_str(), bytes.data()) == 1 || inet_pton(AF_INET6, text.c_str(), bytes.data()) == 1;
}

// Milliseconds of a Go duration unit, nothing when it is none. Longer names first: "ms" begins with "m".
struct Unit {
  std::string_view name;
  double milliseconds;
};
constexpr std::array<Unit, 8> units{{{"ns", 1e-6}, {"us", 1e-3}, {"\xC2\xB5s", 1e-3}, {"\xCE\xBCs", 1e-3}, {"ms", 1},
                                     {"s", 1e3}, {"m", 60e3}, {"h", 3600e3}}};

// Takes "30s" off the front; nothing when that is not what stands there. from_chars would take "inf" and exponents too.
std::optional<double> take_one_duration(std::string_view& text) {
  const auto digits = std::min(text.find_first_not_of("0123456789."), text.size());
  double number = 0;
  if (text.find_first_of("0123456789") >= digits || !read_whole(text.substr(0, digits), number)) return std::nullopt;
  text.remove_prefix(digits);
  for (const Unit& unit : units) {
    if (!text.starts_with(unit.name)) continue;
    text.remove_prefix(unit.name.size());
    return number * unit.milliseconds;
  }
  return std::nullopt;
}

}  // namespace

FlagValue<bool> parse_bool(std::string_view text) {
  for (const auto yes : {"1", "t", "T", "true", "TRUE", "True"}) {
    if (text == yes) return {true};
  }
  for (const auto no : {"0", "f", "F", "false", "FALSE", "False"}) {
    if (text == no) return {false};
  }
  return {false, "is neither true nor false"};
}

FlagValue<std::uint16_t> parse_port(std::string_view text) {
  std::uint16_t port = 0;
  if (!read_whole(text, port) || port == 0) return {0, "is not a port (1 to 65535)"};
  return {port};
}

FlagValue<unsigned> parse_count(std::string_view text, unsigned min, unsigned max) {
  unsigned count = 0;
  if (!read_whole(text, count) || count < min || count > max) {
    return {0, "is not a number from " + std::to_string(min) + " to " + std::to_string(max)};
  }
  return {count};
}

FlagValue<std::chrono::milliseconds> parse_duration(std::string_view text) {
  const FlagValue<std::chrono::milliseconds> bad{{}, "is not a duration such as 30s, 1m30s or 500ms, of a year at most"};
  if (text == "0") return {};
  if (text.empty()) return bad;
  double sum = 0;
  while (!text.empty()) {
    const auto part = take_one_duration(text);
    if (!part) return bad;
    sum += *part;
  }
  if (!(sum <= max_seconds * 1e3)) return bad;
  return {std::chrono::milliseconds{static_cast<std::int64_t>(std::llround(sum))}};
}

FlagValue<std::chrono::seconds> parse_seconds(std::string_view text) {
  const FlagValue<std::chrono::seconds> bad{{}, "is not a number of seconds or a duration such as 30s or 1m30s, of a year at most"};
  unsigned plain = 0;
  if (read_whole(text, plain)) return plain <= max_seconds ? FlagValue<std::chrono::seconds>{std::chrono::seconds{plain}} : bad;
  const auto duration = parse_duration(text);
  if (!duration.error.empty()) return bad;
  return {std::chrono::ceil<std::chrono::seconds>(duration.value)};  // never shorter than asked
}

FlagValue<std::string> parse_object_name(std::string_view text) {
  const auto slash = text.find('/');
  if (text.empty()) return {};
  if (slash == std::string_view::npos || !is_dns_label(text.substr(0, slash)) || !is_dns_subdomain(text.substr(slash + 1))) {
    return {{}, "is not of the form namespace/name"};
  }
  return {std::string{text}};
}

FlagValue<std::string> parse_namespace(std::string_view text) {
  if (!text.empty() && !is_dns_label(text)) return {{}, "is not the name of a namespace"};
  return {std::string{text}};
}

FlagValue<std::set<std::string>> parse_published(std::string_view text) {
  std::vector<std::string> entries;
  std::set<std::string> published;
  boost::algorithm::split(entries, text, [](char c) { return c == ','; });
  for (std::string& entry : entries) {
    boost::algorithm::trim(entry);
    if (entry.empty()) continue;
    boost::algorithm::to_lower(entry);
    if (entry.ends_with('.')) entry.pop_back();
    // What ends in a number is an IPv4 address or a slip of the pen (URL Standard, 3.5).
    const bool ends_in_number = entry.substr(entry.rfind('.') + 1).find_first_not_of("0123456789") == std::string::npos;
    if (!is_numeric_address(entry) && (ends_in_number || !is_dns_subdomain(entry))) return {{}, "is not a list of IP addresses and DNS names, commas between them"};
    published.insert(std::move(entry));
  }
  if (published.empty() && !text.empty()) return {{}, "holds no address"};
  return {std::move(published)};
}

FlagValue<std::vector<std::string>> parse_addresses(std::string_view text) {
  FlagValue<std::vector<std::string>> result;
  while (!text.empty()) {
    const auto comma = std::min(text.find(','), text.size());
    std::string_view one = text.substr(0, comma);
    text.remove_prefix(std::min(comma + 1, text.size()));
    if (one.size() > 2 && one.front() == '[' && one.back() == ']') one = one.substr(1, one.size() - 2);
    result.value.emplace_back(one);
    if (!is_numeric_address(result.value.back())) return {{}, "is not a list of IP addresses, commas between them"};
  }
  return result;
}

}  // namespace proxy
