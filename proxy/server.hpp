// The data plane as a whole: workers with their listeners. Start it, publish snapshots to it, drain it.
// It knows nothing of Kubernetes. Read next: worker.hpp.
#pragma once

#include "proxy/telemetry/counters.hpp"
#include "proxy/telemetry/log.hpp"
#include "proxy/telemetry/worker_report.hpp"
#include "routing/snapshot.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace proxy {

struct ServerOptions {
  std::vector<std::string> bind_addresses;  // numeric; empty: all, IPv4 and IPv6
  std::uint16_t http_port = 80;    // 0: a free one
  std::uint16_t https_port = 443;
  unsigned workers = 1;
};

class Worker;

// Owned by the main thread; its workers run their own threads. Every member may be called from any thread.
class Server {
 public:
  Server(ServerOptions options, telemetry::Log& log);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // Binds every listener, then starts the workers. "" or what could not be bound and why.
  [[nodiscard]] std::string start();
  // The ports in use, after start().
  [[nodiscard]] std::uint16_t http_port() const noexcept;
  [[nodiscard]] std::uint16_t https_port() const noexcept;
  // Hands the snapshot to every worker; the first makes the listeners accept.
  void publish(std::shared_ptr<const routing::Snapshot> snapshot);
  // Called now and then (a minute apart is enough): makes a new ticket key when the current one has served its time.
  void rotate_ticket_keys();
  // The last published one; null before the first.
  [[nodiscard]] std::shared_ptr<const routing::Snapshot> snapshot() const;
  // How many workers serve a snapshot, and whether all do.
  [[nodiscard]] unsigned serving_workers() const noexcept;
  [[nodiscard]] bool is_serving() const noexcept;
  // Whether every worker serves new requests by the snapshot of that version.
  [[nodiscard]] bool is_in_force(std::uint64_t version) const noexcept;
  // Stops accepting, lets running exchanges and tunnels finish, returns when all are gone or `limit` has passed (then the
  // rest is cut). Blocks the caller. True when nothing had to be cut.
  bool drain(std::chrono::milliseconds limit);
  // Sum over workers, taken from each without stopping it.
  [[nodiscard]] telemetry::Counters counters() const;
  // What each worker has counted by route. Blocks the caller, not the workers, and for `limit` at most; empty when one of
  // them does not answer: a sum without it would look as if the process had started anew.
  [[nodiscard]] std::vector<telemetry::WorkerReport> reports(std::chrono::milliseconds limit) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace proxy
