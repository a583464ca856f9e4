// Fast 64-bit hashing of bytes: one function for hash tables, one streaming form for "did the content change".
// Not cryptographic: what an attacker must not be able to collide (tickets, certificates) is hashed by OpenSSL in tls/.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace routing {

namespace detail {

__extension__ using Wide = unsigned __int128;

// Multiplies and folds: every input bit reaches about half of the output bits.
[[nodiscard]] inline std::uint64_t fold(std::uint64_t a, std::uint64_t b) noexcept {
  const Wide product = static_cast<Wide>(a) * b;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

// Little-endian whatever the platform, so that values may be compared between processes on different machines.
[[nodiscard]] inline std::uint64_t load_word(const char* bytes) noexcept {
  std::uint64_t word;
  std::memcpy(&word, bytes, sizeof word);
  if constexpr (std::endian::native == std::endian::big) word = __builtin_bswap64(word);
  return word;
}

[[nodiscard]] inline std::uint64_t load_tail(const char* bytes, std::size_t count) noexcept {
  std::uint64_t word = 0;
  for (std::size_t i = 0; i < count; ++i) word |= std::uint64_t{static_cast<unsigned char>(bytes[i])} << (8 * i);
  return word;
}

inline constexpr std::uint64_t seed = 0x243f6a8885a308d3;        // digits of pi: nothing up the sleeve
inline constexpr std::uint64_t multiplier = 0x9e3779b97f4a7c15;  // golden ratio
inline constexpr std::uint64_t finisher = 0xbf58476d1ce4e5b9;

}  // namespace detail

// For hash tables: host names, mostly 10 to 40 bytes.
[[nodiscard]] inline std::uint64_t hash_bytes(std::string_view text) noexcept {
  // The length is spread over the word: next to the first byte it could cancel out with it.
  std::uint64_t state = detail::seed ^ (text.size() * detail::finisher);
  const char* at = text.data();
  std::size_t left = text.size();
  for (; left >= 8; at += 8, left -= 8) state = detail::fold(state ^ detail::load_word(at), detail::multiplier);
  if (left == 0) return detail::fold(state, detail::finisher);
  // The tail overlaps bytes that were hashed already: one load instead of a loop.
  const std::uint64_t tail = text.size() >= 8 ? detail::load_word(at + left - 8) : detail::load_tail(at, left);
  return detail::fold(state ^ tail, detail::finisher);
}

// Accumulates values in order. Strings carry their length, so ("ab","c") and ("a","bc") differ.
class ContentHash {
 public:
  void add(std::uint64_t value) noexcept { state_ = detail::fold(state_ ^ value, detail::multiplier) + detail::finisher; }
  void add(std::string_view text) noexcept {
    add(std::uint64_t{text.size()});
    add(hash_bytes(text));
  }
  [[nodiscard]] std::uint64_t value() const noexcept { return detail::fold(state_, detail::finisher); }

 private:
  std::uint64_t state_ = detail::seed;
};

}  // namespace routing
