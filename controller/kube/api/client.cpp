#include "controller/kube/api/client.hpp"

#include "controller/kube/api/inflater.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/beast/core/buffers_range.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/fields.hpp>
#include <boost/beast/http/parser.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <utility>

namespace controller::kube {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using boost::system::error_code;

namespace {

constexpr std::size_t read_bytes = 64 * 1024;

// A Beast body that is handed on as it arrives.
struct HandedOn {
  using value_type = std::function<bool(std::string_view)>;  // false: stop

  class reader {
   public:
    template <bool is_request, typename Fields>
    reader(http::header<is_request, Fields>&, value_type& take) : take_(take) {}
    void init(const boost::optional<std::uint64_t>&, error_code& error) { error = {}; }
    template <typename Buffers>
    std::size_t put(const Buffers& buffers, error_code& error) {
      error = {};
      std::size_t taken = 0;
      for (const auto buffer : beast::buffers_range_ref(buffers)) {
        taken += buffer.size();
        if (!take_({static_cast<const char*>(buffer.data()), buffer.size()})) error = asio::error::operation_aborted;
      }
      return taken;
    }
    void finish(error_code& error) { error = {}; }

   private:
    value_type& take_;
  };
};

// One answer: its head, then its body to the sink or, when it is an error, into a text.
class Answer {
 public:
  explicit Answer(BodySink& sink) : sink_(sink) {
    parser_.header_limit(Client::max_head_bytes);
    parser_.body_limit(boost::none);  // the sink has its own
    parser_.eager(true);
    parser_.get().body() = [this](std::string_view bytes) { return take(bytes); };
  }

  [[nodiscard]] bool is_done() const { return parser_.is_done(); }
  [[nodiscard]] bool has_begun() const { return has_begun_; }
  [[nodiscard]] bool keeps_alive() const { return parser_.is_done() && parser_.keep_alive(); }
  [[nodiscard]] std::chrono::milliseconds patience() const {
    return parser_.is_header_done() && is_good() ? sink_.patience() : std::chrono::milliseconds{Client::longest_wait};
  }
  // Takes what it can from the buffer. None: go on.
  [[nodiscard]] std::optional<Failure> feed(beast::flat_buffer& buffer) {
    has_begun_ = true;
    error_code error;
    while (!error && buffer.size() != 0 && !parser_.is_done()) {
      buffer.consume(parser_.put(buffer.data(), error));
      note_head();
    }
    if (failure_) return failure_;
    if (error && error != http::error::need_more) return Failure{Failure::Kind::malformed, 0, "the server's answer is no HTTP: " + error.message(), {}};
    return {};
  }
  // Whether the end of the connection is that of the answer.
  [[nodiscard]] bool ends_with(const error_code& why) {
    error_code error = why;
    if (why == asio::error::eof && parser_.is_header_done()) parser_.put_eof(error);
    return !error && parser_.is_done();
  }
  // What a complete answer means.
  [[nodiscard]] std::optional<Failure> verdict() const {
    if (is_good()) return failure_;
    return failure_of(status(), error_text_);
  }

 private:
  [[nodiscard]] unsigned status() const { return parser_.get().result_int(); }
  [[nodiscard]] bool is_good() const { return status() / 100 == 2; }

  void note_head() {
    if (is_open_ || !parser_.is_header_done() || !is_good()) return;
    is_open_ = true;
    sink_.on_open();
  }
  bool take(std::string_view bytes) {
    note_head();
    if (!is_good()) {
      error_text_ += bytes.substr(0, Client::max_error_bytes - std::min(Client::max_error_bytes, error_text_.size()));
      return true;
    }
    const auto hand_on = [this](std::string_view plain) {
      failure_ = sink_.take(plain);
      return !failure_;
    };
    if (parser_.get()[http::field::content_encoding] != "gzip") return hand_on(bytes);
    if (inflater_.feed(bytes, hand_on)) return true;
    if (!failure_) failure_ = Failure{Failure::Kind::malformed, 0, "the server's answer is no gzip", {}};
    return false;
  }

  BodySink& sink_;
  http::response_parser<HandedOn> parser_;
  Inflater inflater_;
  std::string error_text_;
  std::optional<Failure> failure_;
  bool has_begun_ = false, is_open_ = false;
};

class Collect final : public BodySink {
 public:
  [[nodiscard]] std::optional<Failure> take(std::string_view bytes) override {
    if (body.size() + bytes.size() > Client::max_body_bytes) return Failure{Failure::Kind::malformed, 0, "the server's answer is too large", {}};
    body += bytes;
    return {};
  }
  [[nodiscard]] std::chrono::milliseconds patience() const override { return Client::longest_wait; }

  std::string body;
};

Failure lost(const Access& access, const error_code& error) {
  return {Failure::Kind::unreachable, 0, fmt::format("connection to {}: {}", access.server, text_of(error)), {}};
}

Failure without_credentials(std::string problem) { return {Failure::Kind::unauthorized, 0, std::move(problem), {}}; }

}  // namespace

Request json_request(const char* method, std::string target, std::string body, const char* type) {
  Request request;
  request.method = method;
  request.target = std::move(target);
  request.body = std::move(body);
  request.content_type = type;
  return request;
}

Client::Client(asio::any_io_executor executor, Access access) : executor_(std::move(executor)), access_(std::move(access)), credentials_(access_) {}

// "" or why there is no context. What has changed in the files holds for new connections.
std::string Client::refresh_tls() {
  if (!access_.is_tls) return {};
  tls::ClientSettings settings;
  if (std::string error = credentials_.read_tls(settings); !error.empty()) return error;
  if (tls_ && settings == tls_settings_) return {};
  auto made = tls::make_client_context(settings);
  if (!made) return "certificates: " + made.error().message();
  tls_ = std::move(*made);
  tls_settings_ = std::move(settings);
  idle_.clear();
  return {};
}

std::unique_ptr<Connection> Client::take_idle() {
  const auto now = Clock::now();
  while (!idle_.empty() && now - idle_.front().since > longest_idle) idle_.pop_front();
  if (idle_.empty()) return nullptr;
  auto connection = std::move(idle_.back().connection);
  idle_.pop_back();
  return connection;
}

void Client::keep(std::unique_ptr<Connection> connection) {
  if (idle_.size() == max_idle) idle_.pop_front();
  idle_.push_back({std::move(connection), Clock::now()});
}

std::string Client::head_of(const Request& request) const {
  const bool is_v6 = access_.host.find(':') != std::string::npos;
  std::string head = fmt::format("{} {}{} HTTP/1.1\r\nHost: {}{}{}:{}\r\nUser-Agent: weir\r\nAccept: application/json\r\n", request.method, access_.path, request.target,
                                 is_v6 ? "[" : "", access_.host, is_v6 ? "]" : "", access_.port);
  if (!credentials_.token().empty()) head += "Authorization: Bearer " + credentials_.token() + "\r\n";
  if (request.accepts_gzip && access_.compresses) head += "Accept-Encoding: gzip\r\n";
  if (!request.body.empty()) head += fmt::format("Content-Type: {}\r\nContent-Length: {}\r\n", request.content_type, request.body.size());
  return head + "\r\n";
}

asio::awaitable<Client::Outcome> Client::exchange(Connection& connection, const Request& request, BodySink& sink) {
  Outcome outcome;
  const std::string sent = head_of(request) + request.body;
  const error_code write_error = co_await connection.write(sent, longest_wait);
  if (write_error) {
    outcome.failure = lost(access_, write_error);
    co_return outcome;
  }
  Answer answer{sink};
  beast::flat_buffer buffer;
  while (!answer.is_done() && !outcome.failure) {
    const Connection::Got got = co_await connection.read(buffer.prepare(read_bytes), answer.patience());
    if (got.error) {
      if (!answer.ends_with(got.error)) outcome.failure = lost(access_, got.error);
      break;
    }
    buffer.commit(got.bytes);
    outcome.failure = answer.feed(buffer);
  }
  outcome.has_answered = answer.has_begun();
  if (!outcome.failure) outcome.failure = answer.verdict();
  outcome.is_reusable = answer.keeps_alive() && buffer.size() == 0;
  co_return outcome;
}

asio::awaitable<std::optional<Failure>> Client::attempt(const Request& request, BodySink& sink) {
  std::unique_ptr<Connection> connection = take_idle();
  Outcome outcome;
  if (connection) {
    outcome = co_await exchange(*connection, request, sink);
    // The server may have closed it while it was idle; then nothing has been done, as far as can be known. An Event is worth
    // no second try.
    const bool was_stale = outcome.failure && outcome.failure->kind == Failure::Kind::unreachable && !outcome.has_answered && request.method != "POST";
    if (was_stale) connection.reset();
  }
  if (!connection) {
    std::string problem = refresh_tls();
    if (!problem.empty()) co_return without_credentials(std::move(problem));
    connection = std::make_unique<Connection>(executor_);
    problem = co_await connection->open(access_, tls_.get());
    if (!problem.empty()) co_return Failure{Failure::Kind::unreachable, 0, std::move(problem), {}};
    outcome = co_await exchange(*connection, request, sink);
  }
  if (outcome.is_reusable) keep(std::move(connection));
  co_return outcome.failure;
}

asio::awaitable<std::optional<Failure>> Client::stream(const Request& request, BodySink& sink) {
  for (bool is_second = false;; is_second = true) {
    std::string problem = co_await credentials_.refresh();
    if (!problem.empty()) co_return without_credentials(std::move(problem));
    std::optional<Failure> failure = co_await attempt(request, sink);
    const bool is_refused = failure && failure->kind == Failure::Kind::unauthorized && failure->status == 401;
    if (is_refused) credentials_.note_refused();
    if (!is_refused || is_second) co_return failure;
  }
}

asio::awaitable<Client::Response> Client::send(const Request& request) {
  Collect sink;
  Response response;
  response.failure = co_await stream(request, sink);
  response.body = std::move(sink.body);
  co_return response;
}

}  // namespace controller::kube
