// bench-backend PORT: an HTTP/1.1 server for benchmarks, one thread, answers prepared beforehand.
// /bN answers 200 with N bytes (N may end in k or m), any other path 128 bytes. Bodies with Content-Length are read and
// dropped; the answer to one has 128 bytes. It knows no chunked coding: no peer here sends it upstream.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>

namespace {

constexpr std::size_t max_head_bytes = 16 * 1024;
constexpr std::size_t max_answer_bytes = 16 * 1024 * 1024;
constexpr std::size_t small_answer_bytes = 128;
constexpr std::string_view end_of_head = "\r\n\r\n";

// Whole answers by body size, head included; never freed, so views into them stay valid.
std::string_view answer_of(std::size_t body_bytes) {
  static std::map<std::size_t, std::string> answers;
  auto& answer = answers[body_bytes];
  if (answer.empty()) {
    answer = "HTTP/1.1 200 OK\r\nServer: bench\r\nDate: Mon, 23 Nov 2026 00:00:00 GMT\r\nContent-Type: text/plain\r\n"
             "Content-Length: " + std::to_string(body_bytes) + "\r\nCache-Control: no-cache\r\n\r\n";
    answer.append(body_bytes, 'x');
  }
  return answer;
}

// The value of a header of a head; "" when it is not there. `name` with its colon.
std::string_view header(std::string_view head, std::string_view name) {
  for (auto line = head.find('\n'); line != head.npos; line = head.find('\n', line + 1)) {
    auto rest = head.substr(line + 1);
    if (rest.size() < name.size() || strncasecmp(rest.data(), name.data(), name.size()) != 0) continue;
    rest.remove_prefix(name.size());
    rest = rest.substr(0, rest.find('\r'));
    return rest.substr(std::min(rest.find_first_not_of(' '), rest.size()));
  }
  return {};
}

std::uint64_t number(std::string_view text) {
  std::uint64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

std::size_t wanted_bytes(std::string_view head) {
  const auto path = head.find(" /b");
  if (path == head.npos) return small_answer_bytes;
  const auto text = head.substr(path + 3);
  const auto unit = text.find_first_not_of("0123456789");
  if (unit == 0) return small_answer_bytes;
  std::size_t bytes = number(text);
  if (text[unit] == 'k') bytes <<= 10;
  if (text[unit] == 'm') bytes <<= 20;
  return std::min(bytes, max_answer_bytes);
}

struct Connection {
  std::string held;             // start of a head whose end has not come
  std::uint64_t body_left = 0;  // bytes of a request body still to drop
  std::string_view unsent;
  bool closes = false;
};

class Backend {
 public:
  explicit Backend(int listener) : listener_(listener), epoll_(epoll_create1(EPOLL_CLOEXEC)) {
    epoll_event event{.events = EPOLLIN, .data = {.fd = listener}};
    epoll_ctl(epoll_, EPOLL_CTL_ADD, listener, &event);
  }

  [[noreturn]] void run() {
    std::array<epoll_event, 256> events;
    for (;;) {
      const int count = epoll_wait(epoll_, events.data(), events.size(), -1);
      for (int i = 0; i < count; ++i) {
        if (events[i].data.fd == listener_) accept_all();
        else if (!serve(events[i].data.fd, events[i].events)) drop(events[i].data.fd);
      }
    }
  }

 private:
  void accept_all() {
    for (int fd; (fd = accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0;) {
      connections_[fd] = {};
      epoll_event event{.events = EPOLLIN | EPOLLOUT | EPOLLET | EPOLLRDHUP, .data = {.fd = fd}};
      epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event);
    }
  }

  void drop(int fd) {
    connections_.erase(fd);
    close(fd);
  }

  // False when the connection is over.
  bool serve(int fd, std::uint32_t events) {
    auto& connection = connections_[fd];
    if ((events & EPOLLOUT) != 0 && !flush(fd, connection)) return false;
    if ((events & ~std::uint32_t{EPOLLOUT}) == 0) return true;
    for (;;) {
      const auto got = recv(fd, scratch_.data(), scratch_.size(), 0);
      if (got < 0) return errno == EAGAIN;
      if (got == 0) return false;
      if (!take(fd, connection, {scratch_.data(), static_cast<std::size_t>(got)})) return false;
      const bool is_drained = static_cast<std::size_t>(got) < scratch_.size() && (events & (EPOLLRDHUP | EPOLLHUP)) == 0;
      if (is_drained) return true;
    }
  }

  bool take(int fd, Connection& connection, std::string_view bytes) {
    while (!bytes.empty()) {
      if (connection.body_left > 0) {
        const auto dropped = std::min<std::uint64_t>(connection.body_left, bytes.size());
        connection.body_left -= dropped;
        bytes.remove_prefix(dropped);
        if (connection.body_left == 0 && !answer(fd, connection, small_answer_bytes)) return false;
        continue;
      }
      if (!connection.held.empty()) {
        connection.held += bytes;
        const auto whole = std::move(connection.held);
        connection.held.clear();
        return take(fd, connection, whole);
      }
      const auto end = bytes.find(end_of_head);
      if (end == bytes.npos) {
        connection.held = bytes;
        return connection.held.size() <= max_head_bytes;
      }
      const auto head = bytes.substr(0, end + end_of_head.size());
      bytes.remove_prefix(head.size());
      connection.closes = header(head, "connection:").starts_with("close");
      connection.body_left = number(header(head, "content-length:"));
      if (connection.body_left == 0 && !answer(fd, connection, wanted_bytes(head))) return false;
    }
    return true;
  }

  // A proxy waits for an answer before it sends the next request on the connection, so there is one at a time.
  bool answer(int fd, Connection& connection, std::size_t body_bytes) {
    if (!connection.unsent.empty()) return false;
    connection.unsent = answer_of(body_bytes);
    return flush(fd, connection);
  }

  bool flush(int fd, Connection& connection) {
    while (!connection.unsent.empty()) {
      const auto sent = send(fd, connection.unsent.data(), connection.unsent.size(), MSG_NOSIGNAL);
      if (sent < 0) return errno == EAGAIN;
      connection.unsent.remove_prefix(static_cast<std::size_t>(sent));
    }
    return !connection.closes;
  }

  int listener_, epoll_;
  std::unordered_map<int, Connection> connections_;
  std::string scratch_ = std::string(256 * 1024, '\0');
};

int listen_on(std::uint16_t port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), on = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const bool ok = bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0 && listen(fd, 4096) == 0;
  return ok ? fd : -1;
}

}  // namespace

int main(int argc, char** argv) {
  const auto port = argc == 2 ? static_cast<std::uint16_t>(number(argv[1])) : std::uint16_t{0};
  if (port == 0) {
    std::fprintf(stderr, "usage: bench-backend PORT\n");
    return 2;
  }
  rlimit files{};
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
  std::signal(SIGPIPE, SIG_IGN);
  const int listener = listen_on(port);
  if (listener < 0) {
    std::perror("bench-backend: listen");
    return 1;
  }
  Backend(listener).run();
}
