// One configuration, whole and immutable. The controller makes it, the workers serve it, nothing else passes between them.
#pragma once

#include "routing/certificate_table.hpp"
#include "routing/route_table.hpp"
#include "routing/settings.hpp"
#include "routing/upstream_group.hpp"

#include <cstdint>
#include <memory>
#include <string>

namespace routing {

// The tables are shared with earlier snapshots where they did not change. None is null.
struct Snapshot {
  std::shared_ptr<const RouteTable> routes;
  std::shared_ptr<const UpstreamTable> upstreams;
  std::shared_ptr<const CertificateTable> certificates;
  std::shared_ptr<const Settings> settings;
  std::uint64_t version = 0;  // of the content: equal objects give an equal version, in any process
};

// For /debug/snapshot: everything but private keys and ticket keys; stable order.
[[nodiscard]] std::string to_json(const Snapshot&);

}  // namespace routing
