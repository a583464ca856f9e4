#include "proxy/http1/field_id.hpp"

#include <cstdint>
#include <cstring>

namespace proxy::http1 {

namespace {

template <typename Word>
Word load(const char* bytes) noexcept {
  Word word;
  std::memcpy(&word, bytes, sizeof word);
  return word;
}

// Whether the token at `name` is `lower`, of N - 1 bytes: compared by words, with bit 5 set, which lowers letters and takes
// no other token character to a letter, a digit or '-'. Unrolled, as N is known.
template <std::size_t N>
bool is(const char* name, const char (&lower)[N]) noexcept {
  constexpr std::size_t length = N - 1, words = length / 8 * 8, halves = length % 8 >= 4 ? words + 4 : words;
  std::uint64_t difference = 0;
  for (std::size_t at = 0; at < words; at += 8)
    difference |= (load<std::uint64_t>(name + at) | 0x2020202020202020u) ^ load<std::uint64_t>(lower + at);
  if constexpr (halves != words) difference |= (load<std::uint32_t>(name + words) | 0x20202020u) ^ load<std::uint32_t>(lower + words);
  for (std::size_t at = halves; at < length; ++at) difference |= static_cast<std::uint64_t>((name[at] | 0x20) ^ lower[at]);
  return difference == 0;
}

}  // namespace

bool equals_token(std::string_view token, std::string_view lower) noexcept {
  if (token.size() != lower.size()) return false;
  for (std::size_t i = 0; i < token.size(); ++i) {
    const char c = token[i];
    if ((c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c) != lower[i]) return false;
  }
  return true;
}

FieldId classify(std::string_view token) noexcept {
  const char* const name = token.data();
  const char first = static_cast<char>(name[0] | 0x20);
  // Most fields are none of ours, and most of those begin with a letter that none of ours begins with.
  constexpr std::uint32_t first_mask = [] {
    std::uint32_t mask = 0;
    for (const char c : {'c', 'd', 'e', 'h', 'k', 'p', 's', 't', 'u', 'x'}) mask |= 1u << (c & 31);
    return mask;
  }();
  if (!(first_mask >> (first & 31) & 1)) return FieldId::other;
  switch (token.size()) {
    case 2:
      if (is(name, "te")) return FieldId::te;
      break;
    case 4:
      if (is(name, "host")) return FieldId::host;
      if (is(name, "date")) return FieldId::date;
      break;
    case 5:
      if (is(name, "proxy")) return FieldId::proxy;
      break;
    case 6:
      if (is(name, "server")) return FieldId::server;
      if (is(name, "expect")) return FieldId::expect;
      break;
    case 7:
      if (is(name, "trailer")) return FieldId::trailer;
      if (is(name, "upgrade")) return FieldId::upgrade;
      break;
    case 8:
      if (is(name, "x-scheme")) return FieldId::x_scheme;
      break;
    case 9:
      if (is(name, "x-real-ip")) return FieldId::x_real_ip;
      break;
    case 10:
      if (is(name, "connection")) return FieldId::connection;
      if (is(name, "keep-alive")) return FieldId::keep_alive;
      break;
    case 12:
      if (is(name, "x-request-id")) return FieldId::x_request_id;
      break;
    case 14:
      if (is(name, "content-length")) return FieldId::content_length;
      if (is(name, "http2-settings")) return FieldId::http2_settings;
      if (is(name, "x-original-uri")) return FieldId::x_original_uri;
      break;
    case 15:
      if (is(name, "x-forwarded-for")) return FieldId::x_forwarded_for;
      break;
    case 16:
      if (is(name, "proxy-connection")) return FieldId::proxy_connection;
      if (is(name, "x-forwarded-host")) return FieldId::x_forwarded_host;
      if (is(name, "x-forwarded-port")) return FieldId::x_forwarded_port;
      break;
    case 17:
      if (is(name, "transfer-encoding")) return FieldId::transfer_encoding;
      if (is(name, "x-forwarded-proto")) return FieldId::x_forwarded_proto;
      break;
    case 18:
      if (is(name, "x-forwarded-prefix")) return FieldId::x_forwarded_prefix;
      if (is(name, "x-forwarded-scheme")) return FieldId::x_forwarded_scheme;
      break;
    case 24:
      if (is(name, "x-original-forwarded-for")) return FieldId::x_original_forwarded;
      break;
    case 25:
      if (is(name, "strict-transport-security")) return FieldId::strict_transport_security;
      if (is(name, "x-original-forwarded-host")) return FieldId::x_original_forwarded;
      break;
    default:
      break;
  }
  // Families: client certificate facts (only we may state them), and orders to nginx that a backend may still send.
  if (first == 's' && token.size() > 11 && is(name, "ssl-client-")) return FieldId::ssl_client;
  if (first == 'x' && token.size() > 8 && is(name, "x-accel-")) return FieldId::x_accel;
  return FieldId::other;
}

}  // namespace proxy::http1
