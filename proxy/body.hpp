// The body of one message as it streams by, whatever its framing: how much of the bytes at hand belongs to it, and the same
// data in the framing of the other side.
#pragma once

#include "proxy/http1/chunk_decoder.hpp"
#include "proxy/message.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace proxy {

// Takes the framing off. One per message; reset() before the next.
class BodyDecoder {
 public:
  enum class Status : std::uint8_t { more, done, refused };
  struct Step {
    Status status = Status::more;
    std::size_t consumed = 0;  // of the bytes given
    std::string_view data;     // body bytes among them, contiguous
  };

  void start(BodyKind kind, std::uint64_t length) {
    kind_ = kind;
    left_ = length;
    if (kind == BodyKind::chunked) chunks_.reset();
    done_ = kind == BodyKind::none || (kind == BodyKind::length && length == 0);
  }
  // May move bytes within [bytes, bytes + consumed).
  [[nodiscard]] Step take(char* bytes, std::size_t count);
  [[nodiscard]] bool is_done() const noexcept { return done_; }
  [[nodiscard]] BodyKind kind() const noexcept { return kind_; }
  [[nodiscard]] std::uint64_t left() const noexcept { return left_; }  // of a Content-Length
  [[nodiscard]] const std::string& trailers() const noexcept { return chunks_.trailers(); }
  [[nodiscard]] const char* reason() const noexcept { return chunks_.reason(); }

 private:
  BodyKind kind_ = BodyKind::none;
  bool done_ = true;
  std::uint64_t left_ = 0;
  http1::ChunkDecoder chunks_;
};

// Data put into the chunked coding: size line, data, CRLF; at the end the last chunk with the trailers.
// Refers to `data` and `trailers` and to itself, so it stays where it is while pieces() is in use.
class ChunkFrame {
 public:
  ChunkFrame(std::string_view data, bool is_last, std::string_view trailers);
  ChunkFrame(const ChunkFrame&) = delete;
  ChunkFrame& operator=(const ChunkFrame&) = delete;

  std::string_view prefix;  // empty when there is no data
  std::string_view suffix;  // CRLF after the data, last chunk, trailers' first part
  std::string_view trailers;
  std::string_view end;     // CRLF that ends the message

 private:
  std::array<char, 18> size_;
};

}  // namespace proxy
