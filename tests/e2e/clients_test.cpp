// The clients that people use: curl with its own ideas of HTTP, and wrk with many connections at once.
#include "tests/e2e/manifests.hpp"
#include "tests/e2e/serving.hpp"

#include <gtest/gtest.h>

namespace e2e {
namespace {

constexpr auto host = "shop.example.com";

class ClientsTest : public testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(serving_.is_ready()); }

  // What curl prints, then a line with the status.
  std::string curl(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"curl", "-sS", "--noproxy", "*", "-w", "\n%{http_code} %{num_connects}\n"});
    const auto finished = support::run_program(arguments);
    return finished.output + finished.errors;
  }
  std::string url(const std::string& path) const { return "http://127.0.0.1:" + std::to_string(serving_.weir().http_port()) + path; }

  mutable Serving serving_{service_at("shop", 9001) + ingress_for(host, "shop")};
  support::TemporaryDirectory files_;
};

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

TEST_F(ClientsTest, CurlUsesOneConnectionForTwoRequests) {
  const auto output = curl({"-H", "Host: shop.example.com", url("/a"), url("/b")});
  EXPECT_TRUE(contains(output, "\"target\":\"/a\"")) << output;
  EXPECT_TRUE(contains(output, "\"target\":\"/b\"")) << output;
  EXPECT_TRUE(contains(output, "200 1")) << output;
  EXPECT_TRUE(contains(output, "200 0")) << output;
}

TEST_F(ClientsTest, CurlSpeaksHttp10) {
  const auto output = curl({"--http1.0", "-H", "Host: shop.example.com", url("/")});
  EXPECT_TRUE(contains(output, "\n200 ")) << output;
}

TEST_F(ClientsTest, CurlWaitsForContinueBeforeItUploads) {
  files_.write("upload", std::string(900'000, 'u'));
  const auto file = (files_.path() / "upload").string();
  const auto output = curl({"-H", "Host: shop.example.com", "-H", "Expect: 100-continue", "--expect100-timeout", "30", "-T", file, url("/up")});
  EXPECT_TRUE(contains(output, "\"body_bytes\":900000")) << output;
}

TEST_F(ClientsTest, CurlUploadsInChunks) {
  files_.write("upload", std::string(500'000, 'u'));
  const auto file = (files_.path() / "upload").string();
  const auto output = curl({"-H", "Host: shop.example.com", "-H", "Transfer-Encoding: chunked", "-T", file, url("/up")});
  EXPECT_TRUE(contains(output, "\"body_bytes\":500000")) << output;
}

TEST_F(ClientsTest, CurlIsToldThatABodyIsTooLarge) {
  files_.write("upload", std::string(2 * 1024 * 1024, 'u'));
  const auto output = curl({"-o", "/dev/null", "-H", "Host: shop.example.com", "-T", (files_.path() / "upload").string(), url("/up")});
  EXPECT_TRUE(contains(output, "\n413 ")) << output;
}

TEST_F(ClientsTest, WrkGetsNothingButAnswers) {
  const auto finished = support::run_program({"wrk", "-t1", "-c32", "-d1s", "-H", "Host: shop.example.com", url("/")});
  EXPECT_EQ(finished.exit_code, 0) << finished.errors;
  EXPECT_TRUE(contains(finished.output, "requests in")) << finished.output;
  EXPECT_FALSE(contains(finished.output, "Non-2xx")) << finished.output;
  EXPECT_FALSE(contains(finished.output, "Socket errors")) << finished.output;
}

}  // namespace
}  // namespace e2e
