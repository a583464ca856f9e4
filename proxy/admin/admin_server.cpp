#include "proxy/admin/admin_server.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/version.hpp>
#include <fmt/format.h>
#include <pthread.h>

#include <algorithm>
#include <functional>
#include <list>
#include <optional>
#include <thread>

namespace proxy::admin {

namespace beast = boost::beast;
namespace http = beast::http;
namespace asio = boost::asio;
using tcp = asio::ip::tcp;

namespace {

// Pages hold what objects say, escaped; this holds should that ever fail. The one style sheet is in the page.
constexpr std::string_view content_policy =
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

class Connection;

// The open connections, the one that has been waiting for its peer the longest first.
using Waiting = std::list<Connection*>;

// One connection: read, answer, again. Keeps itself alive by its operations.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(tcp::socket socket, const Facts& facts, const AdminLimits& limits, Waiting& waiting)
      : stream_(std::move(socket)), facts_(facts), limits_(limits), waiting_(waiting), place_(waiting.insert(waiting.end(), this)) {}
  ~Connection() { give_up_place(); }

  void start() { read(limits_.first_head); }
  [[nodiscard]] bool is_answering() const noexcept { return is_answering_; }
  // Ends it whatever it is doing; its operations fail and let it go.
  void close() {
    give_up_place();
    stream_.close();
  }

 private:
  void read(std::chrono::milliseconds limit) {
    parser_.emplace();
    parser_->header_limit(AdminServer::max_head_bytes);
    parser_->body_limit(boost::none);  // a body is never read: what brings one is answered and closed
    wait(limit);
    http::async_read_header(stream_, buffer_, *parser_, [self = shared_from_this()](beast::error_code error, std::size_t) {
      if (!error) self->answer();
    });
  }

  void answer() {
    const auto& request = parser_->get();
    const bool is_head = request.method() == http::verb::head;
    Page page;
    if (request.method() != http::verb::get && !is_head) page = {405, "text/plain; charset=utf-8", "GET and HEAD are allowed here\n", {}};
    else page = page_for({request.target().data(), request.target().size()}, facts_);
    response_ = {static_cast<http::status>(page.status), request.version()};
    response_.set(http::field::server, "weir");
    response_.set(http::field::content_type, page.type);
    response_.set(http::field::cache_control, "no-store");
    response_.set("Content-Security-Policy", beast::string_view{content_policy.data(), content_policy.size()});
    response_.set("X-Content-Type-Options", "nosniff");
    response_.set("Referrer-Policy", "no-referrer");
    if (page.status == 405) response_.set(http::field::allow, "GET, HEAD");
    const bool is_in_pieces = static_cast<bool>(page.more), is_chunked = is_in_pieces && request.version() >= 11;
    response_.keep_alive(request.keep_alive() && parser_->is_done() && is_chunked == is_in_pieces);
    if (is_chunked) response_.chunked(true);
    else if (!is_in_pieces) response_.content_length(page.body.size());  // else its end is the connection's
    if (!is_head && !is_in_pieces) response_.body() = std::move(page.body);
    is_answering_ = true;
    wait(limits_.idle);
    serializer_.emplace(response_);
    if (is_head) return http::async_write_header(stream_, *serializer_, [self = shared_from_this()](beast::error_code error, std::size_t) { self->on_answered(error); });
    if (is_in_pieces) {
      piece_ = std::move(page.body);
      more_ = std::move(page.more);
      return http::async_write_header(stream_, *serializer_, [self = shared_from_this()](beast::error_code error, std::size_t) {
        if (!error) self->write_piece();
      });
    }
    http::async_write(stream_, *serializer_, [self = shared_from_this()](beast::error_code error, std::size_t) { self->on_answered(error); });
  }

  void write_piece() {
    wait(limits_.idle);
    const auto then = [self = shared_from_this()](beast::error_code error, std::size_t) {
      if (error) return;
      if (self->more_(self->piece_)) self->write_piece();
      else self->end_pieces();
    };
    const asio::const_buffer piece = asio::buffer(piece_);
    if (response_.chunked()) asio::async_write(stream_, http::make_chunk(piece), then);
    else asio::async_write(stream_, piece, then);
  }

  void end_pieces() {
    more_ = {};
    piece_ = {};
    if (!response_.chunked()) return on_answered({});
    asio::async_write(stream_, http::make_chunk_last(), [self = shared_from_this()](beast::error_code error, std::size_t) { self->on_answered(error); });
  }

  void on_answered(beast::error_code error) {
    is_answering_ = false;
    if (error) return;
    if (response_.keep_alive()) read(limits_.idle);
    else leave();
  }

  // Closing with bytes unread resets the connection, and the client may lose the answer: what is under way is taken first.
  void leave() {
    beast::error_code error;
    stream_.socket().shutdown(tcp::socket::shutdown_send, error);
    buffer_.clear();
    wait(limits_.leaving);
    discard(AdminServer::max_discarded_bytes);
  }
  void discard(std::size_t left) {
    if (left == 0) return;
    stream_.async_read_some(buffer_.prepare(std::min(left, AdminServer::max_head_bytes)), [self = shared_from_this(), left](beast::error_code error, std::size_t count) {
      if (!error) self->discard(left - count);
    });
  }

  // It is the peer's turn, for this long.
  void wait(std::chrono::milliseconds limit) {
    stream_.expires_after(limit);
    if (place_ != waiting_.end()) waiting_.splice(waiting_.end(), waiting_, place_);
  }
  void give_up_place() {
    if (place_ != waiting_.end()) waiting_.erase(place_);
    place_ = waiting_.end();
  }

  beast::tcp_stream stream_;
  beast::flat_buffer buffer_{AdminServer::max_head_bytes};
  std::optional<http::request_parser<http::empty_body>> parser_;
  http::response<http::string_body> response_;
  std::optional<http::response_serializer<http::string_body>> serializer_;
  std::string piece_;  // of a page in pieces, on its way
  std::function<bool(std::string&)> more_;
  const Facts& facts_;
  const AdminLimits& limits_;
  Waiting& waiting_;
  Waiting::iterator place_;  // the end: it has given it up
  bool is_answering_ = false;
};

}  // namespace

struct AdminServer::State {
  Facts facts;
  AdminLimits limits;
  Waiting waiting;  // before the context: the connections that end with it leave their places
  asio::io_context context{1};
  tcp::acceptor acceptor{context};
  asio::steady_timer pause{context};
  std::thread thread;

  void accept() {
    acceptor.async_accept([this](beast::error_code error, tcp::socket socket) {
      if (error == asio::error::operation_aborted) return;
      if (!error) {
        while (waiting.size() >= limits.connections) close_oldest();
        std::make_shared<Connection>(std::move(socket), facts, limits, waiting)->start();
        return accept();
      }
      pause.expires_after(accept_pause);  // out of descriptors: trying at once would only spin
      pause.async_wait([this](beast::error_code stopped) {
        if (!stopped) accept();
      });
    });
  }

  // One that takes an answer comes last: a slow reader of metrics is more than a connection that says nothing.
  void close_oldest() {
    const auto silent = std::find_if(waiting.begin(), waiting.end(), [](const Connection* connection) { return !connection->is_answering(); });
    (silent == waiting.end() ? waiting.front() : *silent)->close();
  }
};

AdminServer::AdminServer(Facts facts, AdminLimits limits) : state_(std::make_unique<State>()) {
  state_->facts = std::move(facts);
  state_->limits = limits;
}

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
  state_->thread = std::thread{[this] {
    ::pthread_setname_np(::pthread_self(), "admin");
    state_->context.run();
  }};
  return {};
}

}  // namespace proxy::admin
