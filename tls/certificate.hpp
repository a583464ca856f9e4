// A checked certificate chain with its private key: parsed once by the controller, used by every worker.
// It is not a listener's configuration; that is server_context.hpp.
#pragma once

#include "tls/error.hpp"

#include <openssl/types.h>

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

// OpenSSL's STACK_OF(X509), declared where it lives: inside our namespace it would be another type.
struct stack_st_X509;

namespace tls {

struct X509Deleter {
  void operator()(X509*) const noexcept;
};
struct KeyDeleter {
  void operator()(EVP_PKEY*) const noexcept;
};
struct ChainDeleter {
  void operator()(stack_st_X509*) const noexcept;
};

// Immutable after parse(), so it may be shared by threads. Nothing here prints the key.
class Certificate {
 public:
  // A Secret holds 1 MiB at most; no real chain comes near the other.
  static constexpr std::size_t max_pem_bytes = 1024 * 1024;
  static constexpr std::size_t max_chain_certificates = 32;

  using Time = std::chrono::system_clock::time_point;

  // Takes PEM texts (leaf first, then intermediates; PKCS#1, SEC1 or PKCS#8 key). Text between and behind the blocks is
  // ignored. Errors: the errc of certificate and key. An expired certificate is no error: clients decide (expiry() tells).
  [[nodiscard]] static Result<std::shared_ptr<const Certificate>> parse(std::string_view chain_pem,
                                                                         std::string_view key_pem);

  // A self-signed certificate with the names of the one that ingress-nginx makes at start: CN "Kubernetes Ingress Controller
  // Fake Certificate", O "Acme Co", SAN ingress.local, valid for 365 days. Its key is P-256, which takes no time to make,
  // where an RSA key takes some tenths of a second of every start.
  [[nodiscard]] static Result<std::shared_ptr<const Certificate>> self_signed();

  // DNS names it is for, lower case: the subjectAltName entries, or the common name where there are none.
  [[nodiscard]] const std::vector<std::string>& names() const noexcept { return names_; }
  // True when `host` (lower case, no port; may itself be "*.example.com") is one of names(); a wildcard name
  // covers exactly one label.
  [[nodiscard]] bool covers(std::string_view host) const noexcept;
  // What lies beyond the range of Time (1677 to 2262) is its nearest end.
  [[nodiscard]] Time not_before() const noexcept { return not_before_; }
  [[nodiscard]] Time expiry() const noexcept { return expiry_; }  // the earliest of the chain
  [[nodiscard]] const std::string& fingerprint() const noexcept { return fingerprint_; }  // SHA-256 of the leaf, hex
  // SHA-256 of leaf and intermediates, hex: what a client is shown. Equal for two objects that may stand for each other.
  [[nodiscard]] const std::string& chain_fingerprint() const noexcept { return chain_fingerprint_; }
  [[nodiscard]] const std::string& serial() const noexcept { return serial_; }            // hex
  [[nodiscard]] const std::string& subject() const noexcept { return subject_; }          // RFC 2253 text
  [[nodiscard]] const std::string& issuer() const noexcept { return issuer_; }
  // As a monitoring system wants them; "" where the certificate has none.
  [[nodiscard]] const std::string& serial_decimal() const noexcept { return serial_decimal_; }
  [[nodiscard]] const std::string& issuer_common_name() const noexcept { return issuer_common_name_; }
  [[nodiscard]] const std::string& issuer_organization() const noexcept { return issuer_organization_; }
  [[nodiscard]] std::string_view public_key_algorithm() const noexcept;  // "RSA", "ECDSA", "Ed25519", "Ed448"

  // For SSL_use_cert_and_key; owned by this object.
  [[nodiscard]] X509* leaf() const noexcept { return leaf_.get(); }
  [[nodiscard]] EVP_PKEY* key() const noexcept { return key_.get(); }
  [[nodiscard]] stack_st_X509* intermediates() const noexcept { return chain_.get(); }

 private:
  Certificate() = default;
  [[nodiscard]] bool describe();  // fills what is below from leaf_ and chain_

  std::unique_ptr<X509, X509Deleter> leaf_;
  std::unique_ptr<EVP_PKEY, KeyDeleter> key_;
  std::unique_ptr<stack_st_X509, ChainDeleter> chain_;
  std::vector<std::string> names_;
  std::string fingerprint_, chain_fingerprint_, serial_, subject_, issuer_, serial_decimal_, issuer_common_name_, issuer_organization_;
  Time not_before_{}, expiry_{};
};

}  // namespace tls
