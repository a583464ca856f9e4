#include "proxy/io/transport.hpp"

#include "tests/support/make_certificate.hpp"
#include "tests/support/tls_socket.hpp"

#include <gtest/gtest.h>
#include <openssl/ssl.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <array>
#include <thread>

namespace proxy::io {
namespace {

// Our side of a socket pair, non-blocking and with little room, and the other side's descriptor.
std::array<int, 2> narrow_pair() {
  std::array<int, 2> fds{};
  EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds.data()), 0);
  const int few = 4096;
  ::setsockopt(fds[0], SOL_SOCKET, SO_SNDBUF, &few, sizeof few);
  ::fcntl(fds[0], F_SETFL, O_NONBLOCK);
  return fds;
}

TEST(Transport, CutsOffAPeerThatMakesItAnswerAndDoesNotRead) {
  constexpr int far_too_many = 100'000;
  const auto pem = tls::testing::make_certificate({.names = {"a.test"}});
  const auto certificate = *tls::Certificate::parse(pem.chain, pem.key);
  const auto context = *tls::ServerContext::make({}, nullptr, [&certificate](std::string_view) { return certificate.get(); });
  const auto fds = narrow_pair();

  std::thread server{[&] {
    Scratch scratch;
    Transport transport;
    transport.open(fds[0], context->new_connection(), scratch);
    while (true) {
      pollfd readable{fds[0], POLLIN, 0};
      if (::poll(&readable, 1, test::Socket::deadline_milliseconds) <= 0) return;
      transport.note_events(EPOLLIN);
      const ReadStatus status = transport.read().status;
      if (status == ReadStatus::failed || status == ReadStatus::ended) return;
    }
  }};
  test::TlsSocket client{test::Socket{fds[1]}};
  ASSERT_TRUE(client.is_open());
  int sent = 0;
  for (bool is_alive = true; is_alive && sent < far_too_many; ++sent) {
    SSL_key_update(client.ssl(), SSL_KEY_UPDATE_REQUESTED);
    SSL_do_handshake(client.ssl());
    is_alive = client.raw().send(client.take_ciphertext());
  }
  EXPECT_LT(sent, far_too_many);
  client.raw().close();
  server.join();
}

}  // namespace
}  // namespace proxy::io
