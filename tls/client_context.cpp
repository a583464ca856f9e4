#include "tls/client_context.hpp"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

namespace tls {

namespace {

constexpr int security_level = 2;
constexpr std::size_t max_authorities = 1000;

struct BioDeleter {
  void operator()(BIO* bio) const noexcept { BIO_free(bio); }
};

// Adds every certificate of the text to what is trusted.
boost::system::error_code trust(SSL_CTX* context, const std::string& pem) {
  const std::unique_ptr<BIO, BioDeleter> bio{BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()))};
  X509_STORE* const store = SSL_CTX_get_cert_store(context);
  if (!bio || !store) return errc::out_of_memory;
  for (std::size_t count = 0; count < max_authorities; ++count) {
    ERR_clear_error();
    const std::unique_ptr<X509, X509Deleter> authority{PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr)};
    if (!authority) {
      const auto error = ERR_peek_last_error();
      const bool is_end = ERR_GET_LIB(error) == ERR_LIB_PEM && ERR_GET_REASON(error) == PEM_R_NO_START_LINE;
      ERR_clear_error();
      if (!is_end) return errc::bad_certificate;
      return count == 0 ? make_error_code(errc::no_certificate) : boost::system::error_code{};
    }
    if (X509_STORE_add_cert(store, authority.get()) != 1) return errc::out_of_memory;
  }
  return errc::bad_certificate;
}

boost::system::error_code show(SSL_CTX* context, const ClientSettings& settings) {
  const auto own = Certificate::parse(settings.certificate_pem, settings.key_pem);
  if (!own) return own.error();
  const Certificate& certificate = **own;
  const bool ok = SSL_CTX_use_cert_and_key(context, certificate.leaf(), certificate.key(), certificate.intermediates(), 1) == 1;
  ERR_clear_error();
  return ok ? boost::system::error_code{} : make_error_code(errc::key_mismatch);
}

}  // namespace

Result<ClientContext> make_client_context(const ClientSettings& settings) {
  ClientContext context{SSL_CTX_new(TLS_client_method())};
  if (!context) return make_error_code(errc::out_of_memory);
  SSL_CTX_set_security_level(context.get(), security_level);
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  SSL_CTX_set_options(context.get(), SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  SSL_CTX_set_mode(context.get(), SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_verify(context.get(), settings.verifies ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, nullptr);
  if (!settings.trusted_pem.empty()) {
    if (const auto error = trust(context.get(), settings.trusted_pem)) return error;
  } else if (settings.verifies && SSL_CTX_set_default_verify_paths(context.get()) != 1) {
    return make_error_code(errc::out_of_memory);
  }
  if (!settings.certificate_pem.empty() || !settings.key_pem.empty())
    if (const auto error = show(context.get(), settings)) return error;
  return context;
}

boost::system::error_code expect_peer(SSL* connection, const std::string& name) {
  X509_VERIFY_PARAM* const wanted = SSL_get0_param(connection);
  if (X509_VERIFY_PARAM_set1_ip_asc(wanted, name.c_str()) == 1) return {};
  X509_VERIFY_PARAM_set_hostflags(wanted, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  // What SSL_set_tlsext_host_name() says, without the old-style cast in that macro.
  const long is_named = SSL_ctrl(connection, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, const_cast<char*>(name.c_str()));
  const bool ok = is_named == 1 && X509_VERIFY_PARAM_set1_host(wanted, name.c_str(), name.size()) == 1;
  ERR_clear_error();
  return ok ? boost::system::error_code{} : make_error_code(errc::out_of_memory);
}

std::string verification_problem(const SSL* connection) {
  const long result = SSL_get_verify_result(connection);
  return result == X509_V_OK ? "" : X509_verify_cert_error_string(result);
}

}  // namespace tls
