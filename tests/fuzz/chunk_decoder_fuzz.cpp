// The chunk decoder: whole or byte by byte it must come to the same result.
#include "proxy/http1/chunk_decoder.hpp"

#include <cstdlib>
#include <string>

using proxy::http1::ChunkDecoder;

namespace {

struct Outcome {
  ChunkDecoder::Status status = ChunkDecoder::Status::more;
  std::size_t consumed = 0;
  std::string body, trailers;
};

Outcome decode(std::string bytes, std::size_t step) {
  ChunkDecoder decoder;
  Outcome outcome;
  while (outcome.consumed < bytes.size() && outcome.status == ChunkDecoder::Status::more) {
    const std::size_t n = std::min(step, bytes.size() - outcome.consumed);
    const auto result = decoder.decode(bytes.data() + outcome.consumed, n);
    if (result.consumed > n || result.produced > result.consumed) std::abort();
    outcome.status = result.status;
    if (result.status != ChunkDecoder::Status::refused) outcome.body.append(bytes, outcome.consumed, result.produced);
    outcome.consumed += result.consumed;
    if (result.status == ChunkDecoder::Status::more && result.consumed != n) std::abort();
  }
  outcome.trailers = decoder.trailers();
  return outcome;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  const std::string bytes{reinterpret_cast<const char*>(data), size};
  const Outcome whole = decode(bytes, size ? size : 1), single = decode(bytes, 1);
  if (whole.status != single.status || whole.consumed != single.consumed) std::abort();
  if (whole.status == ChunkDecoder::Status::done && (whole.body != single.body || whole.trailers != single.trailers)) std::abort();
  return 0;
}
