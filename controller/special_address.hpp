// Addresses that lead to this machine or to its own link instead of to a peer. Kubernetes lets no Endpoints and no
// EndpointSlice hold them; an ExternalName would let anyone who controls a name reach them all the same.
#pragma once

#include <string>
#include <string_view>

namespace controller {

// "unspecified", "loopback", "link-local" or "multicast"; "" for an ordinary address and for what is none. Judges the
// address, not its text: an IPv4 address inside an IPv6 one (mapped, compatible, NAT64) is that IPv4 address.
[[nodiscard]] std::string_view special_range(const std::string& address);

}  // namespace controller
