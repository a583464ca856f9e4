// Blocking sockets on loopback for tests, with a deadline on everything: a test that waits in vain fails, it does not hang.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace test {

// A stream of bytes read to where a test wants it.
class Reader {
 public:
  // Up to and with `end`; what came until the peer closed, if it never comes.
  std::string read_until(std::string_view end);
  [[nodiscard]] std::string read_exactly(std::size_t count);
  // One response with a Content-Length or chunked body; `head_only` for HEAD and 1xx/204/304.
  std::string read_response(bool head_only = false);

 protected:
  Reader() = default;
  Reader(Reader&&) = default;
  Reader& operator=(Reader&&) = default;
  virtual ~Reader() = default;
  // Waits for more and appends it to buffer_; false at the end.
  virtual bool fill() = 0;

  std::string buffer_;
};

class Socket final : public Reader {
 public:
  static constexpr int deadline_milliseconds = 10'000;

  explicit Socket(int fd = -1) : fd_(fd) {}
  ~Socket() override { close(); }
  Socket(Socket&& other) noexcept : Reader(std::move(other)), fd_(other.fd_) { other.fd_ = -1; }
  Socket& operator=(Socket&& other) noexcept;

  [[nodiscard]] static Socket connect(std::uint16_t port);
  [[nodiscard]] bool is_open() const noexcept { return fd_ >= 0; }
  [[nodiscard]] int fd() const noexcept { return fd_; }
  // False when the peer is gone.
  bool send(std::string_view bytes);
  void shut_down_write();
  void reset();  // RST
  void close();

  [[nodiscard]] std::string read_to_end();
  // True when the peer closes within the deadline without sending more.
  [[nodiscard]] bool is_closed_by_peer();

 private:
  bool fill() override;

  int fd_;
};

// Listens on a free loopback port.
class Acceptor {
 public:
  Acceptor();
  ~Acceptor();
  Acceptor(const Acceptor&) = delete;
  Acceptor& operator=(const Acceptor&) = delete;

  [[nodiscard]] std::uint16_t port() const noexcept { return port_; }
  [[nodiscard]] Socket accept();  // not open when closed or the deadline has passed
  void close();

 private:
  int fd_;
  std::uint16_t port_;
};

// A loopback port on which nobody listens.
[[nodiscard]] std::uint16_t unused_port();

}  // namespace test
