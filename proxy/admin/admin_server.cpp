#include "proxy/admin/admin_server.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/version.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <thread>

namespace proxy::admin {

namespace beast = boost::beast;
namespace http = beast::http;
namespace asio = boost::asio;
using tcp = asio::ip::tcp;

namespace {

// One connection: read, answer, again. Keeps itself alive by its operations.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(tcp::socket socket, const Facts& facts, std::size_t& open) : stream_(std::move(socket)), facts_(facts), open_(open) { ++open_; }
  ~Connection() { --open_; }

  void read() {
    parser_.emplace();
    parser_->header_limit(AdminServer::max_head_bytes);
    parser_->body_limit(boost::none);  // a body is never read: what brings one is answered and closed
    stream_.expires_after(AdminServer::idle_timeout);
    http::async_read_header(stream_, buffer_, *parser_, [self = shared_from_this()](beast::error_code error, std::size_t) {
      if (!error) self->answer();
    });
  }

 private:
  void answer() {
    const auto& request = parser_->get();
    const bool is_head = request.method() == http::verb::head;
    Page page;
    if (request.method() != http::verb::get && !is_head) page = {405, "text/plain; charset=utf-8", "GET and HEAD are allowed here\n"};
    else page = page_for({request.target().data(), request.target().size()}, facts_);
    response_ = {static_cast<http::status>(page.status), request.version()};
    response_.set(http::field::server, "weir");
    response_.set(http::field::content_type, page.type);
    response_.set(http::field::cache_control, "no-store");
    if (page.status == 405) response_.set(http::field::allow, "GET, HEAD");
    response_.keep_alive(request.keep_alive() && parser_->is_done());
    response_.content_length(page.body.size());
    if (!is_head) response_.body() = std::move(page.body);
    stream_.expires_after(AdminServer::idle_timeout);
    serializer_.emplace(response_);
    const auto done = [self = shared_from_this()](beast::error_code error, std::size_t) {
      if (error) return;
      if (self->response_.keep_alive()) self->read();
      else self->leave();
    };
    if (is_head) http::async_write_header(stream_, *serializer_, done);
    else http::async_write(stream_, *serializer_, done);
  }

  // Closing with bytes unread resets the connection, and the client may lose the answer: what is under way is taken first.
  void leave() {
    beast::error_code error;
    stream_.socket().shutdown(tcp::socket::shutdown_send, error);
    buffer_.clear();
    discard(AdminServer::max_discarded_bytes);
  }
  void discard(std::size_t left) {
    if (left == 0) return;
    stream_.async_read_some(buffer_.prepare(std::min(left, AdminServer::max_head_bytes)), [self = shared_from_this(), left](beast::error_code error, std::size_t count) {
      if (!error) self->discard(left - count);
    });
  }

  beast::tcp_stream stream_;
  beast::flat_buffer buffer_{AdminServer::max_head_bytes};
  std::optional<http::request_parser<http::empty_body>> parser_;
  http::response<http::string_body> response_;
  std::optional<http::response_serializer<http::string_body>> serializer_;
  const Facts& facts_;
  std::size_t& open_;
};

}  // namespace

struct AdminServer::State {
  Facts facts;
  std::size_t open = 0;  // before the context: the connections that end with it count down
  asio::io_context context{1};
  tcp::acceptor acceptor{context};
  asio::steady_timer pause{context};
  std::thread thread;

  void accept() {
    acceptor.async_accept([this](beast::error_code error, tcp::socket socket) {
      if (error == asio::error::operation_aborted) return;
      if (!error && open < max_connections) std::make_shared<Connection>(std::move(socket), facts, open)->read();
      if (!error) return accept();
      pause.expires_after(accept_pause);  // out of descriptors: trying at once would only spin
      pause.async_wait([this](beast::error_code stopped) {
        if (!stopped) accept();
      });
    });
  }
};

AdminServer::AdminServer(Facts facts) : state_(std::make_unique<State>()) { state_->facts = std::move(facts); }

AdminServer::~AdminServer() {
  state_->context.stop();
  if (state_->thread.joinable()) state_->thread.join();
}

std::uint16_t AdminServer::port() const noexcept {
  beast::error_code error;
  return state_->acceptor.local_endpoint(error).port();
}

std::string AdminServer::start(const std::string& host, std::uint16_t port) {
  beast::error_code error;
  auto address = asio::ip::make_address(host.empty() ? "::" : host, error);
  if (error) return fmt::format("--healthz-host {} is no address", host);
  auto& acceptor = state_->acceptor;
  acceptor.open(tcp::endpoint{address, port}.protocol(), error);
  if (error && host.empty()) {  // no IPv6 on this machine
    address = asio::ip::address_v4::any();
    acceptor.open(tcp::v4(), error);
  }
  if (!error) acceptor.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error && address.is_v6() && host.empty()) acceptor.set_option(asio::ip::v6_only(false), error);
  if (!error) acceptor.bind({address, port}, error);
  if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (error) return fmt::format("cannot listen on port {} for health and metrics: {}; choose another with --healthz-port", port, error.message());
  state_->accept();
  state_->thread = std::thread{[this] { state_->context.run(); }};
  return {};
}

Page page_for(std::string_view path, const Facts& facts) {
  path = path.substr(0, path.find('?'));
  const bool is_up = facts.is_serving() && !facts.is_shutting_down();
  if (path == facts.health_path) return {is_up ? 200u : 500u, "text/plain; charset=utf-8", is_up ? "ok" : "not ready\n"};
  if (path == "/readyz") return {is_up ? 200u : 503u, "text/plain; charset=utf-8", is_up ? "ok" : facts.is_shutting_down() ? "shutting down\n" : "no configuration yet\n"};
  if (path == "/metrics") return {200, "text/plain; version=0.0.4; charset=utf-8", metrics_text(facts)};
  if (path == "/") return {200, "text/html; charset=utf-8", dashboard_html(facts)};
  if (path == "/debug/snapshot") {
    const auto snapshot = facts.snapshot();
    if (!snapshot) return {503, "text/plain; charset=utf-8", "no configuration yet\n"};
    return {200, "application/json", routing::to_json(*snapshot)};
  }
  return {404, "text/plain; charset=utf-8", "there are /healthz, /readyz, /metrics, /debug/snapshot and /\n"};
}

}  // namespace proxy::admin
