#include "proxy/upstream/pool.hpp"

#include "proxy/http1/connection.hpp"
#include "proxy/worker.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>

namespace proxy::upstream {

namespace {

// False: not a numeric address.
bool set_address(Endpoint& endpoint, const routing::Endpoint& spec) {
  if (spec.address.find(':') == std::string::npos) {
    auto* in4 = reinterpret_cast<sockaddr_in*>(&endpoint.address);
    in4->sin_family = AF_INET;
    in4->sin_port = htons(spec.port);
    endpoint.address_bytes = sizeof *in4;
    return ::inet_pton(AF_INET, spec.address.c_str(), &in4->sin_addr) == 1;
  }
  auto* in6 = reinterpret_cast<sockaddr_in6*>(&endpoint.address);
  in6->sin6_family = AF_INET6;
  in6->sin6_port = htons(spec.port);
  endpoint.address_bytes = sizeof *in6;
  return ::inet_pton(AF_INET6, spec.address.c_str(), &in6->sin6_addr) == 1;
}

std::string text_of(const routing::Endpoint& spec) {
  const bool is_v6 = spec.address.find(':') != std::string::npos;
  return (is_v6 ? "[" + spec.address + "]:" : spec.address + ":") + std::to_string(spec.port);
}

}  // namespace

Pool::~Pool() { close_idle(); }

std::unique_ptr<Group> Pool::make_group(const routing::UpstreamGroup& spec, std::uint32_t cursor) {
  auto group = std::make_unique<Group>();
  group->cursor = cursor;
  group->endpoints.reserve(spec.endpoints.size());
  for (const routing::Endpoint& wanted : spec.endpoints) {
    std::string text = text_of(wanted);
    auto& slot = endpoints_[text];
    if (!slot) {
      auto made = std::make_unique<Endpoint>();
      if (!set_address(*made, wanted)) {
        endpoints_.erase(text);
        continue;
      }
      made->text = std::move(text);
      slot = std::move(made);
    }
    ++slot->uses;
    ++slot->groups;
    group->endpoints.push_back(slot.get());
  }
  return group;
}

void Pool::release(Group& group) {
  for (Endpoint* endpoint : group.endpoints) {
    --endpoint->groups;
    if (endpoint->groups == 0) close_idle_of(*endpoint);
    end_use(*endpoint);
  }
  group.endpoints.clear();
}

void Pool::end_use(Endpoint& endpoint) {
  if (--endpoint.uses == 0) endpoints_.erase(endpoint.text);
}

http1::Connection* Pool::take(Endpoint& endpoint) noexcept {
  http1::Connection* const connection = endpoint.idle;
  if (connection) forget(*connection);
  return connection;
}

void Pool::keep(http1::Connection& connection) {
  Endpoint& endpoint = connection.endpoint_;
  const auto& limits = worker_.settings().upstream_keep_alive;
  if (endpoint.groups == 0 || limits.connections == 0) {
    connection.close();
    return;
  }
  while (idle_count_ >= limits.connections) oldest_->close();
  connection.endpoint_previous_ = nullptr;
  connection.endpoint_next_ = endpoint.idle;
  if (endpoint.idle) endpoint.idle->endpoint_previous_ = &connection;
  endpoint.idle = &connection;
  connection.newer_ = nullptr;
  connection.older_ = newest_;
  if (newest_) newest_->newer_ = &connection;
  newest_ = &connection;
  if (!oldest_) oldest_ = &connection;
  ++idle_count_;
  connection.goes_first = true;  // one that is no good must leave before a request of the same batch takes it
}

void Pool::forget(http1::Connection& connection) noexcept {
  Endpoint& endpoint = connection.endpoint_;
  if (connection.endpoint_previous_) connection.endpoint_previous_->endpoint_next_ = connection.endpoint_next_;
  else endpoint.idle = connection.endpoint_next_;
  if (connection.endpoint_next_) connection.endpoint_next_->endpoint_previous_ = connection.endpoint_previous_;
  if (connection.newer_) connection.newer_->older_ = connection.older_;
  else newest_ = connection.older_;
  if (connection.older_) connection.older_->newer_ = connection.newer_;
  else oldest_ = connection.newer_;
  connection.endpoint_next_ = connection.endpoint_previous_ = connection.newer_ = connection.older_ = nullptr;
  --idle_count_;
  connection.goes_first = false;
}

void Pool::close_idle() {
  while (newest_) newest_->close();
}

void Pool::close_idle_of(Endpoint& endpoint) {
  while (endpoint.idle) endpoint.idle->close();
}

}  // namespace proxy::upstream
