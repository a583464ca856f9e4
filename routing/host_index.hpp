// Finds what belongs to a host name: exact name, then the one-label wildcard above it, then the default. Used for the Host
// header and for SNI alike. One or two hash probes whatever the number of names; a lookup allocates nothing.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

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
  [[nodiscard]] std::size_t size() const noexcept { return exact_.size() + wildcard_.size(); }

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view s) const noexcept;
  };
  struct Equal {
    using is_transparent = void;
    bool operator()(std::string_view a, std::string_view b) const noexcept { return a == b; }
  };
  std::unordered_map<std::string, std::uint32_t, Hash, Equal> exact_, wildcard_;  // wildcard_ keys without "*"
  std::uint32_t default_ = none;
};

}  // namespace routing
