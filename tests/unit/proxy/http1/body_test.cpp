#include "proxy/body.hpp"

#include <gtest/gtest.h>

#include <string>

using proxy::BodyDecoder;
using proxy::BodyKind;
using proxy::ChunkFrame;

namespace {

std::string text(const ChunkFrame& frame, std::string_view data) {
  return std::string{frame.prefix} + std::string{data} + std::string{frame.suffix} + std::string{frame.trailers} + std::string{frame.end};
}

}  // namespace

TEST(BodyDecoder, TakesNoMoreThanItsLength) {
  BodyDecoder body;
  body.start(BodyKind::length, 5);
  std::string bytes = "helloNEXT";

  const auto first = body.take(bytes.data(), 3);
  const auto second = body.take(bytes.data() + 3, bytes.size() - 3);

  EXPECT_EQ(first.data, "hel");
  EXPECT_EQ(first.status, BodyDecoder::Status::more);
  EXPECT_EQ(second.data, "lo");
  EXPECT_EQ(second.consumed, 2u);
  EXPECT_EQ(second.status, BodyDecoder::Status::done);
}

TEST(BodyDecoder, IsDoneAtOnceWithoutABody) {
  BodyDecoder body;
  body.start(BodyKind::none, 0);
  EXPECT_TRUE(body.is_done());
  body.start(BodyKind::length, 0);
  EXPECT_TRUE(body.is_done());
}

TEST(ChunkFrame, FramesDataAndEnd) {
  EXPECT_EQ(text(ChunkFrame{"hello", false, ""}, "hello"), "5\r\nhello\r\n");
  EXPECT_EQ(text(ChunkFrame{"0123456789abcdef", true, ""}, "0123456789abcdef"), "10\r\n0123456789abcdef\r\n0\r\n\r\n");
  EXPECT_EQ(text(ChunkFrame{"", true, "X: y\r\n"}, ""), "0\r\nX: y\r\n\r\n");
  EXPECT_EQ(text(ChunkFrame{"", false, ""}, ""), "");
}
