#include "proxy/request_id.hpp"

#include <bit>
#include <cstring>
#include <random>

namespace proxy {

namespace {

// Two digits for every byte.
constexpr auto pairs = [] {
  constexpr char digits[] = "0123456789abcdef";
  std::array<std::array<char, 2>, 256> made{};
  for (unsigned i = 0; i < 256; ++i) made[i] = {digits[i >> 4], digits[i & 15]};
  return made;
}();

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
  for (int half = 0; half < 2; ++half) {
    std::uint64_t word = step();
    for (int i = 0; i < 8; ++i, word >>= 8) std::memcpy(text_ + half * 16 + i * 2, pairs[word & 0xff].data(), 2);
  }
  return {text_, sizeof text_};
}

}  // namespace proxy
