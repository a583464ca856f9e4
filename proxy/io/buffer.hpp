// Bytes that had to be kept: an incomplete head, pipelined requests, what the kernel refused. Owns nothing while empty, so
// an idle connection costs two words.
#pragma once

#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <new>
#include <span>
#include <string_view>
#include <utility>

namespace proxy::io {

// Consumed from the front, appended at the back. Not copyable; belongs to one connection.
class Buffer {
 public:
  Buffer() = default;
  ~Buffer() { std::free(block_); }
  Buffer(Buffer&& other) noexcept : block_(std::exchange(other.block_, nullptr)) {}
  Buffer& operator=(Buffer&& other) noexcept {
    std::swap(block_, other.block_);
    return *this;
  }

  [[nodiscard]] bool empty() const noexcept { return block_ == nullptr; }
  [[nodiscard]] std::size_t size() const noexcept { return block_ ? block_->end - block_->begin : 0; }
  [[nodiscard]] char* data() noexcept { return block_ ? bytes() + block_->begin : nullptr; }
  [[nodiscard]] std::string_view view() noexcept { return {data(), size()}; }

  void append(std::string_view more) {
    if (more.empty()) return;
    make_room(more.size());
    std::memcpy(bytes() + block_->end, more.data(), more.size());
    block_->end += more.size();
  }
  // Frees the memory when nothing is left.
  void consume(std::size_t n) noexcept {
    if (!block_) return;
    block_->begin += n;
    if (block_->begin >= block_->end) clear();
  }
  // Keeps the last `n` bytes.
  void keep_tail(std::size_t n) noexcept { consume(size() - n); }
  void clear() noexcept {
    std::free(block_);
    block_ = nullptr;
  }

 private:
  struct Block {
    std::size_t begin, end, capacity;
  };

  char* bytes() noexcept { return reinterpret_cast<char*>(block_ + 1); }
  void make_room(std::size_t n) {
    if (!block_) {
      block_ = allocate(n < 512 ? 512 : n);
      block_->begin = block_->end = 0;
      return;
    }
    if (block_->capacity - block_->end >= n) return;
    const std::size_t held = size();
    if (block_->capacity - held >= n && block_->begin >= held) {
      std::memcpy(bytes(), bytes() + block_->begin, held);
    } else {
      Block* larger = allocate(held + (held > n ? held : n));
      std::memcpy(reinterpret_cast<char*>(larger + 1), data(), held);
      std::free(block_);
      block_ = larger;
    }
    block_->begin = 0;
    block_->end = held;
  }
  static Block* allocate(std::size_t capacity) {
    void* memory = std::malloc(sizeof(Block) + capacity);
    if (!memory) throw std::bad_alloc{};
    auto* block = static_cast<Block*>(memory);
    block->capacity = capacity;
    return block;
  }

  Block* block_ = nullptr;
};

}  // namespace proxy::io
