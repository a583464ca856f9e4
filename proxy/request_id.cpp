#include "proxy/request_id.hpp"

#include <bit>
#include <random>

namespace proxy {

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
  static constexpr char digits[] = "0123456789abcdef";
  for (int half = 0; half < 2; ++half) {
    std::uint64_t word = step();
    for (int i = 0; i < 16; ++i, word >>= 4) text_[half * 16 + i] = digits[word & 15];
  }
  return {text_, sizeof text_};
}

}  // namespace proxy
