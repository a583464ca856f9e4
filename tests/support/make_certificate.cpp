#include "tests/support/make_certificate.hpp"

#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <memory>

namespace tls::testing {
namespace {

template <auto Free>
struct Deleter {
  template <typename T>
  void operator()(T* object) const {
    Free(object);
  }
};
using Bio = std::unique_ptr<BIO, Deleter<BIO_free>>;
using Key = std::unique_ptr<EVP_PKEY, Deleter<EVP_PKEY_free>>;

Key make_key(KeyType type) {
  switch (type) {
    case KeyType::rsa2048: return Key{EVP_RSA_gen(2048)};
    case KeyType::rsa1024: return Key{EVP_RSA_gen(1024)};
    case KeyType::ed25519: return Key{EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519")};
    case KeyType::p256: break;
  }
  return Key{EVP_EC_gen("P-256")};
}

std::string text_of(const Bio& bio) {
  char* data = nullptr;
  const auto length = BIO_get_mem_data(bio.get(), &data);
  return {data, static_cast<std::size_t>(length)};
}

std::string key_text(EVP_PKEY* key, KeyForm form) {
  const Bio bio{BIO_new(BIO_s_mem())};
  unsigned char pass[] = "secret";
  switch (form) {
    case KeyForm::traditional: PEM_write_bio_PrivateKey_traditional(bio.get(), key, nullptr, nullptr, 0, nullptr, nullptr); break;
    case KeyForm::encrypted: PEM_write_bio_PrivateKey(bio.get(), key, EVP_aes_256_cbc(), pass, 6, nullptr, nullptr); break;
    case KeyForm::pkcs8: PEM_write_bio_PKCS8PrivateKey(bio.get(), key, nullptr, nullptr, 0, nullptr, nullptr); break;
  }
  return text_of(bio);
}

std::string alternatives_of(const CertificateSpec& spec) {
  std::string text = spec.extra_name;
  for (const auto& name : spec.names) text += (text.empty() ? "DNS:" : ",DNS:") + name;
  return text;
}

}  // namespace

Pem make_certificate(const CertificateSpec& spec) {
  const auto key = make_key(spec.type);
  const std::unique_ptr<X509, Deleter<X509_free>> certificate{X509_new()};
  X509_set_version(certificate.get(), X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), 0x1234);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -100L * 86400);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), spec.days * 86400L + spec.seconds);
  auto* name = X509_get_subject_name(certificate.get());
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, reinterpret_cast<const unsigned char*>(spec.common_name.c_str()), -1, -1, 0);
  X509_set_issuer_name(certificate.get(), name);
  X509_set_pubkey(certificate.get(), key.get());
  if (const auto alternatives = alternatives_of(spec); !alternatives.empty()) {
    const std::unique_ptr<X509_EXTENSION, Deleter<X509_EXTENSION_free>> extension{
        X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, alternatives.c_str())};
    X509_add_ext(certificate.get(), extension.get(), -1);
  }
  X509_sign(certificate.get(), key.get(), spec.type == KeyType::ed25519 ? nullptr : EVP_sha256());
  const Bio bio{BIO_new(BIO_s_mem())};
  PEM_write_bio_X509(bio.get(), certificate.get());
  return {text_of(bio), key_text(key.get(), spec.form)};
}

}  // namespace tls::testing
