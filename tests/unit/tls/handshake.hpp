// A handshake between a ServerContext and a plain OpenSSL client, through memory: no socket, no time.
#pragma once

#include "tls/server_context.hpp"

#include <openssl/ssl.h>

#include <memory>
#include <string>
#include <vector>

namespace tls::testing {

struct SessionDeleter {
  void operator()(SSL_SESSION* session) const { SSL_SESSION_free(session); }
};
using Session = std::unique_ptr<SSL_SESSION, SessionDeleter>;

struct ClientOptions {
  std::string name;                // SNI; "" = none
  int version = 0;                 // 0: the best both know
  std::vector<std::string> alpn;
  SSL_SESSION* session = nullptr;  // to resume
  std::string ciphers;             // TLS 1.2
};

struct Outcome {
  bool ok = false;
  int alert = -1;              // that the client received
  std::string version, alpn;
  std::string certificate;     // common name that was shown (or remembered by the session)
  bool resumed = false;
  bool has_new_ticket = false;
  Session session;             // with the last ticket received
};

// Runs the handshake, sends one byte each way (tickets of TLS 1.3 come with the first) and closes.
[[nodiscard]] Outcome shake_hands(const ServerContext& server, const ClientOptions& client);

}  // namespace tls::testing
