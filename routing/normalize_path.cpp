#include "routing/normalize_path.hpp"

#include <cstdint>
#include <cstring>

namespace routing {
namespace {

constexpr std::uint64_t ones = 0x0101010101010101;
constexpr std::uint64_t highs = 0x8080808080808080;

std::uint64_t load(const char* bytes) noexcept {
  std::uint64_t word;
  std::memcpy(&word, bytes, sizeof word);
  return word;
}

// The high bit of every byte of `word` that equals `c`. Above a true hit there may be false ones, which only cost a
// second look.
std::uint64_t equal_bytes(std::uint64_t word, unsigned char c) noexcept {
  const std::uint64_t difference = word ^ (ones * c);
  return (difference - ones) & ~difference & highs;
}

// '?' ends a path and '#' may not be in a request at all: both make the path something that no rule can mean.
bool is_special(char c) noexcept { return c == '%' || c == '?' || c == '#'; }

// Of the segment that begins behind the slash at `slash`.
bool is_dot_segment(std::string_view path, std::size_t slash) noexcept {
  const auto rest = path.substr(slash + 1);
  const auto segment = rest.substr(0, rest.find('/'));
  return segment == "." || segment == "..";
}

bool is_normal_at(std::string_view path, std::size_t at) noexcept {
  if (is_special(path[at])) return false;
  if (path[at] != '/' || at + 1 == path.size()) return true;
  return path[at + 1] != '/' && (path[at + 1] != '.' || !is_dot_segment(path, at));
}

int hex_value(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// The byte of the escape at `at`, or -1 for one that is cut short, not hexadecimal or NUL.
int decode_escape(std::string_view path, std::size_t at) noexcept {
  if (path.size() - at < 3) return -1;
  const int high = hex_value(path[at + 1]);
  const int low = hex_value(path[at + 2]);
  if (high < 0 || low < 0 || (high | low) == 0) return -1;
  return high * 16 + low;
}

// Removes a last segment that is "." or ".." with what it cancels; `out` then ends in '/'. False above the root.
bool resolve_last_segment(std::string& out) {
  const auto slash = out.rfind('/');
  const auto segment = std::string_view{out}.substr(slash + 1);
  if (segment == ".") {
    out.resize(slash + 1);
  } else if (segment == "..") {
    if (slash == 0) return false;
    out.resize(out.rfind('/', slash - 1) + 1);
  }
  return true;
}

bool append(std::string& out, char c) {
  if (c == '/') {
    if (!resolve_last_segment(out)) return false;
    if (out.back() == '/') return true;
  }
  out.push_back(c);
  return true;
}

}  // namespace

bool is_normalised(std::string_view path) noexcept {
  // Short paths of one segment are the most frequent of all: one word tells.
  if (path.size() >= 2 && path.size() <= sizeof(std::uint64_t)) {
    std::uint64_t word = 0;
    std::memcpy(&word, path.data(), path.size());
    const std::uint64_t specials = equal_bytes(word, '%') | equal_bytes(word, '?') | equal_bytes(word, '#') | equal_bytes(word >> 8, '/');
    if (specials == 0 && path[1] != '.') return true;
  }
  if (path.empty() || path.front() != '/') return false;
  std::size_t at = 0;
  // Eight bytes at a time, with the eight that follow each of them: "//" and "/." are pairs.
  for (; at + 9 <= path.size(); at += 8) {
    const auto word = load(path.data() + at);
    const auto next = load(path.data() + at + 1);
    const auto special = equal_bytes(word, '%') | equal_bytes(word, '?') | equal_bytes(word, '#');
    const auto pairs = equal_bytes(word, '/') & (equal_bytes(next, '/') | equal_bytes(next, '.'));
    if ((special | pairs) == 0) continue;
    for (std::size_t i = at; i < at + 8; ++i) {
      if (!is_normal_at(path, i)) return false;
    }
  }
  for (; at < path.size(); ++at) {
    if (!is_normal_at(path, at)) return false;
  }
  return true;
}

bool normalize_path(std::string_view path, std::string& out) {
  out.clear();
  if (path.empty() || path.front() != '/') return false;
  out.reserve(path.size());
  out.push_back('/');
  for (std::size_t at = 1; at < path.size(); ++at) {
    int c = static_cast<unsigned char>(path[at]);
    if (c == '?' || c == '#') return false;
    if (c == '%') {
      c = decode_escape(path, at);
      if (c < 0) return false;
      at += 2;
    }
    // Decoded bytes act like plain ones: "%2e%2e%2f" climbs and "%2f" separates, or a rule could be stepped around.
    if (!append(out, static_cast<char>(c))) return false;
  }
  return resolve_last_segment(out);
}

}  // namespace routing
