// A request or response head as views into the bytes received: one form for every protocol version. Nothing is copied and
// nothing owned; a head is good until the next read of its worker thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace proxy {

// Fields that an intermediary has to know; everything else is `other` and passes as it is.
enum class FieldId : std::uint8_t {
  other,
  // framing and hop-by-hop (RFC 9110, 7.6.1; RFC 9112, 6)
  connection, content_length, expect, host, http2_settings, keep_alive, proxy_connection, te, trailer, transfer_encoding,
  upgrade,
  // set by this proxy, never taken from the client (ingress-nginx 5.3)
  proxy, ssl_client, x_forwarded_for, x_forwarded_host, x_forwarded_port, x_forwarded_prefix, x_forwarded_proto,
  x_forwarded_scheme, x_original_forwarded, x_original_uri, x_real_ip, x_request_id, x_scheme,
  // of responses
  date, server, strict_transport_security, x_accel,
};

struct Field {
  std::string_view name, value;  // value without surrounding blanks
  std::string_view line;         // the whole line with its CRLF
  FieldId id = FieldId::other;
  bool is_canonical = false;     // `line` is "name: value\r\n": may be copied as it is
  bool has_underscore = false;
  bool is_dropped = false;       // named by Connection, or for a reason of ours
};

enum class BodyKind : std::uint8_t {
  none,
  length,      // Content-Length
  chunked,     // Transfer-Encoding: chunked
  until_close, // responses only
};

// Fields in the order received. Room for the largest head that the limits allow.
struct FieldList {
  static constexpr std::size_t max_fields = 512;

  std::array<Field, max_fields> items;
  std::size_t count = 0;

  [[nodiscard]] std::span<Field> all() noexcept { return {items.data(), count}; }
  [[nodiscard]] std::span<const Field> all() const noexcept { return {items.data(), count}; }
  // No less than what all fields take when each is written as "name: value".
  [[nodiscard]] std::size_t bytes_as_lines() const noexcept {
    if (count == 0) return 0;
    const std::string_view last = items[count - 1].line;
    return static_cast<std::size_t>(last.data() + last.size() - items[0].line.data()) + count;
  }
};

// What the Connection field of a message says (RFC 9110, 7.6.1).
struct ConnectionOptions {
  static constexpr std::size_t max_named = 16;

  bool close = false, keep_alive = false, upgrade = false, te = false;
  std::array<std::string_view, max_named> named;  // other fields to drop; the first named_count are set
  std::size_t named_count = 0;

  void clear() noexcept {
    close = keep_alive = upgrade = te = false;
    named_count = 0;
  }
};

struct RequestHead {
  std::string_view line;         // request line without its CRLF
  std::string_view method;
  std::string_view target;       // in origin form ("/a?b", "*"), whatever form was sent
  std::string_view path;         // target up to '?'
  std::string_view query;        // with its '?', or empty
  std::string_view authority;    // what Host says, or the absolute form's (RFC 9112, 3.2.2): as sent, with port
  std::string_view host;         // lower case, no port, no trailing dot (storage: the parser's)
  std::uint8_t minor_version = 1;
  BodyKind body = BodyKind::none;
  std::uint64_t content_length = 0;
  bool expects_continue = false;
  bool accepts_trailers = false;
  std::string_view upgrade;      // protocol to switch to, empty: none asked, or not one we let through
  ConnectionOptions connection;
  FieldList fields;

  [[nodiscard]] bool keeps_alive() const noexcept {
    return minor_version >= 1 ? !connection.close : connection.keep_alive && !connection.close;
  }
};

struct ResponseHead {
  std::uint16_t status = 0;
  std::uint8_t minor_version = 1;
  std::string_view reason;
  BodyKind body = BodyKind::none;  // for the request it answers
  std::uint64_t content_length = 0;
  bool has_content_length = false;
  ConnectionOptions connection;
  FieldList fields;

  [[nodiscard]] bool keeps_alive() const noexcept {
    return minor_version >= 1 ? !connection.close : connection.keep_alive && !connection.close;
  }
};

}  // namespace proxy
