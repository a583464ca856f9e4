#include "controller/translate/host_builder.hpp"

#include <algorithm>
#include <utility>

namespace controller::translate {

bool HostBuilder::claim(Location location, const PlannedIngress** owner) {
  const auto [slot, is_new] = claimed_.try_emplace({location.path, location.type}, location.owner);
  if (!is_new) {
    *owner = slot->second;
    return false;
  }
  locations.push_back(std::move(location));
  return true;
}

std::vector<Location> HostBuilder::release() {
  claimed_.clear();
  return std::exchange(locations, {});
}

void HostBuilder::add_placeholder() {
  if (name.empty() || ingresses.empty() || claimed_.contains({"/", routing::PathType::prefix})) return;
  Location location;
  location.owner = ingresses.front();
  location.path = "/";
  location.is_placeholder = true;
  location.has_own_backend = false;
  for (const PlannedIngress* planned : ingresses) {
    if (!planned->ingress->has_default_backend) continue;
    // Its own annotations guard its Service, and its namespace is where the Service is looked for.
    location.owner = planned;
    location.backend = planned->ingress->default_backend;
    location.has_own_backend = true;
    break;
  }
  const PlannedIngress* unused = nullptr;
  (void)claim(std::move(location), &unused);
}

bool HostBuilder::is_regex() const {
  return std::any_of(locations.begin(), locations.end(), [](const Location& location) {
    if (location.is_catch_all_default) return false;
    const auto& plan = *location.owner->plan;
    return plan.use_regex || (!plan.rewrite_target.empty() && plan.rewrite_target != location.path);
  });
}

}  // namespace controller::translate
