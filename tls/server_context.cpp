#include "tls/server_context.hpp"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>

#include <array>
#include <cstring>
#include <optional>

namespace tls {

void ContextDeleter::operator()(SSL_CTX* context) const noexcept { SSL_CTX_free(context); }
void ConnectionDeleter::operator()(SSL* connection) const noexcept { SSL_free(connection); }
void DigestContextDeleter::operator()(EVP_MD_CTX* digest) const noexcept { EVP_MD_CTX_free(digest); }

namespace {

// Of OpenSSL: no RSA below 2048 bits, no SHA-1 signatures. Set here so that a distribution's openssl.cnf does not decide.
constexpr int security_level = 2;
// One ticket: a client of an ingress rarely needs the second one that OpenSSL sends, which costs 15 us.
constexpr std::size_t tickets_per_handshake = 1;
constexpr std::size_t max_name_bytes = 255;

// A server name in lower case without a trailing dot, in place.
class ServerName {
 public:
  ServerName() = default;
  explicit ServerName(std::string_view sent) noexcept {
    if (sent.ends_with('.')) sent.remove_suffix(1);
    if (sent.size() > max_name_bytes) return;
    for (const char c : sent) bytes_[size_++] = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  }
  [[nodiscard]] std::string_view text() const noexcept { return {bytes_.data(), size_}; }

 private:
  std::array<char, max_name_bytes> bytes_;
  std::size_t size_ = 0;
};

// Of the extension in the ClientHello: list length, type 0, name length, name (RFC 6066, 3). "" when absent or malformed:
// OpenSSL reads it itself later and ends the handshake with decode_error.
ServerName name_in_hello(SSL* connection) {
  const unsigned char* data = nullptr;
  std::size_t size = 0;
  if (SSL_client_hello_get0_ext(connection, TLSEXT_TYPE_server_name, &data, &size) != 1 || size < 5) return {};
  const auto list = static_cast<std::size_t>(data[0] << 8 | data[1]);
  const auto length = static_cast<std::size_t>(data[3] << 8 | data[4]);
  if (list != size - 2 || data[2] != TLSEXT_NAMETYPE_host_name || length != size - 5) return {};
  return ServerName{{reinterpret_cast<const char*>(data + 5), length}};
}

boost::system::error_code set_versions(SSL_CTX* context, const ServerSettings& settings) {
  if (!settings.tls12 && !settings.tls13) return errc::bad_protocols;
  SSL_CTX_set_min_proto_version(context, settings.tls12 ? TLS1_2_VERSION : TLS1_3_VERSION);
  SSL_CTX_set_max_proto_version(context, settings.tls13 ? TLS1_3_VERSION : TLS1_2_VERSION);
  return {};
}

void set_options(SSL_CTX* context) {
  // Renegotiation is work that a client orders and nobody needs; compression leaks what it compresses (CRIME). A client
  // that prefers ChaCha20 has no AES instructions. A connection that ends without close_notify is an ordinary end: HTTP
  // has its own framing, and OpenSSL 3 would report an error and spoil the session.
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE |
                                   SSL_OP_PRIORITIZE_CHACHA | SSL_OP_IGNORE_UNEXPECTED_EOF);
  // RELEASE_BUFFERS: 16 KB instead of 33 KB for an idle connection, at no cost that could be measured.
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_read_ahead(context, 1);
  SSL_CTX_set_max_early_data(context, 0);  // early data can be replayed, and a proxy cannot tell what may be
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_verify(context, SSL_VERIFY_NONE, nullptr);
}

void set_tickets(SSL_CTX* context, bool enabled) {
  if (!enabled) SSL_CTX_set_options(context, SSL_OP_NO_TICKET);
  // With NO_TICKET alone TLS 1.3 would go on to send tickets that name a session in a cache which we do not have.
  SSL_CTX_set_num_tickets(context, enabled ? tickets_per_handshake : 0);
}

// One byte of length before each name. Nothing for a name that cannot be written so.
std::optional<std::vector<unsigned char>> alpn_wire_of(const std::vector<std::string>& names) {
  std::vector<unsigned char> wire;
  for (const auto& name : names) {
    if (name.empty() || name.size() > 255) return std::nullopt;
    wire.push_back(static_cast<unsigned char>(name.size()));
    wire.insert(wire.end(), name.begin(), name.end());
  }
  return wire;
}

bool init_cipher(EVP_CIPHER_CTX* cipher, const TicketKey& key, const unsigned char* iv, int encrypting) {
  const auto* algorithm = key.key_bytes == 16 ? EVP_aes_128_cbc() : EVP_aes_256_cbc();
  return EVP_CipherInit_ex2(cipher, algorithm, key.cipher.data(), iv, encrypting, nullptr) == 1;
}

bool init_mac(EVP_MAC_CTX* mac, const TicketKey& key) {
  // The parameters are read only; OpenSSL's type has no const.
  auto* bytes = const_cast<std::uint8_t*>(key.mac.data());
  char digest[] = "SHA256";
  const std::array parameters{OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, bytes, key.key_bytes),
                              OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0), OSSL_PARAM_construct_end()};
  return EVP_MAC_CTX_set_params(mac, parameters.data()) == 1;
}

int acknowledge_name(SSL*, int*, void*) { return SSL_TLSEXT_ERR_OK; }

// What OpenSSL wants to hear from the ticket callback.
constexpr int ticket_failed = -1, ticket_none = 0, ticket_used = 1, ticket_renew = 2;

int open_ticket(const SSL* connection, const std::vector<TicketKey>& keys, const unsigned char* name, const unsigned char* iv,
                EVP_CIPHER_CTX* cipher, EVP_MAC_CTX* mac) {
  for (std::size_t i = 0; i < keys.size(); ++i) {
    if (std::memcmp(keys[i].name.data(), name, keys[i].name.size()) != 0) continue;
    if (!init_mac(mac, keys[i]) || !init_cipher(cipher, keys[i], iv, 0)) return ticket_failed;
    // A client uses a ticket of TLS 1.3 once, so that nobody links its connections (RFC 8446, C.4): without a new one
    // every second handshake would be a full one. In TLS 1.2 only what an old key sealed is renewed.
    return i == 0 && SSL_version(connection) != TLS1_3_VERSION ? ticket_used : ticket_renew;
  }
  return ticket_none;
}

int seal_with(const TicketKey& key, unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX* cipher, EVP_MAC_CTX* mac) {
  constexpr int iv_bytes = 16;
  std::memcpy(name, key.name.data(), key.name.size());
  if (RAND_bytes(iv, iv_bytes) != 1 || !init_cipher(cipher, key, iv, 1) || !init_mac(mac, key)) return ticket_failed;
  return ticket_used;
}

}  // namespace

Result<std::unique_ptr<ServerContext>> ServerContext::make(const ServerSettings& settings,
                                                           std::shared_ptr<const TicketKeys> keys, CertificateLookup lookup) {
  std::unique_ptr<ServerContext> made{new ServerContext};
  made->keys_ = std::move(keys);
  made->lookup_ = std::move(lookup);
  const auto error = made->configure(settings);
  ERR_clear_error();
  if (error) return error;
  made->install_callbacks();
  return made;
}

ServerContext::~ServerContext() = default;

Connection ServerContext::new_connection() const {
  Connection connection{SSL_new(context_.get())};
  if (connection == nullptr) return connection;
  SSL_set_accept_state(connection.get());
  if (keys_ == nullptr) {
    // Not left to the ticket callback: in TLS 1.3 some releases send an empty ticket when it declines.
    SSL_set_options(connection.get(), SSL_OP_NO_TICKET);
    SSL_set_num_tickets(connection.get(), 0);
  }
  return connection;
}

boost::system::error_code ServerContext::configure(const ServerSettings& settings) {
  context_.reset(SSL_CTX_new(TLS_server_method()));
  digest_.reset(EVP_MD_CTX_new());
  if (context_ == nullptr || digest_ == nullptr) return errc::out_of_memory;
  if (EVP_DigestInit_ex(digest_.get(), EVP_sha256(), nullptr) != 1) return errc::out_of_memory;
  SSL_CTX_set_security_level(context_.get(), security_level);
  if (const auto error = set_versions(context_.get(), settings)) return error;
  set_options(context_.get());
  set_tickets(context_.get(), settings.session_tickets);
  // An empty list of curves would leave OpenSSL's own, which is not what was asked for.
  if (settings.curves.empty() || SSL_CTX_set1_groups_list(context_.get(), settings.curves.c_str()) != 1) return errc::bad_curves;
  if (SSL_CTX_set_cipher_list(context_.get(), settings.ciphers.c_str()) != 1) return errc::bad_ciphers;
  auto wire = alpn_wire_of(settings.alpn);
  if (!wire) return errc::bad_protocols;
  alpn_wire_ = std::move(*wire);
  return {};
}

void ServerContext::install_callbacks() {
  SSL_CTX_set_app_data(context_.get(), this);
  SSL_CTX_set_client_hello_cb(context_.get(), bind_to_name, this);
  SSL_CTX_set_cert_cb(context_.get(), choose_certificate, this);
  // Says to the client that its name was taken note of (RFC 6066, 3); the work is done in the other two.
  SSL_CTX_callback_ctrl(context_.get(), SSL_CTRL_SET_TLSEXT_SERVERNAME_CB, reinterpret_cast<void (*)()>(acknowledge_name));
  SSL_CTX_set_tlsext_ticket_key_evp_cb(context_.get(), seal_ticket);
  if (!alpn_wire_.empty()) SSL_CTX_set_alpn_select_cb(context_.get(), choose_protocol, this);
}

// Runs before OpenSSL looks at tickets, which is what makes the binding hold in both protocol versions: a session whose
// context differs from the connection's is not resumed, the handshake goes on as a full one. Hashed, because a name may be
// longer than the 32 bytes of a context; by SHA-256, because clients choose names freely.
int ServerContext::bind_to_name(SSL* connection, int* alert, void* self) {
  auto& context = *static_cast<ServerContext*>(self);
  const auto name = name_in_hello(connection);
  // Also asked of clients that resume: a name that is no longer declared ends with its tickets.
  if (context.lookup_(name.text()) == nullptr) {
    *alert = SSL_AD_UNRECOGNIZED_NAME;
    return SSL_CLIENT_HELLO_ERROR;
  }
  std::array<unsigned char, SSL_MAX_SID_CTX_LENGTH> digest;
  unsigned length = 0;
  auto* hash = context.digest_.get();
  const bool bound = EVP_DigestInit_ex2(hash, nullptr, nullptr) == 1 &&
                     EVP_DigestUpdate(hash, name.text().data(), name.text().size()) == 1 &&
                     EVP_DigestFinal_ex(hash, digest.data(), &length) == 1 &&
                     SSL_set_session_id_context(connection, digest.data(), length) == 1;
  if (bound) return SSL_CLIENT_HELLO_SUCCESS;
  *alert = SSL_AD_INTERNAL_ERROR;
  return SSL_CLIENT_HELLO_ERROR;
}

int ServerContext::choose_certificate(SSL* connection, void* self) {
  const auto* sent = SSL_get_servername(connection, TLSEXT_NAMETYPE_host_name);
  const auto name = sent == nullptr ? ServerName{} : ServerName{sent};
  const auto* certificate = static_cast<ServerContext*>(self)->lookup_(name.text());
  if (certificate == nullptr) return 0;
  return SSL_use_cert_and_key(connection, certificate->leaf(), certificate->key(), certificate->intermediates(), 1);
}

int ServerContext::choose_protocol(SSL*, const unsigned char** out, unsigned char* out_len, const unsigned char* in,
                                   unsigned in_len, void* self) {
  const auto& ours = static_cast<const ServerContext*>(self)->alpn_wire_;
  unsigned char* chosen = nullptr;
  if (SSL_select_next_proto(&chosen, out_len, ours.data(), static_cast<unsigned>(ours.size()), in, in_len) !=
      OPENSSL_NPN_NEGOTIATED) {
    return SSL_TLSEXT_ERR_ALERT_FATAL;
  }
  *out = chosen;
  return SSL_TLSEXT_ERR_OK;
}

int ServerContext::seal_ticket(SSL* connection, unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX* cipher,
                               EVP_MAC_CTX* mac, int encrypting) {
  const auto* self = static_cast<const ServerContext*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(connection)));
  if (self->keys_ == nullptr || self->keys_->keys().empty()) return ticket_none;
  const auto& keys = self->keys_->keys();
  return encrypting != 0 ? seal_with(keys.front(), name, iv, cipher, mac) : open_ticket(connection, keys, name, iv, cipher, mac);
}

}  // namespace tls
