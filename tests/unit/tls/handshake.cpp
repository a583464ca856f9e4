#include "handshake.hpp"

#include <openssl/bio.h>
#include <openssl/x509.h>

#include <array>

namespace tls::testing {
namespace {

struct Received {
  int alert = -1;
  Session session;
};

Received& received_of(const SSL* client) { return *static_cast<Received*>(SSL_get_ex_data(client, 0)); }

void note_alert(const SSL* client, int where, int value) {
  if ((where & SSL_CB_READ_ALERT) == SSL_CB_READ_ALERT && (value >> 8) == SSL3_AL_FATAL) received_of(client).alert = value & 0xff;
}

int note_session(SSL* client, SSL_SESSION* session) {
  received_of(client).session.reset(session);
  return 1;
}

using ClientContext = std::unique_ptr<SSL_CTX, ContextDeleter>;

ClientContext make_client_context(const ClientOptions& options) {
  ClientContext context{SSL_CTX_new(TLS_client_method())};
  SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL_STORE);
  SSL_CTX_sess_set_new_cb(context.get(), note_session);
  SSL_CTX_set_info_callback(context.get(), note_alert);
  if (options.version != 0) {
    SSL_CTX_set_min_proto_version(context.get(), options.version);
    SSL_CTX_set_max_proto_version(context.get(), options.version);
  }
  if (!options.ciphers.empty()) SSL_CTX_set_cipher_list(context.get(), options.ciphers.c_str());
  return context;
}

// What the macro SSL_set_tlsext_host_name does, without its C cast.
void set_name(SSL* client, const std::string& name) {
  SSL_ctrl(client, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, const_cast<char*>(name.c_str()));
}

void set_alpn(SSL* client, const std::vector<std::string>& names) {
  std::string wire;
  for (const auto& name : names) wire += static_cast<char>(name.size()) + name;
  if (!wire.empty()) SSL_set_alpn_protos(client, reinterpret_cast<const unsigned char*>(wire.data()), static_cast<unsigned>(wire.size()));
}

void connect(SSL* client, SSL* server) {
  BIO* client_side = nullptr;
  BIO* server_side = nullptr;
  BIO_new_bio_pair(&client_side, 0, &server_side, 0);
  SSL_set_bio(client, client_side, client_side);
  SSL_set_bio(server, server_side, server_side);
}

std::string common_name(const SSL* client) {
  const std::unique_ptr<X509, X509Deleter> shown{SSL_get1_peer_certificate(client)};
  std::array<char, 256> text{};
  if (shown != nullptr) X509_NAME_get_text_by_NID(X509_get_subject_name(shown.get()), NID_commonName, text.data(), text.size());
  return text.data();
}

std::string alpn_of(const SSL* client) {
  const unsigned char* name = nullptr;
  unsigned length = 0;
  SSL_get0_alpn_selected(client, &name, &length);
  return {reinterpret_cast<const char*>(name), length};
}

std::string ticket_of(const SSL_SESSION* session) {
  const unsigned char* ticket = nullptr;
  std::size_t length = 0;
  if (session != nullptr) SSL_SESSION_get0_ticket(session, &ticket, &length);
  return {reinterpret_cast<const char*>(ticket), length};
}

}  // namespace

Outcome shake_hands(const ServerContext& server_context, const ClientOptions& options) {
  const auto client_context = make_client_context(options);
  const Connection client{SSL_new(client_context.get())};
  const Connection server = server_context.new_connection();
  Received received;
  SSL_set_ex_data(client.get(), 0, &received);
  SSL_set_connect_state(client.get());
  if (!options.name.empty()) set_name(client.get(), options.name);
  set_alpn(client.get(), options.alpn);
  if (options.session != nullptr) SSL_set_session(client.get(), options.session);
  connect(client.get(), server.get());

  int client_done = 0, server_done = 0;
  constexpr int rounds = 20;  // a handshake needs four
  for (int i = 0; i < rounds && (client_done != 1 || server_done != 1); ++i) {
    client_done = SSL_do_handshake(client.get());
    server_done = SSL_do_handshake(server.get());
  }
  Outcome outcome;
  outcome.ok = client_done == 1 && server_done == 1;
  outcome.alert = received.alert;
  if (!outcome.ok) return outcome;

  char byte = 'x';
  SSL_write(client.get(), &byte, 1);
  outcome.ok = SSL_read(server.get(), &byte, 1) == 1 && SSL_write(server.get(), &byte, 1) == 1 && SSL_read(client.get(), &byte, 1) == 1;
  outcome.version = SSL_get_version(client.get());
  outcome.alpn = alpn_of(client.get());
  outcome.certificate = common_name(client.get());
  outcome.resumed = SSL_session_reused(client.get()) == 1 && SSL_session_reused(server.get()) == 1;
  // OpenSSL tells of a ticket that renews a session only in TLS 1.3; in TLS 1.2 it replaces the connection's.
  outcome.session = received.session != nullptr ? std::move(received.session) : Session{SSL_get1_session(client.get())};
  outcome.has_new_ticket = !ticket_of(outcome.session.get()).empty() && ticket_of(outcome.session.get()) != ticket_of(options.session);
  SSL_shutdown(client.get());
  SSL_shutdown(server.get());
  return outcome;
}

}  // namespace tls::testing
