// The numbers of upstream groups. One stays while it is in use, so tables can be used again from one translation to the next; after
// that it is given away anew.
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

  // One use of the group's number, until drop().
  [[nodiscard]] routing::Forward use(const UpstreamKey& key);
  void drop(std::uint32_t number);
  // Null: the number is free.
  [[nodiscard]] const UpstreamKey* key_of(std::uint32_t number) const noexcept { return places_[number].key; }
  // All numbers are below it.
  [[nodiscard]] std::uint32_t size() const noexcept { return static_cast<std::uint32_t>(places_.size()); }
  // Frees those that nobody uses; not before everybody has had the chance to use them again.
  void free_unused();

 private:
  struct Place {
    const UpstreamKey* key = nullptr;  // of the map below
    std::uint64_t identity = 0;
    std::uint32_t uses = 0;
  };
  std::map<UpstreamKey, std::uint32_t> numbers_;
  std::vector<Place> places_;
  std::vector<std::uint32_t> dropped_;  // with no use left when they were; perhaps used again
  std::vector<std::uint32_t> free_;
};

}  // namespace controller::translate
