// TLS on real sockets: how records, segments and requests may fall together, and how either side may end.
#include "tests/component/proxy_fixture.hpp"
#include "tests/support/tls_socket.hpp"

#include <openssl/ssl.h>

using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;
using namespace test;

class TlsTest : public ProxyTest, public testing::WithParamInterface<int> {
 protected:
  void SetUp() override { serve_upstream(); }

  [[nodiscard]] TlsSocket tls_client() { return {server->https_port(), {"a.test", GetParam()}}; }
};

std::string version_name(const testing::TestParamInfo<int>& tested) { return tested.param == TLS1_3_VERSION ? "Tls13" : "Tls12"; }

INSTANTIATE_TEST_SUITE_P(Each, TlsTest, testing::Values(TLS1_2_VERSION, TLS1_3_VERSION), version_name);

TEST_P(TlsTest, AnswersOneRequestAfterTheOther) {
  TlsSocket c = tls_client();
  ASSERT_TRUE(c.is_open());
  c.send(get_request);
  Socket u = upstream.accept();
  for (int i = 0; i < 3; ++i) {
    if (i > 0) c.send(get_request);
    EXPECT_THAT(u.read_until("\r\n\r\n"), HasSubstr("X-Forwarded-Proto: https\r\n"));
    u.send(ok_response);
    EXPECT_THAT(c.read_response(), EndsWith("\r\n\r\nok"));
  }
}

TEST_P(TlsTest, TakesSeveralRequestsOfOneRecord) {
  TlsSocket c = tls_client();
  c.send(std::string{get_request} + std::string{get_request});
  Socket u = upstream.accept();
  for (int i = 0; i < 2; ++i) {
    EXPECT_THAT(u.read_until("\r\n\r\n"), StartsWith("GET /x"));
    u.send(ok_response);
  }
  EXPECT_THAT(c.read_response(), EndsWith("ok"));
  EXPECT_THAT(c.read_response(), EndsWith("ok"));
}

TEST_P(TlsTest, TakesARequestOfManyRecords) {
  TlsSocket c = tls_client();
  for (const char& byte : get_request) ASSERT_TRUE(c.send({&byte, 1}));
  Socket u = upstream.accept();
  EXPECT_THAT(u.read_until("\r\n\r\n"), StartsWith("GET /x"));
  u.send(ok_response);
  EXPECT_THAT(c.read_response(), EndsWith("ok"));
}

TEST_P(TlsTest, TakesARecordOfManySegments) {
  TlsSocket c = tls_client();
  ASSERT_TRUE(c.send_in_segments(get_request, 1));
  Socket u = upstream.accept();
  EXPECT_THAT(u.read_until("\r\n\r\n"), StartsWith("GET /x"));
  u.send(ok_response);
  EXPECT_THAT(c.read_response(), EndsWith("ok"));
}

TEST_P(TlsTest, CarriesLargeBodiesBothWays) {
  constexpr std::size_t bytes = 900'000;
  const std::string body(bytes, 'b');
  const std::string length = "Content-Length: " + std::to_string(bytes) + "\r\n\r\n";
  TlsSocket c = tls_client();
  std::thread sender{[&] { c.send("POST / HTTP/1.1\r\nHost: a.test\r\n" + length + body); }};
  Socket u = upstream.accept();
  u.read_until("\r\n\r\n");
  EXPECT_EQ(u.read_exactly(bytes), body);
  sender.join();
  std::thread answer{[&] { u.send("HTTP/1.1 200 OK\r\n" + length + body); }};
  EXPECT_THAT(c.read_response(), EndsWith("\r\n\r\n" + body));
  answer.join();
}

TEST_P(TlsTest, SaysCloseNotifyBeforeItCloses) {
  TlsSocket c = tls_client();
  c.send("GET / HTTP/1.1\r\nHost: none.test\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(c.read_response(), StartsWith("HTTP/1.1 404"));
  EXPECT_TRUE(c.is_ended_by_close_notify());
}

TEST_P(TlsTest, ACutResponseHasNoCloseNotifyBeforeItsEnd) {
  TlsSocket c = tls_client();
  c.send(get_request);
  Socket u = upstream.accept();
  u.read_until("\r\n\r\n");
  u.send("HTTP/1.1 200 OK\r\n\r\nuntil the end");  // framed by the close alone: as chunks for this client
  EXPECT_THAT(c.read_until("until the end"), HasSubstr("Transfer-Encoding: chunked"));
  u.reset();
  EXPECT_EQ(c.read_until("0\r\n\r\n"), "\r\n");  // no last chunk: the client can tell
}

TEST_P(TlsTest, AnswersAClientThatHasSaidCloseNotify) {
  TlsSocket c = tls_client();
  c.send("GET / HTTP/1.1\r\nHost: none.test\r\n\r\n");
  c.send_close_notify();
  EXPECT_THAT(c.read_response(), StartsWith("HTTP/1.1 404"));
}

TEST_P(TlsTest, ClientsMayGoWithoutAWord) {
  {
    TlsSocket c = tls_client();
    ASSERT_TRUE(c.is_open());
  }
  EXPECT_TRUE(eventually([this] { return server->counters().active == 0; }));
}

TEST_P(TlsTest, CarriesAnUpgrade) {
  TlsSocket c = tls_client();
  c.send("GET /chat HTTP/1.1\r\nHost: a.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
  Socket u = upstream.accept();
  u.read_until("\r\n\r\n");
  u.send("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nhello");
  EXPECT_THAT(c.read_until("hello"), StartsWith("HTTP/1.1 101"));
  c.send("ping");
  EXPECT_EQ(u.read_exactly(4), "ping");
  u.send("pong");
  EXPECT_EQ(c.read_exactly(4), "pong");
  c.send_close_notify();
  EXPECT_TRUE(u.is_closed_by_peer());
}

TEST_P(TlsTest, BytesThatAreNoRecordEndAnEstablishedConnection) {
  TlsSocket c = tls_client();
  ASSERT_TRUE(c.raw().send("GET /x HTTP/1.1\r\nHost: a.test\r\n\r\n"));
  EXPECT_EQ(c.read_until("\r\n\r\n"), "");
  EXPECT_TRUE(eventually([this] { return server->counters().active == 0; }));
}

using TlsPortTest = ProxyTest;

TEST_F(TlsPortTest, TellsAClientOfPlainHttpWhatIsWrong) {
  serve_upstream();
  Socket c = Socket::connect(server->https_port());
  c.send(get_request);
  const std::string answer = c.read_to_end();
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 400 Bad Request\r\n"));
  EXPECT_THAT(answer, HasSubstr("The plain HTTP request was sent to HTTPS port"));
  EXPECT_EQ(server->counters().tls_failures, 1u);
}

TEST_F(TlsPortTest, NewCertificatesAreForNewConnections) {
  serve_upstream();
  TlsSocket before{server->https_port()};
  ASSERT_TRUE(before.is_open());
  server->publish(make_snapshot().host("a.test", {upstream.port()}).certificate("a.test", "second").build());
  EXPECT_TRUE(eventually([this] { return TlsSocket{server->https_port()}.peer_name() == "second"; }));
  before.send(get_request);
  Socket u = upstream.accept();
  u.read_until("\r\n\r\n");
  u.send(ok_response);
  EXPECT_THAT(before.read_response(), EndsWith("ok"));
}

TEST_F(TlsPortTest, AClientMayNotRenegotiate) {
  serve_upstream();
  TlsSocket c{server->https_port(), {"a.test", TLS1_2_VERSION}};
  ASSERT_TRUE(c.is_open());
  SSL_set_options(c.ssl(), SSL_OP_ALLOW_CLIENT_RENEGOTIATION);
  SSL_renegotiate(c.ssl());
  SSL_do_handshake(c.ssl());
  ASSERT_TRUE(c.raw().send(c.take_ciphertext()));
  EXPECT_EQ(c.read_until("\r\n\r\n"), "");
  EXPECT_FALSE(SSL_is_init_finished(c.ssl()));
}
