// Manifests that tests write by themselves.
#pragma once

#include <cstdint>
#include <string>

namespace e2e {

// A Service `name` whose only endpoint is 127.0.0.1:port.
[[nodiscard]] std::string service_at(const std::string& name, std::uint16_t port);
// An Ingress, named as the host, that sends everything of the host to the Service; `annotations` as lines of YAML flow, e.g. "a: b, c: d".
[[nodiscard]] std::string ingress_for(const std::string& host, const std::string& service, const std::string& annotations = "");

}  // namespace e2e
