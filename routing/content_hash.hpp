// One number per table that says whether its content changed. Equal content gives an equal number in any process on any
// platform. Of what has a content_hash member itself, that is what the function is for; tables are hashed by those of their parts.
#pragma once

#include "routing/snapshot.hpp"

#include <cstdint>

namespace routing {

[[nodiscard]] std::uint64_t hash_of(const HostEntry&);
[[nodiscard]] std::uint64_t hash_of(const RouteTable&);
[[nodiscard]] std::uint64_t hash_of(const UpstreamGroup&);
// Whatever the order of the groups: their numbers depend on what had been there before.
[[nodiscard]] std::uint64_t hash_of(const UpstreamTable&);
// Leaf, chain and names; private keys belong to their leaf and need no share in it.
[[nodiscard]] std::uint64_t hash_of(const CertificateTable&);
// Covers the ticket key: 64 bits of a hash say nothing about 384 random ones.
[[nodiscard]] std::uint64_t hash_of(const Settings&);

// Snapshot::version, from the tables' content_hash members and the settings. Never 0, which means "no snapshot".
[[nodiscard]] std::uint64_t version_of(const Snapshot&);

}  // namespace routing
