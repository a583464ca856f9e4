#include "controller/special_address.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>

namespace controller {

namespace {

constexpr std::string_view unspecified = "unspecified", loopback = "loopback", link_local = "link-local", multicast = "multicast";

// The clouds' metadata service stands at 169.254.169.254. 0.0.0.0/8 is "this network": Linux takes 0.0.0.0 for itself.
std::string_view special_v4(std::uint32_t address) {
  if (address >> 24 == 0) return unspecified;
  if (address >> 24 == 127) return loopback;
  if (address >> 16 == 0xa9fe) return link_local;
  if (address >> 28 == 0xe || address == 0xffffffff) return multicast;
  return {};
}

bool embeds_v4(const in6_addr& address) {
  static constexpr std::array<std::uint8_t, 12> nat64{0x00, 0x64, 0xff, 0x9b};
  return IN6_IS_ADDR_V4MAPPED(&address) || IN6_IS_ADDR_V4COMPAT(&address) || std::equal(nat64.begin(), nat64.end(), address.s6_addr);
}

}  // namespace

std::string_view special_range(const std::string& address) {
  in_addr v4{};
  in6_addr v6{};
  if (::inet_pton(AF_INET, address.c_str(), &v4) == 1) return special_v4(ntohl(v4.s_addr));
  if (::inet_pton(AF_INET6, address.c_str(), &v6) != 1) return {};
  if (IN6_IS_ADDR_UNSPECIFIED(&v6)) return unspecified;
  if (IN6_IS_ADDR_LOOPBACK(&v6)) return loopback;
  if (IN6_IS_ADDR_LINKLOCAL(&v6)) return link_local;
  if (IN6_IS_ADDR_MULTICAST(&v6)) return multicast;
  if (!embeds_v4(v6)) return {};
  std::memcpy(&v4, v6.s6_addr + 12, sizeof v4);
  return special_v4(ntohl(v4.s_addr));
}

}  // namespace controller
