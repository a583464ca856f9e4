#include "tests/support/certificate_authority.hpp"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include <stdexcept>

namespace support {
namespace {

struct Free {
  void operator()(EVP_PKEY* p) const { EVP_PKEY_free(p); }
  void operator()(X509* p) const { X509_free(p); }
  void operator()(BIO* p) const { BIO_free(p); }
  void operator()(X509_EXTENSION* p) const { X509_EXTENSION_free(p); }
};
using Key = std::unique_ptr<EVP_PKEY, Free>;
using Certificate = std::unique_ptr<X509, Free>;

void require(bool ok) {
  if (!ok) throw std::runtime_error("OpenSSL could not make a test certificate");
}

Key make_key() {
  Key key(EVP_EC_gen("P-256"));
  require(key != nullptr);
  return key;
}

template <typename Write>
std::string to_pem(Write write) {
  const std::unique_ptr<BIO, Free> bio(BIO_new(BIO_s_mem()));
  require(bio != nullptr && write(bio.get()) == 1);
  char* data = nullptr;
  const long length = BIO_get_mem_data(bio.get(), &data);
  return {data, static_cast<std::size_t>(length)};
}

std::string pem_of(X509* certificate) {
  return to_pem([&](BIO* bio) { return PEM_write_bio_X509(bio, certificate); });
}

void add_extension(X509* certificate, X509V3_CTX& context, int nid, const std::string& value) {
  const std::unique_ptr<X509_EXTENSION, Free> extension(X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str()));
  require(extension != nullptr && X509_add_ext(certificate, extension.get(), -1) == 1);
}

void set_serial(X509* certificate) {
  std::uint64_t serial = 0;
  require(RAND_bytes(reinterpret_cast<unsigned char*>(&serial), sizeof serial) == 1);
  require(ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate), serial >> 1) == 1);
}

// All but extensions, issuer and signature.
Certificate make_certificate(const std::string& common_name, EVP_PKEY* key) {
  constexpr long hour = 3600;
  Certificate certificate(X509_new());
  require(certificate != nullptr && X509_set_version(certificate.get(), X509_VERSION_3) == 1);
  set_serial(certificate.get());
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -hour);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 24 * hour);
  const auto* name = reinterpret_cast<const unsigned char*>(common_name.c_str());
  require(X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate.get()), "CN", MBSTRING_UTF8, name, -1, -1, 0) == 1);
  require(X509_set_pubkey(certificate.get(), key) == 1);
  return certificate;
}

void sign(X509* certificate, X509* issuer, EVP_PKEY* issuer_key, const std::vector<std::pair<int, std::string>>& extensions) {
  require(X509_set_issuer_name(certificate, X509_get_subject_name(issuer)) == 1);
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  for (const auto& [nid, value] : extensions) add_extension(certificate, context, nid, value);
  require(X509_sign(certificate, issuer_key, EVP_sha256()) > 0);
}

std::string base64(const std::string& text) {
  std::string out(4 * ((text.size() + 2) / 3) + 1, '\0');
  const auto* data = reinterpret_cast<const unsigned char*>(text.data());
  const int length = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()), data, static_cast<int>(text.size()));
  out.resize(static_cast<std::size_t>(length));
  return out;
}

}  // namespace

struct CertificateAuthority::State {
  Key key;
  Certificate certificate;
};

CertificateAuthority::CertificateAuthority() : state_(std::make_unique<State>()) {
  state_->key = make_key();
  state_->certificate = make_certificate("Weir test CA", state_->key.get());
  auto* certificate = state_->certificate.get();
  sign(certificate, certificate, state_->key.get(),
       {{NID_basic_constraints, "critical,CA:TRUE"}, {NID_key_usage, "critical,keyCertSign"}, {NID_subject_key_identifier, "hash"}});
  certificate_pem_ = pem_of(certificate);
}

CertificateAuthority::~CertificateAuthority() = default;

IssuedCertificate CertificateAuthority::issue(const std::vector<std::string>& dns_names) const {
  require(!dns_names.empty());
  std::string names;
  for (const auto& name : dns_names) {
    const bool is_address = name.find_first_not_of("0123456789.") == std::string::npos || name.find(':') != std::string::npos;
    names += (names.empty() ? "" : ",") + std::string{is_address ? "IP:" : "DNS:"} + name;
  }
  const auto key = make_key();
  const auto certificate = make_certificate(dns_names.front(), key.get());
  sign(certificate.get(), state_->certificate.get(), state_->key.get(),
       {{NID_subject_alt_name, names}, {NID_ext_key_usage, "serverAuth"}, {NID_authority_key_identifier, "keyid"}});
  return {pem_of(certificate.get()), to_pem([&](BIO* bio) {
            return PEM_write_bio_PrivateKey(bio, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
          })};
}

std::string tls_secret_manifest(const std::string& name, const IssuedCertificate& certificate) {
  return "apiVersion: v1\nkind: Secret\ntype: kubernetes.io/tls\nmetadata: {name: " + name + "}\ndata:\n  tls.crt: " +
         base64(certificate.certificate_pem) + "\n  tls.key: " + base64(certificate.key_pem) + "\n";
}

}  // namespace support
