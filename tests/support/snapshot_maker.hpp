// Snapshots without Kubernetes objects: hosts and endpoints for tests of the data plane.
#pragma once

#include "routing/snapshot.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace test {

// make_snapshot().host("a.test", {port}).host("b.test", {p1, p2}, [](auto& policies) { policies.retry.tries = 1; }).build()
class SnapshotMaker {
 public:
  using EditPolicies = std::function<void(routing::Policies&)>;
  using EditSettings = std::function<void(routing::Settings&)>;

  SnapshotMaker();
  // Everything of the host goes to the loopback ports; no port: no endpoint.
  SnapshotMaker& host(std::string name, std::vector<std::uint16_t> ports, EditPolicies edit = {});
  // Self-signed, its common name as given; without any, all hosts get the fallback.
  SnapshotMaker& certificate(const std::string& host, const std::string& common_name);
  SnapshotMaker& settings(EditSettings edit);
  [[nodiscard]] std::shared_ptr<const routing::Snapshot> build();

 private:
  std::shared_ptr<routing::RouteTable> routes_;
  std::shared_ptr<routing::UpstreamTable> upstreams_;
  std::shared_ptr<routing::Settings> settings_;
  std::shared_ptr<routing::CertificateTable> certificates_;
};

[[nodiscard]] inline SnapshotMaker make_snapshot() { return {}; }

}  // namespace test
