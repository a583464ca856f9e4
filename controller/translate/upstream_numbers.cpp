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

routing::Forward UpstreamNumbers::forward_to(const UpstreamKey& key) {
  const auto [slot, is_new] = numbers_.try_emplace(key, 0);
  if (is_new) {
    if (free_.empty()) {
      slot->second = size();
      places_.emplace_back();
    } else {
      slot->second = free_.back();
      free_.pop_back();
    }
    places_[slot->second] = {&slot->first, identity_of(key)};
  }
  return {slot->second, places_[slot->second].identity};
}

void UpstreamNumbers::keep(const std::vector<bool>& used) {
  for (std::uint32_t number = 0; number < size(); ++number) {
    if (used[number] || !places_[number].key) continue;
    numbers_.erase(*places_[number].key);
    places_[number] = {};
    free_.push_back(number);
  }
}

}  // namespace controller::translate
