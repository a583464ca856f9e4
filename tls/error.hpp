// What can go wrong when OpenSSL objects are made from bytes, as values. Includes nothing of ours.
// Read next: certificate.hpp.
#pragma once

#include <boost/system/error_code.hpp>
#include <boost/system/result.hpp>

#include <string>

namespace tls {

enum class errc {
  no_certificate = 1,   // the PEM text holds no certificate
  bad_certificate,      // a certificate block that does not parse
  no_private_key,       // the PEM text holds no private key
  bad_private_key,      // a key that does not parse, is protected by a pass phrase, or cannot sign for TLS
  key_mismatch,         // the key does not belong to the leaf certificate
  weak_certificate,     // OpenSSL refuses to use it at its security level (short key, old digest)
  bad_ciphers,          // no cipher of the list is known
  bad_curves,           // the list of curves is empty or names an unknown one
  bad_protocols,        // no protocol version is left, or an ALPN name that cannot be sent
  bad_ticket_key,       // not 48 or 80 bytes
  out_of_memory,        // OpenSSL could not allocate
};

[[nodiscard]] const boost::system::error_category& error_category() noexcept;
[[nodiscard]] boost::system::error_code make_error_code(errc) noexcept;

template <typename T>
using Result = boost::system::result<T>;

}  // namespace tls

template <>
struct boost::system::is_error_code_enum<tls::errc> : std::true_type {};
