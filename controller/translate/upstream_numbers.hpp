// The numbers of upstream groups. One stays while some route forwards to it, so tables can be used again from one translation to
// the next; after that it is given away anew.
#pragma once

#include "controller/translate/upstreams.hpp"
#include "routing/action.hpp"

#include <cstdint>
#include <map>
#include <vector>

namespace controller::translate {

class UpstreamNumbers {
 public:
  UpstreamNumbers() = default;
  UpstreamNumbers(UpstreamNumbers&&) = default;  // no copy: places point into the map
  UpstreamNumbers& operator=(UpstreamNumbers&&) = default;

  [[nodiscard]] routing::Forward forward_to(const UpstreamKey& key);
  // Null: the number is free.
  [[nodiscard]] const UpstreamKey* key_of(std::uint32_t number) const noexcept { return places_[number].key; }
  // All numbers are below it.
  [[nodiscard]] std::uint32_t size() const noexcept { return static_cast<std::uint32_t>(places_.size()); }
  // Frees those that are not marked; `used` has size() marks.
  void keep(const std::vector<bool>& used);

 private:
  struct Place {
    const UpstreamKey* key = nullptr;  // of the map below
    std::uint64_t identity = 0;
  };
  std::map<UpstreamKey, std::uint32_t> numbers_;
  std::vector<Place> places_;
  std::vector<std::uint32_t> free_;
};

}  // namespace controller::translate
