#include "proxy/request_id.hpp"

#include <bit>
#include <cstring>
#include <random>

namespace proxy {

namespace {

// Eight hexadecimal digits of a word, all at once: its nibbles spread to bytes, then 0..9 and a..f added.
std::uint64_t to_digits(std::uint32_t word) noexcept {
  std::uint64_t x = word;
  x = (x | x << 16) & 0x0000ffff0000ffff;
  x = (x | x << 8) & 0x00ff00ff00ff00ff;
  x = (x | x << 4) & 0x0f0f0f0f0f0f0f0f;
  const std::uint64_t is_letter = ((x + 0x0606060606060606) >> 4) & 0x0101010101010101;
  return x + 0x3030303030303030 + is_letter * ('a' - '0' - 10);
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
  for (int i = 0; i < 4; ++i) {
    const std::uint64_t digits = to_digits(static_cast<std::uint32_t>(words[i / 2] >> (i % 2 * 32)));
    std::memcpy(text_ + i * 8, &digits, sizeof digits);
  }
  return {text_, sizeof text_};
}

}  // namespace proxy
