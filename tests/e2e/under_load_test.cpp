// Changes and the end of the program while clients are at work: none of them may notice.
#include "tests/e2e/manifests.hpp"
#include "tests/e2e/serving.hpp"
#include "tests/support/socket.hpp"

#include <gtest/gtest.h>
#include <httplib.h>

#include <atomic>
#include <thread>

namespace e2e {
namespace {

constexpr auto host = "shop.example.com";

// Clients that ask one request after the other, on connections that they keep, until stopped.
class Clients {
 public:
  Clients(std::uint16_t port, int count) {
    for (int i = 0; i < count; ++i) threads_.emplace_back([this, port] { ask(port); });
  }
  ~Clients() { stop(); }
  Clients(const Clients&) = delete;
  Clients& operator=(const Clients&) = delete;

  void stop() {
    is_stopping_ = true;
    for (auto& thread : threads_) thread.join();
    threads_.clear();
  }
  [[nodiscard]] int answered() const { return ok_; }
  [[nodiscard]] int wrong_answers() const { return wrong_; }
  [[nodiscard]] int lost() const { return lost_; }

 private:
  void ask(std::uint16_t port) {
    httplib::Client client("127.0.0.1", port);
    client.set_keep_alive(true);
    while (!is_stopping_) {
      const auto response = client.Get("/", httplib::Headers{{"Host", host}});
      ++(!response ? lost_ : response->status == 200 ? ok_ : wrong_);
    }
  }

  std::atomic<bool> is_stopping_ = false;
  std::atomic<int> ok_ = 0, wrong_ = 0, lost_ = 0;
  std::vector<std::thread> threads_;
};

TEST(UnderLoad, ChangesOfEndpointsAndRoutesFailNoRequest) {
  constexpr int changes = 20;
  Serving serving(service_at("shop", 9001) + service_at("blog", 9002) + ingress_for(host, "shop"));
  ASSERT_TRUE(serving.is_ready());
  Clients clients(serving.weir().http_port(), 4);
  for (int i = 0; i < changes; ++i) {
    const std::string service = i % 2 == 0 ? "blog" : "shop";
    serving.write("manifests.yaml", service_at("shop", 9001) + service_at("blog", 9002) + ingress_for(host, service) +
                                    ingress_for("other" + std::to_string(i) + ".example.com", "shop"));
    ASSERT_TRUE(support::eventually([&] { return serving.get(host, "/").server == service; })) << serving.weir().log();
  }
  clients.stop();
  EXPECT_GT(clients.answered(), changes);
  EXPECT_EQ(clients.wrong_answers(), 0) << serving.weir().output();
  EXPECT_EQ(clients.lost(), 0) << serving.weir().log();
}

TEST(UnderLoad, TheEndLetsRunningRequestsFinish) {
  test::Acceptor backend;
  Serving serving(service_at("shop", 9001) + ingress_for(host, "shop") + service_at("slow", backend.port()) +
                  ingress_for("slow.example.com", "slow"));
  ASSERT_TRUE(serving.is_ready());
  Clients clients(serving.weir().http_port(), 4);
  ASSERT_TRUE(support::eventually([&] { return clients.answered() > 20; }));

  auto held = test::Socket::connect(serving.weir().http_port());
  ASSERT_TRUE(held.send("GET /report HTTP/1.1\r\nHost: slow.example.com\r\n\r\n"));
  auto upstream = backend.accept();
  EXPECT_NE(upstream.read_until("\r\n\r\n").find("/report"), std::string::npos);
  serving.weir().send_signal(SIGTERM);
  ASSERT_TRUE(support::eventually([&] { return !test::Socket::connect(serving.weir().http_port()).is_open(); }));
  ASSERT_TRUE(upstream.send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ndone"));
  EXPECT_TRUE(held.read_response().ends_with("done"));
  EXPECT_EQ(serving.weir().wait_for_exit(), 0) << serving.weir().output();
  clients.stop();
  EXPECT_EQ(clients.wrong_answers(), 0) << serving.weir().output();
}

}  // namespace
}  // namespace e2e
