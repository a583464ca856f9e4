// Few descriptors and many clients: the clients share what there is; health, configuration and endpoints keep their part.
#include "tests/e2e/manifests.hpp"
#include "tests/support/echo_server.hpp"
#include "tests/support/socket.hpp"
#include "tests/support/temporary_directory.hpp"
#include "tests/support/weir_process.hpp"

#include <gtest/gtest.h>
#include <httplib.h>

#include <vector>

namespace e2e {
namespace {

constexpr auto host = "shop.example.com";
constexpr int more_than_there_are = 90;

class Descriptors : public testing::Test {
 protected:
  Descriptors() {
    manifests.write("shop.yaml", service_at("shop", shop.port()) + ingress_for(host, "shop"));
    weir = std::make_unique<support::WeirProcess>(manifests.path(), std::vector<std::string>{},
                                                  std::vector<std::string>{"sh", "-c", "ulimit -n 64; exec \"$@\"", "sh"});
  }
  [[nodiscard]] int status(const char* of_host) const {
    httplib::Client client("127.0.0.1", weir->http_port());
    const auto result = client.Get("/", httplib::Headers{{"Host", of_host}});
    return result ? result->status : 0;
  }

  support::EchoServer shop{"shop"};
  support::TemporaryDirectory manifests;
  std::unique_ptr<support::WeirProcess> weir;
};

TEST_F(Descriptors, OfClientsThatWaitGoToThoseThatAsk) {
  ASSERT_TRUE(weir->wait_until_ready()) << weir->log();
  std::vector<test::Socket> idle;
  for (int i = 0; i < more_than_there_are; ++i) {
    idle.push_back(test::Socket::connect(weir->http_port()));
    idle.back().send("GET / HTTP/1.1\r\nHost: shop.example.com\r\n\r\n");
    EXPECT_TRUE(idle.back().read_response().starts_with("HTTP/1.1 200")) << i;
  }
  EXPECT_EQ(status(host), 200);
}

TEST_F(Descriptors, AreLeftForHealthAndConfiguration) {
  ASSERT_TRUE(weir->wait_until_ready()) << weir->log();
  std::vector<test::Socket> stuck;
  for (int i = 0; i < more_than_there_are; ++i) {
    stuck.push_back(test::Socket::connect(weir->http_port()));
    stuck.back().send("GET / HTTP/1.1\r\nHost: shop");
  }
  ASSERT_TRUE(support::eventually([&] { return weir->log().find("cannot accept a connection") != std::string::npos; }));
  httplib::Client admin("127.0.0.1", weir->healthz_port());
  const auto health = admin.Get("/healthz");
  ASSERT_TRUE(health);
  EXPECT_EQ(health->status, 200);
  manifests.write("more.yaml", ingress_for("more.example.com", "shop"));
  const auto is_known = [&] {
    const auto snapshot = admin.Get("/debug/snapshot");
    return snapshot && snapshot->body.find("more.example.com") != std::string::npos;
  };
  EXPECT_TRUE(support::eventually(is_known)) << weir->log();

  stuck.clear();
  EXPECT_TRUE(support::eventually([&] { return status(host) == 200 && status("more.example.com") == 200; })) << weir->log();
}

}  // namespace
}  // namespace e2e
