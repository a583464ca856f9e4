// bench-load: an HTTP/1.1 client for benchmarks, one thread on an edge-triggered epoll set. load_options.cpp says what it
// can do; it prints one line of JSON.
//
// A connection goes  connecting -> (handshaking) -> waiting -> sending -> receiving -> waiting ...  and is dialled again
// when it ends.
#include "bench/tools/latencies.hpp"
#include "bench/tools/load_options.hpp"
#include "bench/tools/response_reader.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <deque>
#include <memory>
#include <string>
#include <vector>

namespace load {
namespace {

struct FreeSsl {
  void operator()(SSL* p) const { SSL_free(p); }
  void operator()(SSL_CTX* p) const { SSL_CTX_free(p); }
  void operator()(SSL_SESSION* p) const { SSL_SESSION_free(p); }
};

constexpr std::size_t max_due = 1 << 20;           // requests that wait for a connection with --rate
constexpr std::uint64_t max_io_errors = 100'000;   // a dead proxy: stop dialling
constexpr unsigned max_dials_in_flight_idle = 16;  // with --idle: idle memory is measured, not a burst

std::uint64_t now() {
  timespec time{};
  clock_gettime(CLOCK_MONOTONIC, &time);
  return static_cast<std::uint64_t>(time.tv_sec) * 1'000'000'000 + static_cast<std::uint64_t>(time.tv_nsec);
}

std::unique_ptr<SSL_SESSION, FreeSsl> last_session;  // OpenSSL's callback has no place for a pointer of ours

int keep_session(SSL*, SSL_SESSION* session) {
  last_session.reset(session);
  return 1;
}

std::unique_ptr<SSL_CTX, FreeSsl> make_tls_context(bool resume) {
  std::unique_ptr<SSL_CTX, FreeSsl> context(SSL_CTX_new(TLS_client_method()));
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_NONE, nullptr);  // what it costs the client is not the question
  SSL_CTX_set_mode(context.get(), SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set1_groups_list(context.get(), "X25519:P-256");
  SSL_CTX_set_ciphersuites(context.get(), "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384");
  if (resume) {
    SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(context.get(), keep_session);
  }
  return context;
}

std::string with_number(std::string text, unsigned n) {
  if (const auto at = text.find("%d"); at != text.npos) text.replace(at, 2, std::to_string(n));
  return text;
}

std::vector<std::string> make_requests(const Options& options) {
  constexpr unsigned stride = 7919;  // a prime: neighbours in time are no neighbours in the proxy's tables
  const unsigned count = std::max(1U, options.hosts);
  std::vector<std::string> requests;
  for (unsigned i = 0; i < count; ++i) {
    auto request = (options.body_bytes > 0 ? "POST " : "GET ") + options.path + " HTTP/1.1\r\nHost: " +
                   (options.hosts > 0 ? with_number(options.host, i * stride % count) : options.host) +
                   "\r\nUser-Agent: bench/1.0\r\nAccept: */*\r\nAccept-Encoding: gzip, deflate\r\n";
    if (options.body_bytes > 0) {
      request += "Content-Type: application/octet-stream\r\nContent-Length: " + std::to_string(options.body_bytes) + "\r\n";
    }
    requests.push_back(request + "\r\n" + std::string(options.body_bytes, 'p'));
  }
  return requests;
}

enum class Phase { closed, connecting, handshaking, waiting, sending, receiving };

struct Connection {
  int fd = -1;
  Phase phase = Phase::closed;
  std::unique_ptr<SSL, FreeSsl> ssl;
  const std::string* request = nullptr;
  std::size_t sent = 0;
  std::uint64_t began = 0;  // of the request; of the dial with --new
  ResponseReader reader;
};

class Load {
 public:
  explicit Load(const Options& options)
      : options_(options), requests_(make_requests(options)), connections_(options.connections), epoll_(epoll_create1(EPOLL_CLOEXEC)) {
    if (options.tls) tls_ = make_tls_context(options.resume);
  }

  void run() {
    began_ = now();
    const auto end = began_ + static_cast<std::uint64_t>(options_.seconds * 1e9);
    next_due_ = began_ + 20'000'000;
    for (auto time = began_; time < end && !is_stopping_; time = now()) {
      open_connections();
      if (options_.rate > 0) start_due_requests(time);
      wait(time, end);
      say_ready_once();
    }
    ended_ = now();
  }

  void print_result() const {
    const double seconds = static_cast<double>(ended_ - began_) / 1e9;
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    const double cpu_us = static_cast<double>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e6 +
                          static_cast<double>(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
    std::printf("{\"ok\":%llu,\"bad\":%llu,\"io_errors\":%llu,\"seconds\":%.4f,\"rps\":%.1f,\"p50_us\":%.1f,\"p99_us\":%.1f,"
                "\"p999_us\":%.1f,\"max_us\":%.1f,\"bytes\":%llu,\"handshakes\":%llu,\"resumed\":%llu,\"client_cpu_us\":%.2f}\n",
                count(ok_), count(bad_), count(io_errors_), seconds, static_cast<double>(ok_) / seconds,
                latencies_.percentile(.5), latencies_.percentile(.99), latencies_.percentile(.999), latencies_.percentile(1),
                count(bytes_), count(handshakes_), count(resumed_), ok_ > 0 ? cpu_us / static_cast<double>(ok_) : 0.0);
  }

 private:
  static unsigned long long count(std::uint64_t n) { return n; }
  [[nodiscard]] std::uint64_t answered() const { return ok_ + bad_ + io_errors_; }

  void open_connections() {
    while (opened_ < connections_.size() && (!options_.idle || opened_ - answered() < max_dials_in_flight_idle)) {
      dial(connections_[opened_++]);
    }
  }

  void start_due_requests(std::uint64_t time) {
    for (const auto step = static_cast<std::uint64_t>(1e9 / options_.rate); next_due_ <= time; next_due_ += step) {
      if (!free_.empty()) {
        auto& connection = *free_.back();
        free_.pop_back();
        start(connection, next_due_);
      } else if (due_.size() < max_due) {
        due_.push_back(next_due_);
      }
    }
  }

  void wait(std::uint64_t time, std::uint64_t end) {
    const auto until = options_.rate > 0 ? std::min(end, next_due_) : end;
    const auto left = until > time ? until - time : 0;
    const timespec timeout{static_cast<time_t>(left / 1'000'000'000), static_cast<long>(left % 1'000'000'000)};
    std::array<epoll_event, 256> events;
    const int count = epoll_pwait2(epoll_, events.data(), events.size(), &timeout, nullptr);
    for (int i = 0; i < count && !is_stopping_; ++i) {
      auto& connection = *static_cast<Connection*>(events[i].data.ptr);
      const bool is_only_writable = (events[i].events & ~std::uint32_t{EPOLLOUT}) == 0;
      const bool awaits_bytes = connection.phase == Phase::receiving || connection.phase == Phase::waiting;
      if (connection.phase != Phase::closed && !(is_only_writable && awaits_bytes)) advance(connection);
    }
  }

  void say_ready_once() {
    if (!options_.idle || has_said_ready_ || answered() < connections_.size()) return;
    has_said_ready_ = true;
    std::printf("ready %llu\n", count(ok_));
    std::fflush(stdout);
  }

  void dial(Connection& connection) {
    connection.fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    const int on = 1;
    setsockopt(connection.fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(options_.port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connection.phase = Phase::connecting;
    connection.began = now();
    if (connect(connection.fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 && errno != EINPROGRESS) {
      std::perror("bench-load: connect");
      std::exit(2);
    }
    epoll_event event{.events = EPOLLIN | EPOLLOUT | EPOLLET | EPOLLRDHUP, .data = {.ptr = &connection}};
    epoll_ctl(epoll_, EPOLL_CTL_ADD, connection.fd, &event);
    if (tls_) start_tls(connection);
  }

  void start_tls(Connection& connection) {
    connection.ssl.reset(SSL_new(tls_.get()));
    SSL_set_fd(connection.ssl.get(), connection.fd);
    auto name = with_number(options_.host, 0);
    SSL_ctrl(connection.ssl.get(), SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, name.data());  // the macro is C
    if (options_.resume && last_session) SSL_set_session(connection.ssl.get(), last_session.get());
    SSL_set_connect_state(connection.ssl.get());
  }

  void hang_up(Connection& connection) {
    if (connection.ssl) SSL_set_quiet_shutdown(connection.ssl.get(), 1), SSL_shutdown(connection.ssl.get());
    connection.ssl.reset();
    const linger at_once{1, 0};  // no TIME_WAIT on this side, so ports never run out
    setsockopt(connection.fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    close(connection.fd);
    connection.fd = -1;
    connection.phase = Phase::closed;
  }

  void fail(Connection& connection) {
    ++io_errors_;
    hang_up(connection);
    if (io_errors_ < max_io_errors) dial(connection);
    else is_stopping_ = true;
  }

  void advance(Connection& connection) {
    if (connection.phase == Phase::connecting && !finish_connect(connection)) return;
    if (connection.phase == Phase::handshaking && !finish_handshake(connection)) return;
    if (connection.phase == Phase::sending) return send_request(connection);
    if (connection.phase == Phase::receiving) return receive(connection);
    if (connection.phase == Phase::waiting) watch_waiting(connection);
  }

  bool finish_connect(Connection& connection) {
    int error = 0;
    socklen_t length = sizeof error;
    getsockopt(connection.fd, SOL_SOCKET, SO_ERROR, &error, &length);
    if (error != 0) return fail(connection), false;
    if (tls_) return connection.phase = Phase::handshaking, true;
    on_connected(connection);
    return false;
  }

  bool finish_handshake(Connection& connection) {
    const int result = SSL_do_handshake(connection.ssl.get());
    if (result != 1) {
      const int error = SSL_get_error(connection.ssl.get(), result);
      ERR_clear_error();
      if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE) fail(connection);
      return false;
    }
    ++handshakes_;
    if (SSL_session_reused(connection.ssl.get()) != 0) ++resumed_;
    on_connected(connection);
    return false;
  }

  void on_connected(Connection& connection) {
    if (options_.connection_per_request && options_.rate == 0) return start(connection, connection.began);
    if (options_.idle) return start(connection, now());
    next(connection);
  }

  void next(Connection& connection) {
    connection.phase = Phase::waiting;
    if (options_.idle) return;
    if (options_.rate == 0) return start(connection, now());
    if (due_.empty()) return free_.push_back(&connection);
    const auto due = due_.front();
    due_.pop_front();
    start(connection, due);
  }

  void start(Connection& connection, std::uint64_t began) {
    if (started_ >= options_.requests) {
      if (answered() >= options_.requests) is_stopping_ = true;
      return;
    }
    connection.request = &requests_[started_++ % requests_.size()];
    connection.began = began;
    connection.sent = 0;
    connection.reader.reset();
    connection.phase = Phase::sending;
    send_request(connection);
  }

  void send_request(Connection& connection) {
    const auto& request = *connection.request;
    while (connection.sent < request.size()) {
      const auto sent = write(connection, request.data() + connection.sent, request.size() - connection.sent);
      if (sent < 0 && errno == EAGAIN) return;
      if (sent < 0) return fail(connection);
      connection.sent += static_cast<std::size_t>(sent);
    }
    connection.phase = Phase::receiving;  // the answer cannot be here yet
  }

  void receive(Connection& connection) {
    for (;;) {
      const auto got = read(connection, scratch_.data(), scratch_.size());
      if (got < 0 && errno == EAGAIN) return;
      if (got <= 0) return fail(connection);
      bytes_ += static_cast<std::uint64_t>(got);
      const auto state = connection.reader.take({scratch_.data(), static_cast<std::size_t>(got)});
      if (state == ResponseReader::State::broken) return fail(connection);
      if (state == ResponseReader::State::complete) return finish(connection);
      if (!tls_ && static_cast<std::size_t>(got) < scratch_.size()) return;
    }
  }

  void finish(Connection& connection) {
    ++(connection.reader.is_ok() ? ok_ : bad_);
    latencies_.add(now() - connection.began);
    if (answered() >= options_.requests) is_stopping_ = true;
    if (is_stopping_) return;
    if (!options_.connection_per_request && !connection.reader.will_close()) return next(connection);
    hang_up(connection);
    dial(connection);
  }

  // Bytes or the end of a connection that waits: it is closed, and another takes its place.
  void watch_waiting(Connection& connection) {
    const auto got = read(connection, scratch_.data(), scratch_.size());
    if (got > 0 || (got < 0 && errno == EAGAIN)) return;
    std::erase(free_, &connection);
    hang_up(connection);
    if (!options_.idle) dial(connection);
  }

  static ssize_t read(Connection& connection, char* to, std::size_t size) {
    if (!connection.ssl) return recv(connection.fd, to, size, 0);
    return tls_result(connection, SSL_read(connection.ssl.get(), to, static_cast<int>(size)));
  }

  static ssize_t write(Connection& connection, const char* from, std::size_t size) {
    if (!connection.ssl) return send(connection.fd, from, size, MSG_NOSIGNAL);
    return tls_result(connection, SSL_write(connection.ssl.get(), from, static_cast<int>(size)));
  }

  // OpenSSL's result in the way of recv() and send().
  static ssize_t tls_result(Connection& connection, int result) {
    if (result > 0) return result;
    const int error = SSL_get_error(connection.ssl.get(), result);
    ERR_clear_error();
    if (error == SSL_ERROR_ZERO_RETURN) return 0;
    errno = error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE ? EAGAIN : ECONNRESET;
    return -1;
  }

  const Options options_;
  const std::vector<std::string> requests_;
  std::unique_ptr<SSL_CTX, FreeSsl> tls_;
  std::vector<Connection> connections_;
  std::size_t opened_ = 0;
  int epoll_;
  std::vector<Connection*> free_;   // with --rate: connections without a request
  std::deque<std::uint64_t> due_;   // with --rate: requests without a connection
  std::uint64_t next_due_ = 0, began_ = 0, ended_ = 0;
  std::uint64_t started_ = 0, ok_ = 0, bad_ = 0, io_errors_ = 0, bytes_ = 0, handshakes_ = 0, resumed_ = 0;
  Latencies latencies_;
  bool is_stopping_ = false, has_said_ready_ = false;
  std::string scratch_ = std::string(256 * 1024, '\0');
};

}  // namespace
}  // namespace load

int main(int argc, char** argv) {
  const auto options = load::parse_options(argc, argv);
  std::signal(SIGPIPE, SIG_IGN);
  rlimit files{};
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
  load::Load load(options);
  load.run();
  load.print_result();
}
