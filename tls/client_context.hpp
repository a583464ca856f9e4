// The side of TLS that opens connections: whom it trusts and who it is, as one SSL_CTX.
#pragma once

#include "tls/error.hpp"
#include "tls/server_context.hpp"

#include <openssl/types.h>

#include <memory>
#include <string>

namespace tls {

struct ClientSettings {
  std::string trusted_pem;                // certificates of authorities; "": the system's
  std::string certificate_pem, key_pem;   // what the client shows of itself; "": nothing
  bool verifies = true;                   // false: whoever answers is believed

  friend bool operator==(const ClientSettings&, const ClientSettings&) = default;
};

using ClientContext = std::unique_ptr<SSL_CTX, ContextDeleter>;

// TLS 1.2 or later. Errors: no_certificate and bad_certificate (of either PEM text), those of the key, out_of_memory.
[[nodiscard]] Result<ClientContext> make_client_context(const ClientSettings& settings);

// Before the handshake: the peer's certificate has to be for `name` (a DNS name or an address), and a DNS name is sent as SNI.
[[nodiscard]] boost::system::error_code expect_peer(SSL* connection, const std::string& name);

// Why the peer's certificate was refused, for people; "" when that was not what went wrong.
[[nodiscard]] std::string verification_problem(const SSL* connection);

}  // namespace tls
