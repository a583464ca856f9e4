#include "tests/component/proxy_fixture.hpp"

using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;
using namespace test;

using ExchangeTest = ProxyTest;

TEST_F(ExchangeTest, ForwardsARequestAndItsResponse) {
  serve_upstream();
  Socket c = client();

  Socket u = forward(c, get_request);
  const std::string request = u.read_until("\r\n\r\n");
  u.send("HTTP/1.1 201 Made\r\nServer: secret\r\nDate: long ago\r\nX-A: b\r\nContent-Length: 2\r\n\r\nok");
  const std::string response = c.read_response();

  EXPECT_THAT(request, StartsWith("GET /x HTTP/1.1\r\nHost: a.test\r\n"));
  EXPECT_THAT(request, HasSubstr("X-Forwarded-For: 127.0.0.1\r\n"));
  EXPECT_THAT(response, StartsWith("HTTP/1.1 201 Made\r\nServer: weir\r\nDate: "));
  EXPECT_THAT(response, HasSubstr("\r\nX-A: b\r\n"));
  EXPECT_THAT(response, Not(HasSubstr("secret")));
  EXPECT_THAT(response, EndsWith("\r\n\r\nok"));
}

TEST_F(ExchangeTest, KeepsBothConnectionsForTheNextRequest) {
  serve_upstream();
  Socket c = client();
  Socket u = forward(c, get_request);

  for (int i = 0; i < 3; ++i) {
    if (i > 0) c.send(get_request);
    EXPECT_THAT(u.read_until("\r\n\r\n"), StartsWith("GET /x"));
    u.send(ok_response);
    EXPECT_THAT(c.read_response(), EndsWith("ok"));
  }
  EXPECT_EQ(server->counters().upstream_connects, 1u);
}

TEST_F(ExchangeTest, AnswersPipelinedRequestsInOrder) {
  serve_upstream();
  Socket c = client();
  Socket u = forward(c, "GET /1 HTTP/1.1\r\nHost: a.test\r\n\r\nGET /2 HTTP/1.1\r\nHost: a.test\r\n\r\nGET /3 HTTP/1.1\r\nHost: none\r\n\r\n");

  EXPECT_THAT(u.read_until("\r\n\r\n"), StartsWith("GET /1"));
  u.send("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n1");
  EXPECT_THAT(u.read_until("\r\n\r\n"), StartsWith("GET /2"));
  u.send("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n2");

  EXPECT_THAT(c.read_response(), EndsWith("\r\n\r\n1"));
  EXPECT_THAT(c.read_response(), EndsWith("\r\n\r\n2"));
  EXPECT_THAT(c.read_response(), StartsWith("HTTP/1.1 404 Not Found\r\n"));
}

TEST_F(ExchangeTest, StreamsARequestBodyBeforeItIsComplete) {
  serve_upstream();
  Socket c = client();
  Socket u = forward(c, "POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 10\r\n\r\nhello");

  EXPECT_THAT(u.read_until("\r\n\r\nhello"), EndsWith("\r\n\r\nhello"));
  c.send("world");
  EXPECT_EQ(u.read_exactly(5), "world");
  u.send(ok_response);
  EXPECT_THAT(c.read_response(), EndsWith("ok"));
}

TEST_F(ExchangeTest, ChunksAnewWhatCameInChunks) {
  serve_upstream();
  Socket c = client();
  Socket u = forward(c, "POST / HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n2;x=y\r\nhe\r\n3\r\nllo\r\n0\r\nX-T: v\r\nHost: evil\r\n\r\n");

  const std::string request = u.read_until("\r\n\r\n5\r\nhello\r\n0\r\nX-T: v\r\n\r\n");
  EXPECT_THAT(request, EndsWith("\r\n\r\n5\r\nhello\r\n0\r\nX-T: v\r\n\r\n"));
  u.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;a\r\nx\r\n2\r\nyz\r\n0\r\n\r\n");
  EXPECT_THAT(c.read_response(), EndsWith("\r\n\r\n3\r\nxyz\r\n0\r\n\r\n"));
}

TEST_F(ExchangeTest, GivesAnHttp10ClientNoChunks) {
  serve_upstream();
  Socket c = client();
  Socket u = forward(c, "GET / HTTP/1.0\r\nHost: a.test\r\nConnection: keep-alive\r\n\r\n");

  u.read_until("\r\n\r\n");
  u.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nxyz\r\n0\r\n\r\n");

  const std::string response = c.read_to_end();
  EXPECT_THAT(response, EndsWith("\r\n\r\nxyz"));
  EXPECT_THAT(response, Not(HasSubstr("chunked")));
}

TEST_F(ExchangeTest, EndsACloseDelimitedResponseWithALastChunk) {
  serve_upstream();
  Socket c = client();
  Socket u = forward(c, get_request);
  u.read_until("\r\n\r\n");
  u.send("HTTP/1.1 200 OK\r\n\r\nbody");
  u.close();

  EXPECT_THAT(c.read_response(), EndsWith("\r\n\r\n4\r\nbody\r\n0\r\n\r\n"));
}

TEST_F(ExchangeTest, PassesHeadAndBodilessResponses) {
  serve_upstream();
  Socket c = client();
  Socket u = forward(c, "HEAD / HTTP/1.1\r\nHost: a.test\r\n\r\n");
  u.read_until("\r\n\r\n");
  u.send("HTTP/1.1 200 OK\r\nContent-Length: 123\r\n\r\n");
  EXPECT_THAT(c.read_response(true), HasSubstr("Content-Length: 123\r\n"));

  for (const char* status : {"204 No Content", "304 Not Modified"}) {
    c.send(get_request);
    u.read_until("\r\n\r\n");
    u.send(std::string{"HTTP/1.1 "} + status + "\r\n\r\n");
    EXPECT_THAT(c.read_response(true), HasSubstr(status));
  }
}

TEST_F(ExchangeTest, SaysContinueItselfAndForwardsEarlyHints) {
  serve_upstream();
  Socket c = client();
  Socket u = forward(c, "POST / HTTP/1.1\r\nHost: a.test\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");

  EXPECT_THAT(u.read_until("\r\n\r\n"), Not(HasSubstr("Expect")));
  EXPECT_EQ(c.read_response(true), "HTTP/1.1 100 Continue\r\n\r\n");
  c.send("hi");
  EXPECT_EQ(u.read_exactly(2), "hi");
  u.send("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n");
  u.send(ok_response);
  EXPECT_EQ(c.read_response(true), "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n");
  EXPECT_THAT(c.read_response(), EndsWith("ok"));
}

TEST_F(ExchangeTest, RefusesAnAmbiguousRequestAndForwardsNothingOfIt) {
  serve_upstream();
  Socket c = client();
  c.send("POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + std::string{get_request});

  const std::string response = c.read_to_end();
  EXPECT_THAT(response, StartsWith("HTTP/1.1 400 Bad Request\r\n"));
  EXPECT_THAT(response, HasSubstr("Connection: close\r\n"));
  EXPECT_EQ(server->counters().requests, 0u);
  EXPECT_EQ(server->counters().upstream_connects, 0u);
}

TEST_F(ExchangeTest, EndsARequestWhoseChunksBreak) {
  serve_upstream();
  Socket c = client();
  Socket u = forward(c, "POST / HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n");
  u.read_until("hello");
  c.send("ZZ\r\n");

  EXPECT_THAT(c.read_to_end(), StartsWith("HTTP/1.1 400 "));
  EXPECT_THAT(u.read_to_end(), Not(HasSubstr("0\r\n\r\n")));
}

TEST_F(ExchangeTest, AnswersBodiesAboveTheLimitWith413) {
  serve_upstream([](auto& policies) { policies.body_limit.max_body_bytes = 4; });
  Socket declared = client();
  declared.send("POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 5\r\n\r\nhello");
  EXPECT_THAT(declared.read_to_end(), StartsWith("HTTP/1.1 413 "));

  Socket counted = client();
  counted.send("POST / HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n");
  EXPECT_THAT(counted.read_to_end(), StartsWith("HTTP/1.1 413 "));
}

TEST_F(ExchangeTest, TakesNoResponseThatTwoParsersCouldReadDifferently) {
  serve_upstream();
  for (const char* response : {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
                               "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                               "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n", "HTTP/1.1 103 Early Hints\r\n\r\n", "garbage", ""}) {
    Socket c = client();
    Socket u = forward(c, get_request);
    u.read_until("\r\n\r\n");
    u.send(response);
    u.close();
    std::string answer = c.read_response();
    if (answer.starts_with("HTTP/1.1 103")) answer = c.read_response();
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 502 ")) << response;
  }
}

TEST_F(ExchangeTest, NeverLetsATruncatedResponseLookComplete) {
  serve_upstream();
  for (const char* response : {"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhello", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"}) {
    Socket c = client();
    Socket u = forward(c, get_request);
    u.read_until("\r\n\r\n");
    u.send(response);
    u.close();
    const std::string answer = c.read_to_end();
    EXPECT_THAT(answer, HasSubstr("hello"));
    EXPECT_THAT(answer, Not(HasSubstr("\r\n0\r\n")));
  }
}

TEST_F(ExchangeTest, UsesNoConnectionAgainThatSentTooMuch) {
  serve_upstream();
  Socket c = client();
  Socket u = forward(c, get_request);
  u.read_until("\r\n\r\n");
  u.send(std::string{ok_response} + "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil");
  EXPECT_THAT(c.read_response(), EndsWith("ok"));

  Socket second = forward(c, get_request);
  second.read_until("\r\n\r\n");
  second.send(ok_response);
  EXPECT_THAT(c.read_response(), EndsWith("ok"));
}

TEST_F(ExchangeTest, TunnelsAnUpgradeBothWaysAndItsEnds) {
  serve_upstream();
  Socket c = client();
  Socket u = forward(c, "GET / HTTP/1.1\r\nHost: a.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nearly");
  EXPECT_THAT(u.read_until("\r\n\r\n"), HasSubstr("Upgrade: websocket\r\nConnection: upgrade\r\n"));
  u.send("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\nfirst");

  EXPECT_THAT(c.read_response(true), HasSubstr("Upgrade: websocket\r\n"));
  EXPECT_EQ(c.read_exactly(5), "first");
  EXPECT_EQ(u.read_exactly(5), "early");
  c.shut_down_write();
  EXPECT_TRUE(u.is_closed_by_peer());
  u.send("last");
  u.close();
  EXPECT_EQ(c.read_to_end(), "last");
}

TEST_F(ExchangeTest, TunnelsWhatCameBeforeTheEndOfAClient) {
  serve_upstream();
  Socket c = client();
  Socket u = forward(c, "GET / HTTP/1.1\r\nHost: a.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
  u.read_until("\r\n\r\n");
  u.send("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n");
  c.read_response(true);

  const std::string much(12 * 1024 * 1024, 'm');  // more than the sockets hold: the end is seen before all is read
  std::thread sender{[&] {
    c.send(much);
    c.shut_down_write();
  }};
  EXPECT_EQ(u.read_to_end().size(), much.size());
  sender.join();
  u.send("last");
  u.close();
  EXPECT_EQ(c.read_to_end(), "last");
}

TEST_F(ExchangeTest, SaysWhichUpgradeIsRequired) {
  serve_upstream();
  Socket c = client();
  Socket u = forward(c, get_request);
  u.read_until("\r\n\r\n");
  u.send("HTTP/1.1 426 Upgrade Required\r\nUpgrade: TLS/1.2\r\nConnection: Upgrade\r\nContent-Length: 0\r\n\r\n");
  const std::string response = c.read_response();
  EXPECT_THAT(response, HasSubstr("\r\nUpgrade: TLS/1.2\r\nConnection: upgrade\r\n"));
  c.send(get_request);
  EXPECT_THAT(u.read_until("\r\n\r\n"), StartsWith("GET /x"));
}

TEST_F(ExchangeTest, DoesNotWaitForLongForAClientThatHasEndedWhateverConnectionItsRequestWentTo) {
  serve_upstream();
  Socket fresh = client();
  Socket u = forward(fresh, get_request);
  u.read_until("\r\n\r\n");
  fresh.shut_down_write();
  EXPECT_TRUE(fresh.is_closed_by_peer());
  EXPECT_TRUE(u.is_closed_by_peer());

  Socket warming = client();
  Socket kept = forward(warming, get_request);
  kept.read_until("\r\n\r\n");
  kept.send(ok_response);
  warming.read_response();
  Socket pooled = client();
  pooled.send(get_request);
  pooled.shut_down_write();
  kept.read_until("\r\n\r\n");
  EXPECT_TRUE(pooled.is_closed_by_peer());
  EXPECT_TRUE(kept.is_closed_by_peer());
}

TEST_F(ExchangeTest, AnswersAllPipelinedRequestsOfAClientThatHasEnded) {
  serve_upstream();
  Socket c = client();
  c.send("GET /1 HTTP/1.1\r\nHost: a.test\r\n\r\nGET /2 HTTP/1.1\r\nHost: a.test\r\n\r\nGET /3 HTTP/1.1\r\nHost: none\r\n\r\n");
  c.shut_down_write();
  Socket u = upstream.accept();
  for (int i = 0; i < 2; ++i) {
    u.read_until("\r\n\r\n");
    u.send(ok_response);
  }
  EXPECT_THAT(c.read_response(), EndsWith("ok"));
  EXPECT_THAT(c.read_response(), EndsWith("ok"));
  EXPECT_THAT(c.read_response(), StartsWith("HTTP/1.1 404 "));
  EXPECT_TRUE(c.is_closed_by_peer());
}

TEST_F(ExchangeTest, TakesAnEmptyExpectForNone) {
  serve_upstream();
  Socket c = client();
  Socket u = forward(c, "GET / HTTP/1.1\r\nHost: a.test\r\nExpect:\r\n\r\n");
  EXPECT_THAT(u.read_until("\r\n\r\n"), StartsWith("GET / "));
}

TEST_F(ExchangeTest, RedirectsToHttpsOnlyWhatNamesAHost) {
  serve_upstream([](auto& policies) { policies.tls_redirect.active = true; });
  Socket c = client();
  c.send("OPTIONS * HTTP/1.1\r\nHost: a.test\r\n\r\n");
  EXPECT_THAT(c.read_response(), HasSubstr("Location: https://a.test\r\n"));
}

TEST_F(ExchangeTest, TreatsARefusedUpgradeAsAnOrdinaryResponse) {
  serve_upstream();
  Socket c = client();
  Socket u = forward(c, "GET / HTTP/1.1\r\nHost: a.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
  u.read_until("\r\n\r\n");
  u.send(ok_response);
  EXPECT_THAT(c.read_response(), EndsWith("ok"));
  c.send(get_request);
  EXPECT_THAT(u.read_until("\r\n\r\n"), StartsWith("GET /x"));
  u.send(ok_response);
  EXPECT_THAT(c.read_response(), EndsWith("ok"));
}

TEST_F(ExchangeTest, HoldsNoMoreThanABufferForASlowClient) {
  serve_upstream();
  Socket c = client();
  Socket u = forward(c, get_request);
  u.read_until("\r\n\r\n");
  const std::string body(8 * 1024 * 1024, 'b');
  std::thread sender{[&] { u.send("HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body); }};

  const std::string response = c.read_response();
  sender.join();
  EXPECT_TRUE(response.ends_with(body));
}

TEST_F(ExchangeTest, CancelsTheUpstreamWhenTheClientIsGone) {
  serve_upstream();
  Socket c = client();
  Socket u = forward(c, get_request);
  u.read_until("\r\n\r\n");
  c.reset();
  EXPECT_TRUE(u.is_closed_by_peer());
}

TEST_F(ExchangeTest, ReadsTheRestOfABodyThatNobodyWants) {
  serve(make_snapshot().host("a.test", {}).build());
  Socket c = client();
  c.send("POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 5\r\n\r\nhel");
  EXPECT_THAT(c.read_response(), StartsWith("HTTP/1.1 503 Service Temporarily Unavailable\r\n"));
  c.send("loGET / HTTP/1.1\r\nHost: none\r\n\r\n");
  EXPECT_THAT(c.read_response(), StartsWith("HTTP/1.1 404 Not Found\r\n"));
}
