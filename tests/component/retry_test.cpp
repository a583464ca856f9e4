#include "tests/component/proxy_fixture.hpp"

using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;
using namespace test;

using RetryTest = ProxyTest;

namespace {

constexpr std::string_view post_request = "POST /x HTTP/1.1\r\nHost: a.test\r\nContent-Length: 2\r\n\r\nhi";

}  // namespace

TEST_F(RetryTest, TriesAnotherEndpointWhenOneRefuses) {
  serve(make_snapshot().host("a.test", {unused_port(), upstream.port()}).build());
  for (int i = 0; i < 4; ++i) {
    Socket c = client();
    Socket u = forward(c, post_request);
    EXPECT_THAT(u.read_until("hi"), EndsWith("\r\n\r\nhi"));
    u.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok");
    EXPECT_THAT(c.read_response(), EndsWith("ok"));
  }
}

// As when most pods of a Deployment end at once: more refuse than there are tries.
TEST_F(RetryTest, FindsTheOneEndpointThatIsKnownToBeAlive) {
  serve(make_snapshot()
            .host("a.test", {unused_port(), unused_port(), unused_port(), unused_port(), unused_port(), upstream.port()},
                  [](auto& policies) { policies.retry.tries = 2; })
            .build());
  std::thread endpoint{[this] {
    Socket u = upstream.accept();
    while (!u.read_until("\r\n\r\n").empty()) u.send(ok_response);
  }};
  const auto get = [this] {
    Socket c = client();
    c.send(get_request);
    return c.read_response();
  };
  ASSERT_TRUE(eventually([&get] { return get().ends_with("ok"); }));
  for (int i = 0; i < 12; ++i) EXPECT_THAT(get(), EndsWith("ok"));
  server.reset();
  endpoint.join();
}

TEST_F(RetryTest, Answers502WhenAllRefuse) {
  serve(make_snapshot().host("a.test", {unused_port(), unused_port()}).build());
  Socket c = client();
  c.send(get_request);
  EXPECT_THAT(c.read_response(), StartsWith("HTTP/1.1 502 Bad Gateway\r\n"));
}

TEST_F(RetryTest, SendsAnIdempotentRequestAgainWhenAPooledConnectionHasDied) {
  serve_upstream();
  Socket c = client();
  {
    Socket u = forward(c, get_request);
    u.read_until("\r\n\r\n");
    u.send(ok_response);
    EXPECT_THAT(c.read_response(), EndsWith("ok"));
    c.send("PUT /y HTTP/1.1\r\nHost: a.test\r\nContent-Length: 2\r\n\r\nhi");
    u.read_until("hi");
  }  // closed with the request taken, before any byte of an answer
  Socket again = upstream.accept();
  EXPECT_THAT(again.read_until("hi"), StartsWith("PUT /y"));
  again.send(ok_response);
  EXPECT_THAT(c.read_response(), EndsWith("ok"));
}

TEST_F(RetryTest, SendsAPostOnceOnly) {
  serve(make_snapshot().host("a.test", {upstream.port(), upstream.port()}).build());
  Socket c = client();
  {
    Socket u = forward(c, post_request);
    u.read_until("hi");
  }
  EXPECT_THAT(c.read_response(), StartsWith("HTTP/1.1 502 "));
}

TEST_F(RetryTest, TriesTheNextOnAStatusOfTheList) {
  Acceptor second;
  serve(make_snapshot()
            .host("a.test", {upstream.port(), second.port()}, [](auto& policies) { policies.retry.on = routing::RetryOn::http_503; })
            .build());
  Socket c = client();
  c.send(get_request);
  // Which of the two is first is random.
  std::thread other{[&] {
    Socket u = second.accept();
    u.read_until("\r\n\r\n");
    u.send("HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n");
  }};
  Socket u = upstream.accept();
  u.read_until("\r\n\r\n");
  u.send("HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n");
  EXPECT_THAT(c.read_response(), StartsWith("HTTP/1.1 503 No\r\n"));
  other.join();
  EXPECT_EQ(server->counters().retries, 1u);
}

TEST_F(RetryTest, RepeatsNothingOnceTheClientHasSeenAByte) {
  serve(make_snapshot().host("a.test", {upstream.port(), upstream.port()}).build());
  Socket c = client();
  {
    Socket u = forward(c, get_request);
    u.read_until("\r\n\r\n");
    u.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf");
  }
  EXPECT_THAT(c.read_to_end(), EndsWith("\r\n\r\nhalf"));
  EXPECT_EQ(server->counters().retries, 0u);
}

TEST_F(RetryTest, TakesA408OnAnIdleConnectionForItsEnd) {
  serve_upstream();
  Socket c = client();
  Socket first = forward(c, get_request);
  first.read_until("\r\n\r\n");
  first.send(ok_response);
  EXPECT_THAT(c.read_response(), EndsWith("ok"));

  c.send(get_request);
  first.read_until("\r\n\r\n");  // it crossed with the answer to nothing
  first.send("HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
  first.close();
  Socket second = upstream.accept();
  EXPECT_THAT(second.read_until("\r\n\r\n"), StartsWith("GET /x"));
  second.send(ok_response);
  EXPECT_THAT(c.read_response(), EndsWith("ok"));
}
