// The admin port by raw sockets, with facts made up here: no worker runs.
#include "proxy/admin/admin_server.hpp"
#include "tests/support/snapshot_maker.hpp"
#include "tests/support/socket.hpp"

#include <gmock/gmock.h>

#include <atomic>

using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;
using test::Socket;

class AdminTest : public testing::Test {
 protected:
  void SetUp() override { ASSERT_EQ(server.start("127.0.0.1", 0), ""); }

  std::string get(const std::string& path, const std::string& method = "GET") {
    Socket client = Socket::connect(server.port());
    client.send(method + " " + path + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    return client.read_to_end();
  }

  std::atomic<bool> is_serving{true}, is_shutting_down{false};
  std::shared_ptr<const routing::Snapshot> snapshot = test::make_snapshot().host("a.test", {1}).build();
  proxy::ControllerState controller{{{.kind = "Ingress", .object_namespace = "shop", .name = "web", .field = "f", .reason = "<script>"}}, 1, 7, {}};
  proxy::admin::AdminServer server{{[this] { return is_serving.load(); }, [this] { return is_shutting_down.load(); }, [this] { return snapshot; },
                                    [] { return proxy::telemetry::Counters{.requests = 42}; }, [this] { return controller; }, "/healthz"}};
};

TEST_F(AdminTest, HealthFollowsServingAndShutdown) {
  EXPECT_THAT(get("/healthz"), StartsWith("HTTP/1.1 200 "));
  is_shutting_down = true;
  EXPECT_THAT(get("/healthz"), StartsWith("HTTP/1.1 500 "));
  is_shutting_down = false;
  is_serving = false;
  EXPECT_THAT(get("/healthz"), StartsWith("HTTP/1.1 500 "));
  EXPECT_THAT(get("/readyz"), StartsWith("HTTP/1.1 503 "));
}

TEST_F(AdminTest, MetricsHaveTheCounts) { EXPECT_THAT(get("/metrics"), HasSubstr("\nnginx_ingress_controller_nginx_process_requests_total 42\n")); }

TEST_F(AdminTest, ShowsTheSnapshot) { EXPECT_THAT(get("/debug/snapshot"), HasSubstr("a.test")); }

TEST_F(AdminTest, ThePageEscapesWhatObjectsSay) {
  const std::string page = get("/");
  EXPECT_THAT(page, HasSubstr("&lt;script&gt;"));
  EXPECT_THAT(page, Not(HasSubstr("<script>")));
}

TEST_F(AdminTest, HeadHasNoBody) { EXPECT_THAT(get("/metrics", "HEAD"), EndsWith("\r\n\r\n")); }

TEST_F(AdminTest, RefusesOtherMethodsInWordsEvenWithABody) {
  Socket client = Socket::connect(server.port());
  client.send("POST /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello");
  const std::string answer = client.read_response();
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 405 "));
  EXPECT_THAT(answer, HasSubstr("Allow: GET, HEAD\r\n"));
  EXPECT_TRUE(client.is_closed_by_peer());
}

TEST_F(AdminTest, AnswersSeveralRequestsOnOneConnection) {
  Socket client = Socket::connect(server.port());
  for (int i = 0; i < 2; ++i) {
    client.send("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_THAT(client.read_response(), EndsWith("ok"));
  }
}

TEST_F(AdminTest, TakesNoMoreConnectionsThanItsLimit) {
  std::vector<Socket> held;
  for (std::size_t i = 0; i < proxy::admin::AdminServer::max_connections; ++i) {
    held.push_back(Socket::connect(server.port()));
    held.back().send("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n");
    ASSERT_THAT(held.back().read_response(), EndsWith("ok"));
  }
  Socket one_more = Socket::connect(server.port());
  EXPECT_TRUE(one_more.is_closed_by_peer());
}
