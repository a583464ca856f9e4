#include "controller/translate/upstream_numbers.hpp"

#include "routing/hash.hpp"

namespace controller::translate {

namespace {

std::uint64_t identity_of(const UpstreamKey& key) {
  routing::ContentHash hash;
  hash.add(key.service_namespace);
  hash.add(key.service);
  hash.add(static_cast<std::uint64_t>(key.port_number));
  hash.add(key.port_name);
  return hash.value();
}

}  // namespace

routing::Forward UpstreamNumbers::use(const UpstreamKey& key) {
  const auto [slot, is_new] = numbers_.try_emplace(key, 0);
  if (is_new) {
    if (free_.empty()) {
      slot->second = size();
      places_.emplace_back();
    } else {
      slot->second = free_.back();
      free_.pop_back();
    }
    places_[slot->second] = {&slot->first, identity_of(key), 0};
  }
  ++places_[slot->second].uses;
  return {slot->second, places_[slot->second].identity};
}

void UpstreamNumbers::drop(std::uint32_t number) {
  if (--places_[number].uses == 0) dropped_.push_back(number);
}

void UpstreamNumbers::free_unused() {
  for (const std::uint32_t number : dropped_) {
    Place& place = places_[number];
    if (place.uses != 0 || !place.key) continue;
    numbers_.erase(numbers_.find(*place.key));  // by iterator: the key is within what is erased
    place = {};
    free_.push_back(number);
  }
  dropped_.clear();
}

}  // namespace controller::translate
