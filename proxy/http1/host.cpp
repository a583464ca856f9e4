#include "proxy/http1/host.hpp"

#include "proxy/http1/octets.hpp"

#include <array>
#include <cstring>

namespace proxy::http1 {

namespace {

// The lower-case form of what a host name may hold; 0 for everything else.
constexpr std::array<char, 256> make_host_bytes() {
  std::array<char, 256> lower{};
  for (unsigned c = 'a'; c <= 'z'; ++c) lower[c] = lower[c - 0x20] = static_cast<char>(c);
  for (unsigned c = '0'; c <= '9'; ++c) lower[c] = static_cast<char>(c);
  for (const char c : {'-', '.', '_'}) lower[static_cast<unsigned char>(c)] = c;
  return lower;
}
constexpr auto host_bytes = make_host_bytes();

// ":80", ":" or nothing.
bool is_port(std::string_view text) {
  if (text.size() > 6) return false;
  unsigned number = 0;
  for (const char c : text.substr(text.empty() ? 0 : 1)) {
    if (c < '0' || c > '9') return false;
    number = number * 10 + static_cast<unsigned>(c - '0');
  }
  return number <= 65535;
}

std::string_view read_host(std::string_view authority, HostStorage& storage) {
  std::string_view name = authority;
  std::string_view port;
  if (!name.empty() && name[0] == '[') {  // IP literal
    const std::size_t close = name.find(']');
    if (close == std::string_view::npos || close < 3) return {};
    for (const char c : name.substr(1, close - 1))
      if (!has(c, octet::hex) && c != ':' && c != '.') return {};
    port = name.substr(close + 1);
    if (!port.empty() && port[0] != ':') return {};
    name = name.substr(0, close + 1);
  } else if (const void* colon = name.empty() ? nullptr : std::memchr(name.data(), ':', name.size())) {
    const auto at = static_cast<std::size_t>(static_cast<const char*>(colon) - name.data());
    port = name.substr(at);
    name = name.substr(0, at);
  }
  if (!is_port(port)) return {};
  if (!name.empty() && name.back() == '.') name.remove_suffix(1);
  if (name.empty() || name.size() > HostStorage::max_host_bytes) return {};
  if (name[0] == '[') {
    for (std::size_t i = 0; i < name.size(); ++i) storage.bytes[i] = static_cast<char>(name[i] | (name[i] >= 'A' && name[i] <= 'F' ? 0x20 : 0));
    return {storage.bytes, name.size()};
  }
  char previous = '.';
  for (std::size_t i = 0; i < name.size(); ++i) {
    const char c = host_bytes[static_cast<unsigned char>(name[i])];
    if (c == 0 || (c == '.' && previous == '.')) return {};
    storage.bytes[i] = previous = c;
  }
  if (previous == '.') return {};  // of two at the end, one would be left
  return {storage.bytes, name.size()};
}

}  // namespace

std::string_view parse_host(std::string_view authority, HostStorage& storage) noexcept {
  // Clients ask for the same host again and again: what was found the last time holds for the same bytes.
  if (authority.size() == storage.source_bytes && !authority.empty() && std::memcmp(authority.data(), storage.source, authority.size()) == 0)
    return {storage.bytes, storage.host_bytes};
  storage.source_bytes = 0;
  const std::string_view host = read_host(authority, storage);
  if (!host.empty()) {
    std::memcpy(storage.source, authority.data(), authority.size());
    storage.source_bytes = authority.size();
    storage.host_bytes = host.size();
  }
  return host;
}

}  // namespace proxy::http1
