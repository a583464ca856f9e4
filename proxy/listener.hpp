// A bound address of one worker: SO_REUSEPORT lets every worker have its own, so accepting needs no lock. Bound at start,
// listening from the first configuration on.
#pragma once

#include "proxy/io/poller.hpp"

#include <sys/socket.h>

#include <cstdint>
#include <memory>
#include <string>

namespace proxy {

class Worker;

enum class Scheme : std::uint8_t { http, https };

// Owned by its worker.
class Listener final : public io::Pollable {
 public:
  static constexpr int backlog = 4096;
  static constexpr int accepts_per_event = 64;  // then the others get their turn

  // Binds; port 0 takes a free one (port() tells). Null with `error` set to a text for people when it cannot.
  [[nodiscard]] static std::unique_ptr<Listener> bind(const std::string& address, std::uint16_t port, Scheme scheme, std::string& error);
  // "" when nobody else has the address; a reuse of ports by chance would split the traffic with a stranger.
  [[nodiscard]] static std::string probe(const std::string& address, std::uint16_t port);
  ~Listener();

  // Does nothing when it listens already. False with errno when the system refuses.
  [[nodiscard]] bool listen(Worker& worker);
  // Accepts what has arrived already, then closes: what the kernel has completed is not thrown away.
  void close();
  void on_events(std::uint32_t epoll_events) override;
  // Stopped with more to accept: go on after the batch.
  [[nodiscard]] bool has_more() const noexcept { return has_more_; }
  // Stopped for want of room, descriptors or memory: go on after a tick.
  [[nodiscard]] bool is_starved() const noexcept { return starved_; }
  void accept_some();

  [[nodiscard]] Scheme scheme() const noexcept { return scheme_; }
  [[nodiscard]] std::uint16_t port() const noexcept { return port_; }

 private:
  Listener(int fd, std::uint16_t port, Scheme scheme) : fd_(fd), port_(port), scheme_(scheme) {}
  [[nodiscard]] bool accept_one();

  int fd_;
  std::uint16_t port_;
  Scheme scheme_;
  bool is_listening_ = false, has_more_ = false, starved_ = false;
  Worker* worker_ = nullptr;
};

}  // namespace proxy
