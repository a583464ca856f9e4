// Who asked, over what, and what to tell the upstream about it: the real client behind trusted proxies, scheme, port, host
// (use-forwarded-headers and its family, ingress-nginx 2.1 and 5.3).
#pragma once

#include "proxy/message.hpp"
#include "routing/settings.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace proxy {

// Views into the head, the session or the settings; good while the head is.
struct ClientFacts {
  std::string_view peer_address;    // of the connection
  std::string_view client_address;  // the peer, or the forwarded-for entry that counts
  std::string_view scheme;          // "http", "https", or what X-Forwarded-Proto says where that is trusted
  std::string_view port;            // X-Forwarded-Port
  std::string_view host;            // for Host and X-Forwarded-Host: authority, or X-Forwarded-Host's first entry
  std::string_view forwarded_for;   // what the client sent, "" if nothing
  std::string_view forwarded_host;
  std::string_view request_id;      // what the client sent, "" if nothing
  std::string_view scheme_lines;    // for scheme and port; "" when the client's front changed them
};

struct ConnectionFacts {
  std::string_view peer_address;
  bool is_tls = false;
  std::string_view listener_port;   // "443" for https whatever its number
  std::string_view scheme_lines;    // the header lines that scheme and port make, as scheme_lines() wrote them
};

// X-Forwarded-Port, X-Forwarded-Proto, X-Forwarded-Scheme and X-Scheme, each a line.
[[nodiscard]] std::string scheme_lines(std::string_view scheme, std::string_view port);

// `joined` holds a forwarded-for value that came in several lines.
[[nodiscard]] ClientFacts client_facts(const RequestHead& head, const ConnectionFacts& connection, const routing::Forwarding& settings,
                                       std::string& joined);

// True when `address` (numeric) is in one of the ranges; false for what is no address.
[[nodiscard]] bool is_trusted(std::string_view address, const std::vector<routing::AddressRange>& ranges);

}  // namespace proxy
