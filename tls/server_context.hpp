// The listener's side of TLS: versions, ciphers, ALPN, tickets and the choice of a certificate by SNI, in one SSL_CTX.
#pragma once

#include "tls/certificate.hpp"
#include "tls/ticket_keys.hpp"

#include <openssl/types.h>

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace tls {

// What the ConfigMap says of TLS (ssl-protocols, ssl-ciphers, ssl-session-tickets, ...).
struct ServerSettings {
  bool tls12 = true;
  bool tls13 = true;
  // TLS 1.2 list in OpenSSL syntax; server order is preferred. ingress-nginx's default, less the DHE suites, which need a
  // parameter file there as well.
  std::string ciphers =
      "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:"
      "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305";
  std::string curves = "X25519:P-256:P-384";  // X25519 first: P-256 costs 60 us more per handshake
  bool session_tickets = true;
  bool reject_unknown_names = false;        // ssl-reject-handshake
  std::vector<std::string> alpn = {"http/1.1"};

  friend bool operator==(const ServerSettings&, const ServerSettings&) = default;
};

// The choice of protocol, also for what the settings name: a client that offers ALPN without one of ours is refused with
// no_application_protocol (RFC 7301, 3.2; nginx does so since 1.21.4): going on would let a cross-protocol attacker have
// another protocol's bytes taken for HTTP. A client without ALPN is served as HTTP/1.1.

// What the lookup found for a name: a certificate (owned by the caller's snapshot for the length of the call) or null:
// refuse the handshake with unrecognized_name.
using CertificateLookup = std::function<const Certificate*(std::string_view lower_case_name)>;

struct ContextDeleter {
  void operator()(SSL_CTX*) const noexcept;
};
struct ConnectionDeleter {
  void operator()(SSL*) const noexcept;
};
using Connection = std::unique_ptr<SSL, ConnectionDeleter>;

struct DigestContextDeleter {
  void operator()(EVP_MD_CTX*) const noexcept;
};

// Owned by one worker thread: its SSL_CTX is shared with no other thread, so reference counts stay on one core. It must
// outlive its connections and stay where it is.
//
// A handshake:  ClientHello -> bind_to_name: refuse an unknown name; tie the session to the name, so that a ticket got
//               for one host is never honoured for another
//               full handshake -> choose_certificate        resumed -> no certificate is touched
//               choose_protocol -> seal_ticket (opens the client's, seals a new one)
class ServerContext {
 public:
  // Errors: bad_ciphers, bad_curves, bad_protocols, out_of_memory. `lookup` is called on the owner's thread during
  // handshakes, with the SNI in lower case without a trailing dot, or "" when the client sent none. It is asked once or
  // twice a handshake and must not throw. `keys` null: no tickets.
  [[nodiscard]] static Result<std::unique_ptr<ServerContext>> make(const ServerSettings& settings,
                                                                   std::shared_ptr<const TicketKeys> keys,
                                                                   CertificateLookup lookup);
  ~ServerContext();
  ServerContext(const ServerContext&) = delete;
  ServerContext& operator=(const ServerContext&) = delete;

  // A new connection in accept state, RELEASE_BUFFERS and partial writes set, read-ahead on; the caller sets the BIOs.
  // Null when OpenSSL could not allocate.
  [[nodiscard]] Connection new_connection() const;
  // Null: no tickets for connections made from now on.
  void set_ticket_keys(std::shared_ptr<const TicketKeys> keys) { keys_ = std::move(keys); }

 private:
  ServerContext() = default;
  [[nodiscard]] boost::system::error_code configure(const ServerSettings& settings);
  void install_callbacks();
  static int bind_to_name(SSL*, int* alert, void* self);
  static int choose_certificate(SSL*, void* self);
  static int choose_protocol(SSL*, const unsigned char** out, unsigned char* out_len, const unsigned char* in,
                             unsigned in_len, void* self);
  static int seal_ticket(SSL*, unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX*, EVP_MAC_CTX*,
                         int encrypting);

  std::unique_ptr<SSL_CTX, ContextDeleter> context_;
  std::unique_ptr<EVP_MD_CTX, DigestContextDeleter> digest_;  // SHA-256, fetched once: a fetch costs as much as the hash
  std::shared_ptr<const TicketKeys> keys_;
  CertificateLookup lookup_;
  std::vector<unsigned char> alpn_wire_;
};

}  // namespace tls
