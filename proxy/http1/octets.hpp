// What single octets of a head may be, and scans that stop at the first that may not. For the parsers of this folder.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <string_view>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace proxy::http1 {

// What an octet may be part of, as flags.
namespace octet {
enum : std::uint8_t { token = 1, target = 2, hex = 4, underscore = 8 };

constexpr std::array<std::uint8_t, 256> make_classes() {
  std::array<std::uint8_t, 256> classes{};
  const auto add = [&classes](std::string_view set, std::uint8_t flag) {
    for (const char c : set) classes[static_cast<unsigned char>(c)] |= flag;
  };
  for (unsigned c = 0; c < 256; ++c) {
    const bool alpha = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    const bool digit = c >= '0' && c <= '9';
    if (alpha || digit) classes[c] |= token;
    if (digit || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F')) classes[c] |= hex;
    if (c > 0x20 && c < 0x7f) classes[c] |= target;
  }
  add("!#$%&'*+-.^_`|~", token);
  add("_", underscore);
  // A fragment is no part of a request target; some servers read '\' as '/'.
  classes['#'] &= static_cast<std::uint8_t>(~target);
  classes['\\'] &= static_cast<std::uint8_t>(~target);
  return classes;
}
inline constexpr auto classes = make_classes();
}  // namespace octet

inline bool has(char c, std::uint8_t flag) { return (octet::classes[static_cast<unsigned char>(c)] & flag) != 0; }

inline bool is_control(char c) { return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f; }

#ifdef __SSE2__
// A bit for each of the sixteen bytes at `p` that is_control().
inline unsigned control_mask(const char* p) {
  const __m128i chunk = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
  const __m128i low = _mm_cmpeq_epi8(_mm_min_epu8(chunk, _mm_set1_epi8(0x1f)), chunk);
  const __m128i bad = _mm_or_si128(_mm_andnot_si128(_mm_cmpeq_epi8(chunk, _mm_set1_epi8('\t')), low),
                                   _mm_cmpeq_epi8(chunk, _mm_set1_epi8(0x7f)));
  return static_cast<unsigned>(_mm_movemask_epi8(bad));
}
#endif

// First byte of [p, end) that may stand in no field value or start line: a control character other than HTAB, or DEL
// (RFC 9110, 5.5); `end` when there is none. Bytes from `base` on may be read.
inline const char* find_control(const char* base, const char* p, const char* end) {
#ifdef __SSE2__
  for (; end - p >= 16; p += 16)
    if (const unsigned mask = control_mask(p)) return p + std::countr_zero(mask);
  if (end - base >= 16) {  // the rest, seen from its end
    const unsigned mask = p == end ? 0 : control_mask(end - 16) >> (16 - (end - p));
    return mask ? p + std::countr_zero(mask) : end;
  }
#else
  (void)base;
#endif
  while (p < end && !is_control(*p)) ++p;
  return p;
}

// First byte that is no part of a field name: of letters, digits and '-' by sixteen, of the rest one by one.
inline const char* skip_name(const char* p, const char* end, std::uint8_t& seen) {
#ifdef __SSE2__
  const auto in_range = [](__m128i chunk, char low, char high) {  // bytes from 0x80 on are negative, so below every range
    return _mm_and_si128(_mm_cmpgt_epi8(chunk, _mm_set1_epi8(static_cast<char>(low - 1))),
                         _mm_cmplt_epi8(chunk, _mm_set1_epi8(static_cast<char>(high + 1))));
  };
  for (; end - p >= 16; p += 16) {
    const __m128i chunk = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
    const __m128i letters = in_range(_mm_or_si128(chunk, _mm_set1_epi8(0x20)), 'a', 'z');
    const __m128i others = _mm_or_si128(in_range(chunk, '0', '9'), _mm_cmpeq_epi8(chunk, _mm_set1_epi8('-')));
    const int mask = _mm_movemask_epi8(_mm_or_si128(letters, others)) ^ 0xffff;
    if (mask) {
      p += std::countr_zero(static_cast<unsigned>(mask));
      break;
    }
  }
#endif
  while (p < end) {
    const std::uint8_t flags = octet::classes[static_cast<unsigned char>(*p)];
    if (!(flags & octet::token)) break;
    seen |= flags;
    ++p;
  }
  return p;
}

inline bool is_blank(char c) { return c == ' ' || c == '\t'; }

inline std::string_view trim(const char* begin, const char* end) {
  while (begin < end && is_blank(*begin)) ++begin;
  while (begin < end && is_blank(end[-1])) --end;
  return {begin, static_cast<std::size_t>(end - begin)};
}

// Calls `visit` for each non-empty element of a comma list; false as soon as it says false.
template <typename Visit>
bool each_element(std::string_view list, Visit visit) {
  while (!list.empty()) {
    const std::size_t comma = list.find(',');
    const std::string_view element = list.substr(0, comma);
    const std::string_view trimmed = trim(element.data(), element.data() + element.size());
    if (!trimmed.empty() && !visit(trimmed)) return false;
    if (comma == std::string_view::npos) break;
    list.remove_prefix(comma + 1);
  }
  return true;
}

}  // namespace proxy::http1
