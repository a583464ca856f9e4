#include "controller/kube/api/inflater.hpp"

#include <zlib.h>

namespace controller::kube {

namespace {

constexpr int gzip_window = 16 + MAX_WBITS;  // zlib's way to ask for gzip's header
constexpr std::size_t piece_bytes = 64 * 1024;

}  // namespace

Inflater::Inflater() : stream_(std::make_unique<z_stream>()) { is_ok_ = ::inflateInit2(stream_.get(), gzip_window) == Z_OK; }

Inflater::~Inflater() { ::inflateEnd(stream_.get()); }

bool Inflater::feed(std::string_view bytes, const std::function<bool(std::string_view)>& take) {
  if (!is_ok_) return false;
  const auto piece = std::make_unique<char[]>(piece_bytes);
  stream_->next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream_->avail_in = static_cast<uInt>(bytes.size());
  int result = Z_OK;
  do {
    stream_->next_out = reinterpret_cast<Bytef*>(piece.get());
    stream_->avail_out = piece_bytes;
    result = ::inflate(stream_.get(), Z_NO_FLUSH);
    if (result != Z_OK && result != Z_STREAM_END && result != Z_BUF_ERROR) return is_ok_ = false;
    const std::size_t made = piece_bytes - stream_->avail_out;
    if (made != 0 && !take({piece.get(), made})) return false;
  } while (result == Z_OK && (stream_->avail_in != 0 || stream_->avail_out == 0));
  return true;
}

}  // namespace controller::kube
