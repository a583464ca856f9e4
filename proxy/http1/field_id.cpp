#include "proxy/http1/field_id.hpp"

#include <cstring>

namespace proxy::http1 {

bool equals_token(std::string_view token, std::string_view lower) noexcept {
  if (token.size() != lower.size()) return false;
  for (std::size_t i = 0; i < token.size(); ++i) {
    const char c = token[i];
    if ((c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c) != lower[i]) return false;
  }
  return true;
}

FieldId classify(std::string_view name) noexcept {
  const auto is = [name](std::string_view lower) { return equals_token(name, lower); };
  const char first = static_cast<char>(name[0] | 0x20);
  switch (name.size()) {
    case 2:
      if (is("te")) return FieldId::te;
      break;
    case 4:
      if (first == 'h' && is("host")) return FieldId::host;
      if (first == 'd' && is("date")) return FieldId::date;
      break;
    case 5:
      if (is("proxy")) return FieldId::proxy;
      break;
    case 6:
      if (first == 's' && is("server")) return FieldId::server;
      if (first == 'e' && is("expect")) return FieldId::expect;
      break;
    case 7:
      if (first == 't' && is("trailer")) return FieldId::trailer;
      if (first == 'u' && is("upgrade")) return FieldId::upgrade;
      break;
    case 8:
      if (is("x-scheme")) return FieldId::x_scheme;
      break;
    case 9:
      if (is("x-real-ip")) return FieldId::x_real_ip;
      break;
    case 10:
      if (first == 'c' && is("connection")) return FieldId::connection;
      if (first == 'k' && is("keep-alive")) return FieldId::keep_alive;
      break;
    case 12:
      if (is("x-request-id")) return FieldId::x_request_id;
      break;
    case 14:
      if (first == 'c' && is("content-length")) return FieldId::content_length;
      if (first == 'h' && is("http2-settings")) return FieldId::http2_settings;
      if (first == 'x' && is("x-original-uri")) return FieldId::x_original_uri;
      break;
    case 15:
      if (is("x-forwarded-for")) return FieldId::x_forwarded_for;
      break;
    case 16:
      if (first == 'p' && is("proxy-connection")) return FieldId::proxy_connection;
      if (first == 'x' && is("x-forwarded-host")) return FieldId::x_forwarded_host;
      if (first == 'x' && is("x-forwarded-port")) return FieldId::x_forwarded_port;
      break;
    case 17:
      if (first == 't' && is("transfer-encoding")) return FieldId::transfer_encoding;
      if (first == 'x' && is("x-forwarded-proto")) return FieldId::x_forwarded_proto;
      break;
    case 18:
      if (first == 'x' && is("x-forwarded-prefix")) return FieldId::x_forwarded_prefix;
      if (first == 'x' && is("x-forwarded-scheme")) return FieldId::x_forwarded_scheme;
      break;
    case 24:
      if (is("x-original-forwarded-for")) return FieldId::x_original_forwarded;
      break;
    case 25:
      if (first == 's' && is("strict-transport-security")) return FieldId::strict_transport_security;
      if (first == 'x' && is("x-original-forwarded-host")) return FieldId::x_original_forwarded;
      break;
    default:
      break;
  }
  // Families: client certificate facts (only we may state them), and orders to nginx that a backend may still send.
  if (first == 's' && name.size() > 11 && equals_token(name.substr(0, 11), "ssl-client-")) return FieldId::ssl_client;
  if (first == 'x' && name.size() > 8 && equals_token(name.substr(0, 8), "x-accel-")) return FieldId::x_accel;
  return FieldId::other;
}

}  // namespace proxy::http1
