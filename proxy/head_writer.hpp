// Puts a head together in one block of memory: one check for room, then plain copies.
#pragma once

#include <algorithm>
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
    if (text.empty()) return;
    std::memcpy(at_, text.data(), text.size());
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
  std::unique_ptr<char[]> block_;
  std::size_t capacity_ = 0;
  char* at_ = nullptr;
};

}  // namespace proxy
