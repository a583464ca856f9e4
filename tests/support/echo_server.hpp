// A backend that tells what it was asked: tests see in its answer what the proxy made of their request.
// Not a scripted backend: it cannot misbehave.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

namespace support {

// Answers every method and path with 200 and a JSON object: server, method, target (path and query as received), headers
// (names in lower case, several values of a name joined by ", "), body_bytes. A request header X-Echo-Status: NNN sets
// another status. Serves on threads of its own from construction to destruction.
class EchoServer {
 public:
  static constexpr std::size_t max_connections = 64;             // one thread each, as cpp-httplib works
  static constexpr std::size_t max_body_bytes = 64 * 1024 * 1024;

  // `port` 0 takes a free one. is_listening() is false when the address could not be had.
  explicit EchoServer(std::string name, std::uint16_t port = 0, const std::string& address = "127.0.0.1");
  ~EchoServer();
  EchoServer(const EchoServer&) = delete;
  EchoServer& operator=(const EchoServer&) = delete;

  [[nodiscard]] bool is_listening() const noexcept { return port_ != 0; }
  [[nodiscard]] std::uint16_t port() const noexcept { return port_; }

 private:
  struct State;
  std::unique_ptr<State> state_;
  std::uint16_t port_ = 0;
};

}  // namespace support
