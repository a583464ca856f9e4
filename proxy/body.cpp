#include "proxy/body.hpp"

#include <algorithm>
#include <charconv>

namespace proxy {

BodyDecoder::Step BodyDecoder::take(char* bytes, std::size_t count) {
  if (done_) return {Status::done, 0, {}};
  switch (kind_) {
    case BodyKind::none:
      break;
    case BodyKind::length: {
      const auto n = static_cast<std::size_t>(std::min<std::uint64_t>(left_, count));
      left_ -= n;
      done_ = left_ == 0;
      return {done_ ? Status::done : Status::more, n, {bytes, n}};
    }
    case BodyKind::chunked: {
      const auto step = chunks_.decode(bytes, count);
      if (step.status == http1::ChunkDecoder::Status::refused) return {Status::refused, step.consumed, {}};
      done_ = step.status == http1::ChunkDecoder::Status::done;
      return {done_ ? Status::done : Status::more, step.consumed, {bytes, step.produced}};
    }
    case BodyKind::until_close:
      return {Status::more, count, {bytes, count}};
  }
  return {Status::done, 0, {}};
}

ChunkFrame::ChunkFrame(std::string_view data, bool is_last, std::string_view trailer_lines) {
  if (!data.empty()) {
    const auto end_of_size = std::to_chars(size_.data(), size_.data() + size_.size(), data.size(), 16).ptr;
    end_of_size[0] = '\r';
    end_of_size[1] = '\n';
    prefix = {size_.data(), static_cast<std::size_t>(end_of_size + 2 - size_.data())};
  }
  if (!is_last) {
    suffix = data.empty() ? std::string_view{} : "\r\n";
    return;
  }
  suffix = data.empty() ? "0\r\n" : "\r\n0\r\n";
  trailers = trailer_lines;
  end = "\r\n";
}

}  // namespace proxy
