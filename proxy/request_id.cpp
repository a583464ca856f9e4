#include "proxy/request_id.hpp"

#include <bit>
#include <cstring>
#include <random>

namespace proxy {

namespace {

using Bytes = std::uint8_t __attribute__((vector_size(16)));

// A digit, 0..9 or a..f, for each nibble.
Bytes to_digits(Bytes nibbles) noexcept {
  constexpr std::uint8_t to_letter = 'a' - '0' - 10;
  return nibbles + '0' + (reinterpret_cast<Bytes>(nibbles > 9) & to_letter);
}

}  // namespace

RequestIds::RequestIds() {
  std::random_device device;
  for (auto& word : state_) word = std::uint64_t{device()} << 32 | device();
}

std::uint64_t RequestIds::step() noexcept {
  const std::uint64_t result = std::rotl(state_[0] + state_[3], 23) + state_[0];
  const std::uint64_t shifted = state_[1] << 17;
  state_[2] ^= state_[0];
  state_[3] ^= state_[1];
  state_[1] ^= state_[2];
  state_[0] ^= state_[3];
  state_[2] ^= shifted;
  state_[3] = std::rotl(state_[3], 45);
  return result;
}

std::string_view RequestIds::next() noexcept {
  const std::uint64_t words[] = {step(), step()};
  Bytes bytes;
  std::memcpy(&bytes, words, sizeof bytes);
  const Bytes digits[] = {to_digits(bytes & 15), to_digits(bytes >> 4)};
  static_assert(sizeof digits == sizeof text_);
  std::memcpy(text_, digits, sizeof digits);
  return {text_, sizeof text_};
}

}  // namespace proxy
