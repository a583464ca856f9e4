#include "controller/explain/places.hpp"

#include "controller/annotations/values.hpp"
#include "routing/host_index.hpp"
#include "routing/path_index.hpp"
#include "routing/regex.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace controller::explain {
namespace {

std::string_view to_text(kube::PathType type) {
  switch (type) {
    case kube::PathType::exact: return "Exact";
    case kube::PathType::prefix: return "Prefix";
    case kube::PathType::implementation_specific: break;
  }
  return "ImplementationSpecific";
}

Claim claim_of(const kube::Ingress& ingress, std::string field, const std::string& host, const kube::Backend& backend) {
  Claim claim;
  claim.ingress = &ingress;
  claim.host = annotations::to_lower(host);
  Place& place = claim.place;
  place.ingress_namespace = ingress.metadata.object_namespace;
  place.ingress_name = ingress.metadata.name;
  place.created_at = ingress.metadata.created_at;
  place.field = std::move(field);
  place.host = host;
  place.path = "/";
  if (backend.is_resource) return claim;
  place.service = backend.service;
  place.port = backend.port_name.empty() ? std::to_string(backend.port_number) : backend.port_name;
  return claim;
}

void add_rests(const kube::Ingress& ingress, std::vector<Claim>& claims) {
  std::vector<std::string> hosts;
  for (const kube::IngressRule& rule : ingress.rules) {
    const std::string host = annotations::to_lower(rule.host);
    if (host.empty() || std::find(hosts.begin(), hosts.end(), host) != hosts.end()) continue;
    hosts.push_back(host);
    claims.push_back(claim_of(ingress, "spec.defaultBackend", rule.host, ingress.default_backend));
    claims.back().is_rest = true;
  }
}

}  // namespace

std::vector<Claim> claims_of(const kube::Ingress& ingress) {
  std::vector<Claim> claims;
  for (const kube::IngressRule& rule : ingress.rules) {
    for (const kube::IngressPath& path : rule.paths) {
      Claim claim = claim_of(ingress, fmt::format("spec.rules[{}].http.paths[{}]", rule.index, path.index), rule.host, path.backend);
      claim.rule_field = fmt::format("spec.rules[{}]", rule.index);
      claim.type = path.type == kube::PathType::exact ? routing::PathType::exact : routing::PathType::prefix;
      claim.place.path_type = to_text(path.type);
      if (!path.path.empty()) claim.place.path = path.path;
      claims.push_back(std::move(claim));
    }
  }
  if (!ingress.has_default_backend) return claims;
  if (ingress.rules.empty()) claims.push_back(claim_of(ingress, "spec.defaultBackend", "", ingress.default_backend));
  else add_rests(ingress, claims);
  return claims;
}

bool takes_host(std::string_view declared_host, std::string_view host) {
  routing::HostIndex alone;
  return alone.insert(declared_host, 0) && alone.find(host) != routing::HostIndex::none;
}

bool takes_path(const Claim& claim, bool is_expression, std::string_view normalised_path) {
  routing::PathIndex alone;
  if (is_expression) {
    auto compiled = routing::compile_path(claim.place.path);
    if (!compiled.regex) return false;
    alone.insert_regex(claim.place.path, std::move(compiled.regex), 0);
  } else if (!claim.place.path.starts_with('/') || !alone.insert(claim.place.path, claim.type, 0)) {
    return false;
  }
  alone.freeze();
  return alone.find(normalised_path).kind != routing::PathMatchKind::none;
}

}  // namespace controller::explain
