// The receive buffers of one worker thread. Every connection reads into the same memory, which is used up before the next
// read, so an idle connection has no buffer, and a large body moves in 256 KiB steps (performance: bodies, idle memory).
#pragma once

#include <cstddef>
#include <memory>
#include <string>

namespace proxy::io {

struct Scratch {
  static constexpr std::size_t plain_bytes = 256 * 1024;
  // Ciphertext read at once: what it decrypts to always fits into `plain`.
  static constexpr std::size_t cipher_bytes = 128 * 1024;
  // A record's plaintext (RFC 8446, 5.1): pieces up to this are gathered into one record.
  static constexpr std::size_t record_bytes = 16 * 1024;

  std::unique_ptr<char[]> plain{new char[plain_bytes]};
  std::unique_ptr<char[]> cipher_in{new char[cipher_bytes]};
  std::string cipher_out;  // ciphertext of one write, leaves in one send
  std::string gather;      // pieces of one write
};

}  // namespace proxy::io
