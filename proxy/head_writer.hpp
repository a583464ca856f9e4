// Puts a head together in one block of memory: one check for room, then plain copies.
#pragma once

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
  // Room for `bytes` in all; what is added must not be more.
  void start(std::size_t bytes) {
    if (bytes > capacity_) {
      block_ = std::make_unique_for_overwrite<char[]>(bytes * 2);
      capacity_ = bytes * 2;
    }
    at_ = block_.get();
  }
  void add(std::string_view text) noexcept {
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
