#include "proxy/http1/chunk_decoder.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

using proxy::http1::ChunkDecoder;
using Status = ChunkDecoder::Status;

namespace {

struct Outcome {
  Status status = Status::more;
  std::string body;
  std::size_t consumed = 0;
};

// Fed in pieces of `step` bytes.
Outcome decode(ChunkDecoder& decoder, std::string text, std::size_t step) {
  Outcome outcome;
  while (outcome.consumed < text.size() && outcome.status == Status::more) {
    const std::size_t n = std::min(step, text.size() - outcome.consumed);
    const auto result = decoder.decode(text.data() + outcome.consumed, n);
    outcome.status = result.status;
    outcome.body.append(text, outcome.consumed, result.produced);
    outcome.consumed += result.consumed;
  }
  return outcome;
}

}  // namespace

TEST(ChunkDecoder, GivesTheSameBodyHoweverItIsCut) {
  const std::string text = "5\r\nhello\r\n1A;ext=\"a;b\\\"\"\r\nabcdefghijklmnopqrstuvwxyz\r\n0\r\nX-T: v\r\n\r\nNEXT";
  for (std::size_t step = 1; step <= text.size(); ++step) {
    ChunkDecoder decoder;
    const Outcome outcome = decode(decoder, text, step);
    EXPECT_EQ(outcome.status, Status::done) << step;
    EXPECT_EQ(outcome.body, "helloabcdefghijklmnopqrstuvwxyz") << step;
    EXPECT_EQ(outcome.consumed, text.size() - 4) << step;
    EXPECT_EQ(decoder.trailers(), "X-T: v\r\n") << step;
  }
}

TEST(ChunkDecoder, RefusesWhatTwoParsersCouldReadDifferently) {
  const std::vector<std::string> bodies = {
      "-5\r\nhello\r\n0\r\n\r\n", "+5\r\nhello\r\n0\r\n\r\n", "0x5\r\nhello\r\n0\r\n\r\n", " 5\r\nhello\r\n0\r\n\r\n",
      "5 5\r\nhello\r\n0\r\n\r\n", "5g\r\nhello\r\n0\r\n\r\n", "\r\nhello\r\n0\r\n\r\n", "5\nhello\r\n0\r\n\r\n",
      "5\r\nhelloX\r\n0\r\n\r\n", "5\r\nhello\n0\r\n\r\n", "5\r\nhello\rX0\r\n\r\n", "5;a\rb\r\nhello\r\n0\r\n\r\n",
      "5;a\nhello\r\n0\r\n\r\n", "10000000000000005\r\nhello", "ffffffffffffffff\r\nhello", "5\r\nhello\r\n0\r\nX-T : v\r\n\r\n",
      "5\r\nhello\r\n0\r\nGARBAGE\r\n\r\n", "5\r\nhello\r\n0\r\nX: v\n\r\n", "5\r\nhello\r\n0\r\n\n", "5\r\nhello\r\n0\r\nX: a\r\n b\r\n\r\n",
      std::string("5;a=\0\r\nhello\r\n0\r\n\r\n", 20), "00000000000000005\r\nhello\r\n0\r\n\r\n",
  };
  for (const auto& body : bodies) {
    for (const std::size_t step : {std::size_t{1}, body.size()}) {
      ChunkDecoder decoder;
      EXPECT_EQ(decode(decoder, body, step).status, Status::refused) << body;
    }
  }
}

TEST(ChunkDecoder, IsNotDoneBeforeTheFinalLine) {
  for (const std::string body : {"5\r\nhello\r\n0\r\n", "5\r\nhello\r\n", "5\r\nhel", "a"}) {
    ChunkDecoder decoder;
    EXPECT_EQ(decode(decoder, body, body.size()).status, Status::more) << body;
  }
}

TEST(ChunkDecoder, BoundsExtensionsAndTrailers) {
  ChunkDecoder extension, trailer;
  EXPECT_EQ(decode(extension, "5;a=" + std::string(100000, 'x'), 4096).status, Status::refused);
  std::string lines = "0\r\n";
  for (int i = 0; i < 600; ++i) lines += "X: " + std::string(100, 't') + "\r\n";
  EXPECT_EQ(decode(trailer, lines, 4096).status, Status::refused);
}

TEST(ChunkDecoder, PassesNoTrailerThatWouldChangeTheMessage) {
  ChunkDecoder decoder;
  const Outcome outcome = decode(decoder, "0\r\nHost: evil\r\nAuthorization: x\r\nContent-Length: 5\r\nX-Forwarded-For: 6.6.6.6\r\nX_U: 1\r\nX-Ok: 1\r\n\r\n", 7);
  EXPECT_EQ(outcome.status, Status::done);
  EXPECT_EQ(decoder.trailers(), "X-Ok: 1\r\n");
}
