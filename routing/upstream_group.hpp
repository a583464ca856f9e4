// The addresses behind one Service port.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace routing {

struct Endpoint {
  std::string address;  // numeric IPv4 or IPv6, without brackets
  std::uint16_t port = 0;

  friend auto operator<=>(const Endpoint&, const Endpoint&) = default;
};

// Immutable once in a table; a group that did not change is the same object in the next table.
struct UpstreamGroup {
  std::string name;             // "<namespace>-<service>-<port>", as ingress-nginx logs it; dashes in names may make two of them equal
  std::string service_namespace, service, port;
  std::vector<Endpoint> endpoints;  // sorted, unique; empty: 503
  // Why there is none, for the log line of the 503 ("Service shop/web does not exist"); empty otherwise.
  std::string empty_reason;
  std::uint64_t content_hash = 0;

  friend bool operator==(const UpstreamGroup&, const UpstreamGroup&) = default;
};

// Index = position; Forward::upstream refers to it. A group keeps its place while some route refers to it, so routes and endpoints
// change without each other.
struct UpstreamTable {
  std::vector<std::shared_ptr<const UpstreamGroup>> groups;  // null: a place that no route refers to
  std::uint64_t content_hash = 0;
};

}  // namespace routing
