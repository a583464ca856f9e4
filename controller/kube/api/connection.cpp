#include "controller/kube/api/connection.hpp"

#include "tls/client_context.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <fmt/format.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include <optional>

namespace controller::kube {

namespace asio = boost::asio;
namespace beast = boost::beast;
using tcp = asio::ip::tcp;
using boost::system::error_code;

namespace {

constexpr auto by_value = asio::as_tuple(asio::use_awaitable);

using Plain = beast::tcp_stream;
using Secure = asio::ssl::stream<Plain&>;

void watch_peer(tcp::socket& socket) {
  const int fd = socket.native_handle(), on = 1, idle = Connection::keepalive_idle_seconds, interval = Connection::keepalive_interval_seconds,
            probes = Connection::keepalive_probes, unacknowledged = Connection::unacknowledged_milliseconds;
  ::setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
  ::setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle, sizeof idle);
  ::setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &interval, sizeof interval);
  ::setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &probes, sizeof probes);
  ::setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &unacknowledged, sizeof unacknowledged);
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

}  // namespace

struct Connection::State {
  explicit State(asio::any_io_executor executor) : resolver(executor), plain(executor) {}

  asio::awaitable<std::string> connect(const Access& access);
  asio::awaitable<std::string> shake_hands(const Access& access, SSL_CTX* context);

  tcp::resolver resolver;
  Plain plain;
  std::optional<asio::ssl::context> context;
  std::optional<Secure> secure;  // above plain; none: without TLS
};

std::string text_of(const error_code& error) {
  if (error == beast::error::timeout) return "timed out";
  if (error == asio::error::eof || error == asio::ssl::error::stream_truncated) return "the server closed the connection";
  return error.message();
}

asio::awaitable<std::string> Connection::State::connect(const Access& access) {
  const std::string port = std::to_string(access.port);
  auto [resolve_error, addresses] = co_await resolver.async_resolve(access.host, port, tcp::resolver::numeric_service, by_value);
  if (resolve_error) co_return fmt::format("the name {} does not resolve: {}", access.host, resolve_error.message());
  plain.expires_after(longest_connect);
  auto [connect_error, endpoint] = co_await plain.async_connect(addresses, by_value);
  if (connect_error) co_return fmt::format("cannot connect to {}: {}", access.server, text_of(connect_error));
  watch_peer(plain.socket());
  co_return std::string{};
}

asio::awaitable<std::string> Connection::State::shake_hands(const Access& access, SSL_CTX* given) {
  SSL_CTX_up_ref(given);
  context.emplace(given);
  secure.emplace(plain, *context);
  if (const auto error = tls::expect_peer(secure->native_handle(), access.peer_name)) co_return error.message();
  plain.expires_after(longest_connect);
  auto [error] = co_await secure->async_handshake(asio::ssl::stream_base::client, by_value);
  if (!error) co_return std::string{};
  const std::string reason = tls::verification_problem(secure->native_handle());
  co_return fmt::format("TLS with {}: {}", access.server, reason.empty() ? text_of(error) : fmt::format("the server's certificate is not accepted: {}", reason));
}

Connection::Connection(asio::any_io_executor executor) : state_(std::make_unique<State>(std::move(executor))) {}

Connection::~Connection() = default;

asio::awaitable<std::string> Connection::open(const Access& access, SSL_CTX* context) {
  std::string problem = co_await state_->connect(access);
  if (problem.empty() && access.is_tls) problem = co_await state_->shake_hands(access, context);
  co_return problem;
}

asio::awaitable<error_code> Connection::write(std::string_view bytes, std::chrono::milliseconds limit) {
  state_->plain.expires_after(limit);
  const asio::const_buffer buffer{bytes.data(), bytes.size()};
  if (state_->secure) {
    auto [error, written] = co_await asio::async_write(*state_->secure, buffer, by_value);
    co_return error;
  }
  auto [error, written] = co_await asio::async_write(state_->plain, buffer, by_value);
  co_return error;
}

asio::awaitable<Connection::Got> Connection::read(asio::mutable_buffer buffer, std::chrono::milliseconds limit) {
  state_->plain.expires_after(limit);
  if (state_->secure) {
    auto [error, bytes] = co_await state_->secure->async_read_some(buffer, by_value);
    co_return Got{error, bytes};
  }
  auto [error, bytes] = co_await state_->plain.async_read_some(buffer, by_value);
  co_return Got{error, bytes};
}

}  // namespace controller::kube
