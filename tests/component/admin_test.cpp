// The admin port by raw sockets, with facts made up here: no worker runs.
#include "proxy/admin/admin_server.hpp"
#include "tests/support/snapshot_maker.hpp"
#include "tests/support/socket.hpp"

#include <gmock/gmock.h>

#include <atomic>
#include <memory>
#include <string>
#include <vector>

using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;
using test::Socket;

class AdminTest : public testing::Test {
 protected:
  static constexpr unsigned workers = 2;

  void SetUp() override { start({}); }
  void start(proxy::admin::AdminLimits limits) {
    server = std::make_unique<proxy::admin::AdminServer>(facts, limits);
    ASSERT_EQ(server->start("127.0.0.1", 0), "");
  }

  [[nodiscard]] Socket client() const { return Socket::connect(server->port()); }
  std::string get(const std::string& path, const std::string& method = "GET") {
    Socket c = client();
    c.send(method + " " + path + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    return c.read_to_end();
  }

  std::atomic<unsigned> serving{workers}, answering{workers};
  std::atomic<bool> is_shutting_down{false};
  std::shared_ptr<const routing::Snapshot> snapshot = test::make_snapshot().host("a.test", {1}).build();
  proxy::ControllerState controller{{{.kind = "Ingress", .object_namespace = "shop", .name = "web", .field = "f", .reason = "<script>'\"&"}}, 1, 7, {}, {}};
  proxy::admin::Facts facts{.program = {.controller_namespace = "", .controller_class = "", .controller_pod = "", .listeners = {"http 127.0.0.1:8080"}, .workers = workers, .objects_from = "manifests in /<b>", .started_at = {}},
                            .serving_workers = [this] { return serving.load(); },
                            .is_shutting_down = [this] { return is_shutting_down.load(); },
                            .snapshot = [this] { return snapshot; },
                            .counters = [] { return proxy::telemetry::Counters{.requests = 42}; },
                            .reports = [this] { return std::vector<proxy::telemetry::WorkerReport>(answering); },
                            .controller = [this] { return controller; },
                            .health_path = "/healthz"};
  std::unique_ptr<proxy::admin::AdminServer> server;
};

constexpr std::string_view health_request = "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n";

TEST_F(AdminTest, HealthFollowsServingAndShutdown) {
  EXPECT_THAT(get("/healthz"), StartsWith("HTTP/1.1 200 "));
  is_shutting_down = true;
  EXPECT_THAT(get("/healthz"), StartsWith("HTTP/1.1 500 "));
  is_shutting_down = false;
  serving = 1;
  EXPECT_THAT(get("/healthz"), StartsWith("HTTP/1.1 500 "));
}

TEST_F(AdminTest, TakesTargetsInAbsoluteForm) {
  EXPECT_THAT(get("http://x/healthz?full"), StartsWith("HTTP/1.1 200 "));
  EXPECT_THAT(get("HTTP://x/healthz"), StartsWith("HTTP/1.1 200 "));
  EXPECT_THAT(get("http://x"), HasSubstr("text/html"));
  EXPECT_THAT(get("healthz"), Not(StartsWith("HTTP/1.1 200 ")));
}

TEST_F(AdminTest, ReadinessSaysEachCondition) {
  EXPECT_THAT(get("/readyz"), AllOf(StartsWith("HTTP/1.1 200 "), EndsWith("\r\n\r\n[+] configuration published\n[+] workers: 2 of 2 serve\n[+] running\n")));
  serving = 1;
  EXPECT_THAT(get("/readyz"), AllOf(StartsWith("HTTP/1.1 503 "), HasSubstr("[+] configuration published\n[-] workers: 1 of 2 serve\n[+] running\n")));
  serving = workers;
  is_shutting_down = true;
  EXPECT_THAT(get("/readyz"), AllOf(StartsWith("HTTP/1.1 503 "), HasSubstr("[+] workers: 2 of 2 serve\n[-] running: shutting down\n")));
}

TEST_F(AdminTest, ReadinessNamesWhatKeepsTheObjectsFromBeingTheLatest) {
  controller.problems = {"EndpointSlice: 403"};
  EXPECT_THAT(get("/readyz"), AllOf(StartsWith("HTTP/1.1 200 "), HasSubstr("[+] objects not in step: EndpointSlice: 403\n")));
  snapshot = nullptr;
  EXPECT_THAT(get("/readyz"), AllOf(StartsWith("HTTP/1.1 503 "), HasSubstr("[-] objects not in step: EndpointSlice: 403\n")));
}

TEST_F(AdminTest, MetricsHaveTheCounts) { EXPECT_THAT(get("/metrics"), HasSubstr("\nnginx_ingress_controller_nginx_process_requests_total{controller_class=\"\",controller_namespace=\"\",controller_pod=\"\"} 42\n")); }

TEST_F(AdminTest, MetricsAreNotHalfOfTheWorkers) {
  answering = 1;
  EXPECT_THAT(get("/metrics"), StartsWith("HTTP/1.1 503 "));
}

TEST_F(AdminTest, ShowsTheSnapshot) { EXPECT_THAT(get("/debug/snapshot"), HasSubstr("a.test")); }

TEST_F(AdminTest, ThePageEscapesWhatObjectsSayAndMayRunNothing) {
  const std::string page = get("/");
  EXPECT_THAT(page, HasSubstr("<td>&lt;script&gt;&#39;&quot;&amp;</tr>"));
  EXPECT_THAT(page, HasSubstr("manifests in /&lt;b&gt;"));
  EXPECT_THAT(page, Not(HasSubstr("<script")));
  EXPECT_THAT(page, HasSubstr("Content-Security-Policy: default-src 'none';"));
}

TEST_F(AdminTest, ThePageShowsWhatRuns) {
  const std::string page = get("/");
  for (const char* part : {"configuration 0000000000000007, serving", "<b>1</b><span>hosts</span>", "http 127.0.0.1:8080", "2 of 2 serve", "Diagnostics (1)",
                           "<td>Ingress shop/web<td>f<td>", "Certificates (1)", "<td>every other<td>generated<td"})
    EXPECT_THAT(page, HasSubstr(part));
}

TEST_F(AdminTest, HeadHasNoBody) { EXPECT_THAT(get("/metrics", "HEAD"), EndsWith("\r\n\r\n")); }

TEST_F(AdminTest, RefusesOtherMethodsInWordsEvenWithABody) {
  Socket c = client();
  c.send("POST /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello");
  const std::string answer = c.read_response();
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 405 "));
  EXPECT_THAT(answer, HasSubstr("Allow: GET, HEAD\r\n"));
  EXPECT_TRUE(c.is_closed_by_peer());
}

TEST_F(AdminTest, AnswersSeveralRequestsOnOneConnection) {
  Socket c = client();
  for (int i = 0; i < 2; ++i) {
    c.send(health_request);
    EXPECT_THAT(c.read_response(), EndsWith("ok"));
  }
}

TEST_F(AdminTest, ClosesTheConnectionThatWaitsLongestWhenThereAreTooMany) {
  start({.connections = 3});
  Socket slow = client();
  slow.send("GET /heal");
  std::vector<Socket> idle;
  for (int i = 0; i < 2; ++i) {
    idle.push_back(client());
    idle.back().send(health_request);
    ASSERT_THAT(idle.back().read_response(), EndsWith("ok"));
  }
  for (int i = 0; i < 2; ++i) {
    Socket one_more = client();
    one_more.send(health_request);
    EXPECT_THAT(one_more.read_response(), EndsWith("ok"));
    EXPECT_TRUE((i == 0 ? slow : idle[0]).is_closed_by_peer());
    idle.push_back(std::move(one_more));
  }
  idle[1].send(health_request);
  EXPECT_THAT(idle[1].read_response(), EndsWith("ok"));
}

TEST_F(AdminTest, WaitsForAFirstHeadNoLongerThanItsLimit) {
  start({.first_head = std::chrono::milliseconds{20}, .idle = std::chrono::hours{1}});
  Socket silent = client(), slow = client();
  slow.send("GET /heal");
  EXPECT_TRUE(silent.is_closed_by_peer());
  EXPECT_TRUE(slow.is_closed_by_peer());
}
