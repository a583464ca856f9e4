// Bodies, conditions and upgrades through Weir to a real nginx: what two implementations of one standard must agree on.
#include "tests/e2e/manifests.hpp"
#include "tests/e2e/nginx_backend.hpp"
#include "tests/support/socket.hpp"

#include <gtest/gtest.h>
#include <httplib.h>

#include <random>
#include <thread>

namespace e2e {
namespace {

constexpr auto host = "files.example.com";
constexpr std::size_t large = 5 * 1024 * 1024;

std::string noise(std::size_t bytes) {
  std::mt19937 random(static_cast<unsigned>(bytes));
  std::string text(bytes, '\0');
  for (auto& c : text) c = static_cast<char>(random());
  return text;
}

class NginxBackendTest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(nginx_.wait_until_ready()) << nginx_.log();
    manifests_.write("files.yaml", service_at("files", nginx_.port()) +
                                   ingress_for(host, "files", "nginx.ingress.kubernetes.io/proxy-body-size: 64m"));
    weir_ = std::make_unique<support::WeirProcess>(manifests_.path());
    ASSERT_TRUE(weir_->wait_until_ready()) << weir_->output();
    client_ = std::make_unique<httplib::Client>("127.0.0.1", weir_->http_port());
    client_->set_keep_alive(true);
    client_->set_default_headers({{"Host", host}});
  }

  test::Acceptor upgraded_;
  NginxBackend nginx_{upgraded_.port()};
  support::TemporaryDirectory manifests_;
  std::unique_ptr<support::WeirProcess> weir_;
  std::unique_ptr<httplib::Client> client_;
};

TEST_F(NginxBackendTest, FilesOfEverySizeArriveWhole) {
  for (const std::size_t bytes : {std::size_t{0}, std::size_t{1}, std::size_t{1000}, std::size_t{16384}, std::size_t{65537}, large}) {
    nginx_.write("file", noise(bytes));
    const auto response = client_->Get("/files/file");
    ASSERT_TRUE(response) << httplib::to_string(response.error());
    EXPECT_EQ(response->status, 200);
    EXPECT_TRUE(response->body == noise(bytes)) << bytes << " bytes";
  }
}

TEST_F(NginxBackendTest, UploadsAreStoredWhole) {
  for (const std::size_t bytes : {std::size_t{1}, std::size_t{1000}, std::size_t{65537}, large}) {
    const auto stored = client_->Put("/files/upload", noise(bytes), "application/octet-stream");
    ASSERT_TRUE(stored) << httplib::to_string(stored.error());
    EXPECT_TRUE(stored->status == 201 || stored->status == 204) << stored->status;
    const auto response = client_->Get("/files/upload");
    ASSERT_TRUE(response);
    EXPECT_TRUE(response->body == noise(bytes)) << bytes << " bytes";
  }
}

TEST_F(NginxBackendTest, ChunkedUploadsAreStoredWhole) {
  const auto content = noise(300'000);
  const auto stored = client_->Put(
      "/files/upload",
      [&](std::size_t offset, httplib::DataSink& sink) {
        constexpr std::size_t chunk = 7001;
        if (offset >= content.size()) return sink.done(), true;
        return sink.write(content.data() + offset, std::min(chunk, content.size() - offset));
      },
      "application/octet-stream");
  ASSERT_TRUE(stored) << httplib::to_string(stored.error());
  EXPECT_TRUE(stored->status == 201 || stored->status == 204) << stored->status;
  const auto response = client_->Get("/files/upload");
  ASSERT_TRUE(response);
  EXPECT_TRUE(response->body == content);
}

TEST_F(NginxBackendTest, ABodyOfUnknownLengthComesChunked) {
  nginx_.write("text", std::string(100'000, 'a'));
  auto socket = test::Socket::connect(weir_->http_port());
  ASSERT_TRUE(socket.send("GET /packed/text HTTP/1.1\r\nHost: files.example.com\r\nAccept-Encoding: gzip\r\n\r\n"));
  const auto response = socket.read_response();
  EXPECT_NE(response.find("Transfer-Encoding: chunked"), std::string::npos) << response.substr(0, 500);
  EXPECT_NE(response.find("Content-Encoding: gzip"), std::string::npos);
  EXPECT_TRUE(response.ends_with("0\r\n\r\n"));
}

TEST_F(NginxBackendTest, ConditionsRangesAndHeadKeepTheConnection) {
  nginx_.write("file", noise(1000));
  const auto whole = client_->Get("/files/file");
  ASSERT_TRUE(whole);
  // By hand: cpp-httplib waits for a body behind 304.
  auto socket = test::Socket::connect(weir_->http_port());
  ASSERT_TRUE(socket.send("GET /files/file HTTP/1.1\r\nHost: files.example.com\r\nIf-None-Match: " + whole->get_header_value("ETag") + "\r\n\r\n"));
  EXPECT_TRUE(socket.read_until("\r\n\r\n").starts_with("HTTP/1.1 304 "));
  ASSERT_TRUE(socket.send("GET /files/file HTTP/1.1\r\nHost: files.example.com\r\n\r\n"));
  EXPECT_TRUE(socket.read_response().starts_with("HTTP/1.1 200 ")) << "on the same connection";
  const auto head = client_->Head("/files/file");
  ASSERT_TRUE(head);
  EXPECT_EQ(head->get_header_value("Content-Length"), "1000");
  const auto part = client_->Get("/files/file", httplib::Headers{{"Range", "bytes=10-19"}});
  ASSERT_TRUE(part);
  EXPECT_EQ(part->status, 206);
  EXPECT_TRUE(part->body == noise(1000).substr(10, 10));
  const auto missing = client_->Get("/files/none");
  ASSERT_TRUE(missing);
  EXPECT_EQ(missing->status, 404);
}

TEST_F(NginxBackendTest, AnAnswerBeforeTheEndOfTheUploadReachesTheClient) {
  const auto refused = client_->Post("/refuse", noise(200'000), "application/octet-stream");
  ASSERT_TRUE(refused) << httplib::to_string(refused.error());
  EXPECT_TRUE(refused->status == 403 || refused->status == 413 || refused->status == 405) << refused->status;
}

TEST_F(NginxBackendTest, AnUpgradedConnectionCarriesBytesBothWays) {
  std::thread echo([&] {
    auto peer = upgraded_.accept();
    (void)peer.read_until("\r\n\r\n");
    (void)peer.send("HTTP/1.1 101 Switching Protocols\r\nUpgrade: echo\r\nConnection: Upgrade\r\n\r\nhello");
    const auto line = peer.read_until("\n");
    (void)peer.send("you said " + line);
  });
  auto socket = test::Socket::connect(weir_->http_port());
  ASSERT_TRUE(socket.send("GET /upgrade HTTP/1.1\r\nHost: files.example.com\r\nUpgrade: echo\r\nConnection: Upgrade\r\n\r\n"));
  EXPECT_TRUE(socket.read_until("\r\n\r\n").starts_with("HTTP/1.1 101 "));
  EXPECT_EQ(socket.read_exactly(5), "hello");
  EXPECT_TRUE(socket.send("good day\n"));
  EXPECT_EQ(socket.read_to_end(), "you said good day\n");
  echo.join();
}

}  // namespace
}  // namespace e2e
