// Puts a head together in one block of memory: one check for room, then plain copies.
#pragma once

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>

namespace proxy {

// Owned by one worker; the text is good until the next start().
class HeadWriter {
 public:
  static constexpr std::size_t smallest_block = 16 * 1024;

  // Room for `bytes` in all; what is added must not be more.
  void start(std::size_t bytes) {
    if (bytes > capacity_) {
      capacity_ = std::max(smallest_block, bytes * 2);
      block_ = std::make_unique_for_overwrite<char[]>(capacity_);
    }
    at_ = block_.get();
  }
  [[nodiscard]] bool has_room(std::size_t bytes) const noexcept { return capacity_ - static_cast<std::size_t>(at_ - block_.get()) >= bytes; }
  void add(std::string_view text) noexcept {
    copy(at_, text.data(), text.size());
    at_ += text.size();
  }
  // "name: value" and CRLF; `name` comes with its colon and blank.
  void add_line(std::string_view name, std::string_view value) noexcept {
    add(name);
    add(value);
    add("\r\n");
  }
  void add_number(std::uint64_t number) noexcept { at_ = std::to_chars(at_, at_ + 20, number).ptr; }
  [[nodiscard]] std::string_view text() const noexcept { return {block_.get(), static_cast<std::size_t>(at_ - block_.get())}; }

 private:
  template <typename Word>
  static void copy_ends(char* to, const char* from, std::size_t count) noexcept {  // they may overlap
    Word first, last;
    std::memcpy(&first, from, sizeof(Word));
    std::memcpy(&last, from + count - sizeof(Word), sizeof(Word));
    std::memcpy(to, &first, sizeof(Word));
    std::memcpy(to + count - sizeof(Word), &last, sizeof(Word));
  }
  // Most pieces of a head are short: for them a call costs more than the copy.
  static void copy(char* to, const char* from, std::size_t count) noexcept {
    if (count > 32) {
      std::memcpy(to, from, count);
    } else if (count > 16) {
      copy_ends<std::array<std::uint64_t, 2>>(to, from, count);
    } else if (count >= 8) {
      copy_ends<std::uint64_t>(to, from, count);
    } else if (count >= 4) {
      copy_ends<std::uint32_t>(to, from, count);
    } else {
      for (std::size_t i = 0; i < count; ++i) to[i] = from[i];
    }
  }

  std::unique_ptr<char[]> block_;
  std::size_t capacity_ = 0;
  char* at_ = nullptr;
};

}  // namespace proxy
