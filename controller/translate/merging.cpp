// Claims on a host to its locations: who is first to claim a path keeps it.
#include "controller/translate/names.hpp"
#include "controller/translate/selection.hpp"
#include "controller/translate/translator.hpp"

#include <fmt/format.h>

#include <utility>

namespace controller::translate {

using routing::Severity;

namespace {

std::string_view why_first(const kube::Ingress& owner, const kube::Ingress& claimant, const Store& store) {
  if (is_leaving(claimant.metadata, store) && !is_leaving(owner.metadata, store)) return "which stays while this one is being deleted";
  return owner.metadata.created_at == claimant.metadata.created_at ? "of the same age but with the greater name" : "which is older";
}

}  // namespace

void Translator::place(HostBuilder& host, Location location) {
  const PlannedIngress* const claimant = location.owner;
  const std::string field = location.field(), path = location.path;
  const PlannedIngress* owner = nullptr;
  if (host.claim(std::move(location), &owner)) return;
  const auto& other = owner->ingress->metadata;
  if (owner == claimant)
    tell(*claimant->ingress, field, fmt::format("path {} of host \"{}\" stands twice in this Ingress: the first is used", path, host.name), Severity::changed);
  else
    tell(*claimant->ingress, field, fmt::format("path {} of host \"{}\" belongs to Ingress {}/{}, {}: not served from here", path, host.name, other.object_namespace,
                                                other.name, why_first(*owner->ingress, *claimant->ingress, store_)),
         Severity::changed);
}

// A path that cannot be taken is dropped, but where its Ingress guards access what it may have meant is closed: else it would
// fall to a shorter path of somebody else.
void Translator::merge_path(const Claim& claim, const PlannedRule& rule, const kube::IngressPath& path, HostBuilder& host) {
  const PlannedIngress& planned = *claim.planned;
  Location location;
  location.owner = &planned;
  location.place = {static_cast<std::uint32_t>(rule.rule->index), static_cast<std::uint32_t>(path.index)};
  location.path = path.path.empty() && !path.is_refused ? "/" : path.path;
  location.type = path.type == kube::PathType::exact ? routing::PathType::exact : routing::PathType::prefix;
  location.backend = path.backend;
  const bool is_told = path.is_refused || rule.is_refused, is_valid = is_valid_path(location.path) && !location.path.empty();
  if (is_valid && !is_told) return place(host, std::move(location));
  location.declared = location.path;
  if (!is_valid) location.path = meant_path(location.path);
  const bool is_guarded = planned.plan->is_guarded;
  const std::string closed = location.path.empty() ? fmt::format("every path of host \"{}\"", host.name) : "what begins with " + location.path;
  if (!is_told)
    tell(*planned.ingress, location.field() + ".path",
         fmt::format("\"{}\" is no path: it must begin with / and hold no blank or control character; not served{}", path.path.substr(0, 80),
                     is_guarded ? fmt::format(", and since the Ingress guards access {} answers 503", closed) : ""));
  if (!is_guarded) return;
  const std::string reason = fmt::format("{} cannot be used as it is written, and its Ingress guards access", location.field());
  if (location.path.empty()) {
    if (is_told) tell(*planned.ingress, location.field(), fmt::format("its Ingress guards access, and nobody knows which path: {} answers 503", closed));
    host.closed = reason;
    return;
  }
  if (!is_valid) location.type = routing::PathType::prefix;
  location.closed = reason;
  place(host, std::move(location));
}

void Translator::merge_catch_all(const Claim& claim, HostBuilder& host) {
  Location location;
  location.owner = claim.planned;
  location.path = "/";
  location.backend = claim.planned->ingress->default_backend;
  location.is_catch_all_default = true;
  place(host, std::move(location));
}

void Translator::merge(const Claim& claim, HostBuilder& host) {
  const PlannedIngress& planned = *claim.planned;
  const PlannedRule& rule = planned.rules[claim.rule];
  if (host.ingresses.empty() || host.ingresses.back() != &planned) host.ingresses.push_back(&planned);
  if (!planned.plan->closes_hosts.empty()) host.closed = planned.plan->closes_hosts;
  if (!rule.rule) return merge_catch_all(claim, host);
  for (const kube::IngressPath& path : rule.rule->paths) merge_path(claim, rule, path, host);
}

}  // namespace controller::translate
