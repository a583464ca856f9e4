// The places of an Ingress that claim requests, and which of its rules and expressions would take one if it stood alone.
#pragma once

#include "controller/explain/explanation.hpp"
#include "controller/kube/objects.hpp"
#include "routing/route.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace controller::explain {

struct Claim {
  Place place;
  const kube::Ingress* ingress = nullptr;
  std::string rule_field;          // "spec.rules[0]"; "" for a default backend
  std::string host;                // lower case
  routing::PathType type = routing::PathType::prefix;
  bool is_rest = false;            // spec.defaultBackend beside rules: what no other path of their hosts takes
};

// In the order in which they are written; a default backend beside rules once for each of their hosts.
[[nodiscard]] std::vector<Claim> claims_of(const kube::Ingress& ingress);

// Both ask the tables of routing about this one name or path.
[[nodiscard]] bool takes_host(std::string_view declared_host, std::string_view host);
[[nodiscard]] bool takes_path(const Claim& claim, bool is_expression, std::string_view normalised_path);

}  // namespace controller::explain
