// Finds what belongs to a host name: exact name, then the one-label wildcard above it, then the default. Used for the Host
// header and for SNI alike. One or two hash probes whatever the number of names; a lookup allocates nothing.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace routing {

// Values are indexes into the owner's own vector. Filled by a builder, then only read.
class HostIndex {
 public:
  static constexpr std::uint32_t none = UINT32_MAX;

  // `name`: lower case, "a.example.com", "*.example.com", or "" for the default. False when it is there already.
  bool insert(std::string_view name, std::uint32_t value);
  // `host`: lower case, no port, no trailing dot. A wildcard label is one or more of [a-z0-9_-] (ingress-nginx 0.3).
  // Returns `none` when nothing matches and there is no default.
  [[nodiscard]] std::uint32_t find(std::string_view host) const noexcept;
  // As find, without the default.
  [[nodiscard]] std::uint32_t find_declared(std::string_view host) const noexcept;
  // Names, wildcards included, without the default.
  [[nodiscard]] std::size_t size() const noexcept { return exact_.size() + wildcard_.size(); }

 private:
  // Open addressing with the names in one string: a probe touches two cache lines, where a node-based map touches four.
  class Names {
   public:
    bool insert(std::string_view name, std::uint32_t value);
    [[nodiscard]] std::uint32_t find(std::string_view name) const noexcept;
    [[nodiscard]] std::size_t size() const noexcept { return size_; }

   private:
    struct Slot {
      std::uint32_t tag = 0;  // upper half of the hash; 0 in an empty slot
      std::uint32_t value = none;
      std::uint32_t begin = 0, length = 0;  // in text_
    };
    [[nodiscard]] std::size_t slot_for(std::string_view name, std::uint64_t hash) const noexcept;
    void grow();

    std::vector<Slot> slots_;  // a power of two, at most three quarters full
    std::string text_;
    std::size_t size_ = 0;
  };

  Names exact_, wildcard_;  // wildcard_: without "*", so ".example.com"
  std::uint32_t default_ = none;
};

}  // namespace routing
