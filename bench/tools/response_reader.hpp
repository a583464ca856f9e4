// Reads one HTTP/1.1 response with Content-Length; what a benchmark needs of it, and no more.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace load {

class ResponseReader {
 public:
  enum class State { more, complete, broken };
  static constexpr std::size_t max_head_bytes = 16 * 1024;

  // Takes the next bytes. Anything behind the response, or a response without Content-Length, is broken.
  [[nodiscard]] State take(std::string_view bytes);
  [[nodiscard]] bool is_ok() const noexcept { return is_ok_; }          // the status is 200
  [[nodiscard]] bool will_close() const noexcept { return closes_; }    // Connection: close
  void reset();

 private:
  State take_head(std::string_view head_and_more);
  State take_body(std::size_t bytes);

  std::string held_;  // start of a head whose end has not come
  std::uint64_t body_left_ = 0;
  bool has_head_ = false, is_ok_ = false, closes_ = false;
};

}  // namespace load
