#include "tests/component/proxy_fixture.hpp"

using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;
using namespace test;

using PublishTest = ProxyTest;

TEST_F(PublishTest, ARunningRequestKeepsItsConfiguration) {
  serve_upstream();
  Socket c = client();
  Socket u = forward(c, get_request);
  u.read_until("\r\n\r\n");

  server->publish(make_snapshot().host("b.test", {}).build());
  Socket later = client();
  later.send(get_request);
  EXPECT_THAT(later.read_response(), StartsWith("HTTP/1.1 404 "));
  u.send(ok_response);

  EXPECT_THAT(c.read_response(), EndsWith("ok"));
}

TEST_F(PublishTest, ATunnelOutlivesItsRoute) {
  serve_upstream();
  Socket c = client();
  Socket u = forward(c, "GET / HTTP/1.1\r\nHost: a.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
  u.read_until("\r\n\r\n");
  u.send("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n");
  c.read_response(true);

  server->publish(make_snapshot().build());
  Socket later = client();
  later.send(get_request);
  EXPECT_THAT(later.read_response(), StartsWith("HTTP/1.1 404 "));

  c.send("ping");
  EXPECT_EQ(u.read_exactly(4), "ping");
  u.send("pong");
  EXPECT_EQ(c.read_exactly(4), "pong");
}

TEST_F(PublishTest, IdleConnectionsOfAnEndpointThatIsGoneClose) {
  serve_upstream();
  Socket c = client();
  Socket u = forward(c, get_request);
  u.read_until("\r\n\r\n");
  u.send(ok_response);
  c.read_response();

  server->publish(make_snapshot().host("a.test", {unused_port()}).build());

  EXPECT_TRUE(u.is_closed_by_peer());
}

// Wherever its group stands in the new table: a host that sorts before it moves it.
TEST_F(PublishTest, IdleConnectionsOfAnEndpointThatStaysAreUsedAgain) {
  const auto with = [this](bool is_first) {
    auto maker = make_snapshot();
    if (is_first) maker.host("b.test", {});
    maker.host("a.test", {upstream.port()});
    if (!is_first) maker.host("b.test", {});
    return maker.build();
  };
  serve_upstream();
  Socket c = client();
  Socket u = forward(c, get_request);
  u.read_until("\r\n\r\n");
  u.send(ok_response);
  c.read_response();
  for (const bool is_first : {false, true}) {
    server->publish(make_snapshot().host("a.test", {upstream.port()}).build());
    server->publish(with(is_first));
    Socket b = client();
    b.send("GET / HTTP/1.1\r\nHost: b.test\r\n\r\n");
    EXPECT_THAT(b.read_response(), StartsWith("HTTP/1.1 503 "));  // the new configuration is in force

    c.send(get_request);
    ASSERT_THAT(u.read_until("\r\n\r\n"), StartsWith("GET /x"));
    u.send(ok_response);
    c.read_response();
  }
}

TEST_F(PublishTest, DrainFinishesWhatRunsAndSaysSo) {
  serve_upstream();
  Socket busy = client();
  Socket u = forward(busy, get_request);
  u.read_until("\r\n\r\n");
  bool drained = false;
  std::thread drain{[&] { drained = server->drain(patience); }};
  // Nobody listens any more once the drain has begun.
  EXPECT_TRUE(eventually([this] { return !client().is_open(); }));

  u.send(ok_response);
  const std::string response = busy.read_to_end();
  drain.join();

  EXPECT_THAT(response, HasSubstr("Connection: close\r\n"));
  EXPECT_THAT(response, EndsWith("ok"));
  EXPECT_TRUE(drained);
}

TEST_F(PublishTest, DrainCutsWhatIsLeftAtItsLimit) {
  serve_upstream();
  Socket busy = client();
  Socket u = forward(busy, get_request);
  u.read_until("\r\n\r\n");

  EXPECT_FALSE(server->drain(std::chrono::milliseconds{1}));
  EXPECT_TRUE(busy.is_closed_by_peer());
}

TEST_F(PublishTest, WorkersServeWhileConfigurationsChange) {
  const auto with_a = make_snapshot().host("a.test", {}).build(), without = make_snapshot().build();
  serve(with_a, 2);
  for (int i = 0; i < 200; ++i) {
    server->publish(i % 2 ? with_a : without);
    Socket c = client();
    c.send(get_request);
    EXPECT_THAT(c.read_response(), testing::AnyOf(StartsWith("HTTP/1.1 503 "), StartsWith("HTTP/1.1 404 ")));
  }
}
