// Takes the chunked coding off a body as it streams by (RFC 9112, 7.1), strictly: what another parser might read
// differently ends the message. Extensions are dropped; trailers are handed out as checked lines.
//
//   size -> extension? -> data -> data_end -> size ... last size -> trailer lines -> done
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace proxy::http1 {

class ChunkDecoder {
 public:
  static constexpr std::size_t max_size_digits = 16;          // leading zeros included
  static constexpr std::size_t max_extension_bytes = 16384;   // of one message, all chunks together
  static constexpr std::size_t max_trailer_bytes = 8192;

  enum class Status : std::uint8_t { more, done, refused };
  struct Result {
    Status status = Status::more;
    std::size_t consumed = 0;   // of the input
    std::size_t produced = 0;   // body bytes, moved to the front of the input
  };

  // Decodes in place: body bytes are gathered at `bytes`. Bytes after `consumed` are untouched.
  [[nodiscard]] Result decode(char* bytes, std::size_t count);
  // Trailer lines that may go on, each with CRLF: no framing, routing or authentication fields (RFC 9110, 6.5.1).
  // Complete once decode() says done.
  [[nodiscard]] const std::string& trailers() const noexcept { return trailers_; }
  [[nodiscard]] const char* reason() const noexcept { return reason_; }  // after refused
  void reset() { *this = ChunkDecoder{}; }

 private:
  enum class State : std::uint8_t { size, size_blank, extension, extension_quoted, extension_escape, size_lf, data, data_cr, data_lf,
                                    trailer_start, trailer_line, trailer_lf, end_lf, done };

  [[nodiscard]] Result refuse(const char* reason, std::size_t consumed);
  [[nodiscard]] bool take_trailer();

  State state_ = State::size;
  std::uint8_t digits_ = 0;
  bool is_last_ = false;
  std::uint64_t left_ = 0;             // of the chunk
  std::size_t extension_bytes_ = 0, trailer_bytes_ = 0;
  std::string line_, trailers_;
  const char* reason_ = "";
};

}  // namespace proxy::http1
