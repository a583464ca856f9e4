// A worker's endpoints and the idle connections to them: last used first, bounded over all of them, each closed by its peer
// or by time. A pooled connection stays in the epoll set, so its end is seen at once.
#pragma once

#include "proxy/upstream/endpoint.hpp"
#include "proxy/upstream/group.hpp"
#include "routing/upstream_group.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>

namespace proxy {
class Worker;
}

namespace proxy::upstream {

// Owned by one worker; all members on its thread.
class Pool {
 public:
  explicit Pool(Worker& worker) : worker_(worker) {}
  ~Pool();

  // A group with its endpoints, found or made. release() gives them back.
  [[nodiscard]] std::unique_ptr<Group> make_group(const routing::UpstreamGroup& spec, std::uint32_t cursor);
  void release(Group& group);

  // An idle connection of the endpoint, taken out; null: connect.
  [[nodiscard]] http1::Connection* take(Endpoint& endpoint) noexcept;
  // Keeps the connection for later, or closes it when its endpoint is retired. The oldest makes room when too many are idle.
  void keep(http1::Connection& connection);
  void forget(http1::Connection& connection) noexcept;  // takes an idle one out
  void end_use(Endpoint& endpoint);                     // a connection is gone
  void close_idle();                                    // all of them, when the worker drains

  [[nodiscard]] std::size_t idle_count() const noexcept { return idle_count_; }

 private:
  void close_idle_of(Endpoint& endpoint);

  Worker& worker_;
  std::unordered_map<std::string, std::unique_ptr<Endpoint>> endpoints_;
  std::size_t idle_count_ = 0;
  http1::Connection* newest_ = nullptr;  // of all endpoints, by the time they became idle
  http1::Connection* oldest_ = nullptr;
};

}  // namespace proxy::upstream
