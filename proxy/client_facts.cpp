#include "proxy/client_facts.hpp"

#include "proxy/http1/host.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <cstring>

namespace proxy {

namespace {

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// Numeric IPv4 as ::ffff:a.b.c.d, so that one comparison serves both.
bool to_bytes(std::string_view text, std::array<std::uint8_t, 16>& bytes) {
  char buffer[INET6_ADDRSTRLEN];
  if (text.empty() || text.size() >= sizeof buffer) return false;
  std::memcpy(buffer, text.data(), text.size());
  buffer[text.size()] = 0;
  if (::inet_pton(AF_INET6, buffer, bytes.data()) == 1) return true;
  bytes = {};
  bytes[10] = bytes[11] = 0xff;
  return ::inet_pton(AF_INET, buffer, bytes.data() + 12) == 1;
}

bool contains(const routing::AddressRange& range, const std::array<std::uint8_t, 16>& address) {
  const std::size_t whole = range.prefix_bits / 8, rest = range.prefix_bits % 8;
  if (!std::equal(address.begin(), address.begin() + whole, range.address.begin())) return false;
  if (rest == 0) return true;
  const auto mask = static_cast<std::uint8_t>(0xff << (8 - rest));
  return (address[whole] & mask) == (range.address[whole] & mask);
}

// One entry of a forwarded-for list as an address: a port or brackets around it are what some proxies add.
std::string_view address_of(std::string_view entry) {
  entry = trim(entry);
  if (!entry.empty() && entry.front() == '[') {
    const std::size_t close = entry.find(']');
    return close == std::string_view::npos ? std::string_view{} : entry.substr(1, close - 1);
  }
  const std::size_t colon = entry.find(':');
  if (colon != std::string_view::npos && entry.find(':', colon + 1) == std::string_view::npos) return entry.substr(0, colon);
  return entry;
}

// The rightmost entry that is no trusted proxy; the leftmost when all are (nginx real_ip_recursive).
std::string_view real_client(std::string_view peer, std::string_view list, const std::vector<routing::AddressRange>& trusted) {
  std::string_view client = peer;
  while (is_trusted(client, trusted) && !list.empty()) {
    const std::size_t comma = list.rfind(',');
    const std::string_view entry = address_of(comma == std::string_view::npos ? list : list.substr(comma + 1));
    std::array<std::uint8_t, 16> bytes;
    if (!to_bytes(entry, bytes)) break;  // not an address: nothing to the left of it can be believed
    client = entry;
    list = comma == std::string_view::npos ? std::string_view{} : list.substr(0, comma);
  }
  return client;
}

// All lines of the named field as one list; a single line is returned as it is.
std::string_view list_of(const RequestHead& head, std::string_view name, std::string& joined) {
  std::string_view first;
  joined.clear();
  for (const Field& field : head.fields.all()) {
    if (field.name.size() != name.size() || field.value.empty()) continue;
    if (!std::equal(name.begin(), name.end(), field.name.begin(), [](char a, char b) { return (a | 0x20) == (b | 0x20); })) continue;
    if (!first.data()) {
      first = field.value;
      continue;
    }
    if (joined.empty()) joined = first;
    joined.append(", ").append(field.value);
  }
  return joined.empty() ? first : std::string_view{joined};
}

}  // namespace

std::string scheme_lines(std::string_view scheme, std::string_view port) {
  std::string lines{"X-Forwarded-Port: "};
  lines.append(port);
  for (const auto name : {"X-Forwarded-Proto: ", "X-Forwarded-Scheme: ", "X-Scheme: "}) lines.append("\r\n").append(name).append(scheme);
  return lines.append("\r\n");
}

bool is_trusted(std::string_view address, const std::vector<routing::AddressRange>& ranges) {
  std::array<std::uint8_t, 16> bytes;
  if (!to_bytes(address, bytes)) return false;
  return std::any_of(ranges.begin(), ranges.end(), [&bytes](const auto& range) { return contains(range, bytes); });
}

ClientFacts client_facts(const RequestHead& head, const ConnectionFacts& connection, const routing::Forwarding& settings,
                         std::string& joined) {
  ClientFacts facts;
  facts.peer_address = facts.client_address = connection.peer_address;
  facts.scheme = connection.is_tls ? "https" : "http";
  facts.port = connection.listener_port;
  facts.scheme_lines = connection.scheme_lines;
  facts.host = head.authority;

  std::string_view proto, port;
  bool has_forwarded_for = false;
  for (const Field& field : head.fields.all()) {
    switch (field.id) {
      case FieldId::x_forwarded_for: has_forwarded_for = true; break;
      case FieldId::x_forwarded_host: if (facts.forwarded_host.empty()) facts.forwarded_host = field.value; break;
      case FieldId::x_forwarded_proto: if (proto.empty()) proto = field.value; break;
      case FieldId::x_forwarded_port: if (port.empty()) port = field.value; break;
      case FieldId::x_request_id: if (facts.request_id.empty()) facts.request_id = field.value; break;
      default: break;
    }
  }
  const bool is_default_name = settings.forwarded_for_header == "X-Forwarded-For";
  if (has_forwarded_for || !is_default_name) facts.forwarded_for = list_of(head, settings.forwarded_for_header, joined);
  if (!settings.use_forwarded_headers && !settings.enable_real_ip) return facts;

  facts.client_address = real_client(connection.peer_address, facts.forwarded_for, settings.trusted);
  if (!settings.use_forwarded_headers) return facts;
  if (!proto.empty()) facts.scheme = proto;
  if (!port.empty()) facts.port = port;
  if (!proto.empty() || !port.empty()) facts.scheme_lines = {};
  // It becomes Host and goes into redirects, so it has to be a host: otherwise what Host said stands.
  const std::string_view first_host = trim(facts.forwarded_host.substr(0, facts.forwarded_host.find(',')));
  http1::HostStorage checked;
  if (!http1::parse_host(first_host, checked).empty()) facts.host = first_host;
  return facts;
}

}  // namespace proxy
