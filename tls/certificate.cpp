#include "tls/certificate.hpp"

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>

namespace tls {

void X509Deleter::operator()(X509* certificate) const noexcept { X509_free(certificate); }
void KeyDeleter::operator()(EVP_PKEY* key) const noexcept { EVP_PKEY_free(key); }
void ChainDeleter::operator()(STACK_OF(X509) * chain) const noexcept { sk_X509_pop_free(chain, X509_free); }

namespace {

// Level 2 of OpenSSL, the distributions' default: RSA of 2048 bits, curves of 224, no SHA-1 signatures.
constexpr int min_security_bits = 112;
constexpr std::size_t max_names = 1000;  // of one certificate; public authorities stop at 100

struct BioDeleter {
  void operator()(BIO* bio) const noexcept { BIO_free(bio); }
};
struct NamesDeleter {
  void operator()(GENERAL_NAMES* names) const noexcept { GENERAL_NAMES_free(names); }
};
struct ExtensionDeleter {
  void operator()(X509_EXTENSION* extension) const noexcept { X509_EXTENSION_free(extension); }
};
struct NumberDeleter {
  void operator()(BIGNUM* number) const noexcept { BN_free(number); }
};
struct TextDeleter {
  void operator()(char* text) const noexcept { OPENSSL_free(text); }
};
struct DigestDeleter {
  void operator()(EVP_MD_CTX* digest) const noexcept { EVP_MD_CTX_free(digest); }
};
using Bio = std::unique_ptr<BIO, BioDeleter>;
using Leaf = std::unique_ptr<X509, X509Deleter>;
using Key = std::unique_ptr<EVP_PKEY, KeyDeleter>;
using Chain = std::unique_ptr<STACK_OF(X509), ChainDeleter>;

Bio open_text(std::string_view text) { return Bio{BIO_new_mem_buf(text.data(), static_cast<int>(text.size()))}; }

// A prompt on the terminal would hang the program; a protected key is refused instead.
int refuse_pass_phrase(char*, int, int, void*) { return -1; }

bool at_end_of_pem() {
  const auto error = ERR_peek_last_error();
  return ERR_GET_LIB(error) == ERR_LIB_PEM && ERR_GET_REASON(error) == PEM_R_NO_START_LINE;
}

struct Certificates {
  Leaf leaf;
  Chain chain;
};

Result<Certificates> read_certificates(std::string_view pem) {
  if (pem.size() > Certificate::max_pem_bytes) return make_error_code(errc::bad_certificate);
  const auto bio = open_text(pem);
  Certificates read{nullptr, Chain{sk_X509_new_null()}};
  if (bio == nullptr || read.chain == nullptr) return make_error_code(errc::out_of_memory);
  for (std::size_t count = 0;; ++count) {
    ERR_clear_error();
    Leaf certificate{PEM_read_bio_X509(bio.get(), nullptr, refuse_pass_phrase, nullptr)};
    if (certificate == nullptr) {
      if (!at_end_of_pem()) return make_error_code(errc::bad_certificate);
      if (count == 0) return make_error_code(errc::no_certificate);
      return read;
    }
    if (count == Certificate::max_chain_certificates) return make_error_code(errc::bad_certificate);
    // Makes OpenSSL parse the extensions now, on one thread; later on the object is only read.
    X509_check_purpose(certificate.get(), -1, 0);
    if (count == 0) {
      read.leaf = std::move(certificate);
    } else if (sk_X509_push(read.chain.get(), certificate.get()) > 0) {
      (void)certificate.release();
    } else {
      return make_error_code(errc::out_of_memory);
    }
  }
}

bool can_sign_for_tls(const EVP_PKEY* key) {
  switch (EVP_PKEY_get_base_id(key)) {
    case EVP_PKEY_RSA:
    case EVP_PKEY_RSA_PSS:
    case EVP_PKEY_EC:
    case EVP_PKEY_ED25519:
    case EVP_PKEY_ED448: return true;
    default: return false;
  }
}

Result<Key> read_key(std::string_view pem) {
  if (pem.size() > Certificate::max_pem_bytes) return make_error_code(errc::bad_private_key);
  // OpenSSL reports a text without a key and a key that does not parse alike, so look before asking it.
  if (pem.find("PRIVATE KEY-----") == std::string_view::npos) return make_error_code(errc::no_private_key);
  const auto bio = open_text(pem);
  if (bio == nullptr) return make_error_code(errc::out_of_memory);
  Key key{PEM_read_bio_PrivateKey(bio.get(), nullptr, refuse_pass_phrase, nullptr)};
  if (key == nullptr || !can_sign_for_tls(key.get())) return make_error_code(errc::bad_private_key);
  return key;
}

// The checks that SSL_use_cert_and_key makes in every handshake, made once and early.
bool is_strong(X509* certificate) {
  const auto* key = X509_get0_pubkey(certificate);
  if (key == nullptr || EVP_PKEY_get_security_bits(key) < min_security_bits) return false;
  if ((X509_get_extension_flags(certificate) & EXFLAG_SS) != 0) return true;  // nobody relies on its own signature
  int security_bits = -1;
  if (X509_get_signature_info(certificate, nullptr, nullptr, &security_bits, nullptr) != 1) security_bits = -1;
  return security_bits == -1 || security_bits >= min_security_bits;
}

bool is_strong(const Certificates& certificates) {
  if (!is_strong(certificates.leaf.get())) return false;
  for (int i = 0; i < sk_X509_num(certificates.chain.get()); ++i) {
    if (!is_strong(sk_X509_value(certificates.chain.get(), i))) return false;
  }
  return true;
}

std::string to_hex(const unsigned char* bytes, unsigned count) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  for (unsigned i = 0; i < count; ++i) {
    text.push_back(digits[bytes[i] >> 4]);
    text.push_back(digits[bytes[i] & 15]);
  }
  return text;
}

std::string fingerprint_of(const X509* certificate) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest;
  unsigned length = 0;
  if (X509_digest(certificate, EVP_sha256(), digest.data(), &length) != 1) return {};
  return to_hex(digest.data(), length);
}

// Over the fingerprints, which are fixed in length, so no two chains run together.
std::string chain_fingerprint_of(const std::string& leaf, const STACK_OF(X509) * chain) {
  std::string all = leaf;
  for (int i = 0; i < sk_X509_num(chain); ++i) all += fingerprint_of(sk_X509_value(chain, i));
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest;
  unsigned length = 0;
  if (EVP_Digest(all.data(), all.size(), digest.data(), &length, EVP_sha256(), nullptr) != 1) return {};
  return to_hex(digest.data(), length);
}

std::string text_of(const X509_NAME* name) {
  const Bio bio{BIO_new(BIO_s_mem())};
  if (bio == nullptr || X509_NAME_print_ex(bio.get(), name, 0, XN_FLAG_RFC2253) < 0) return {};
  char* data = nullptr;
  const auto length = BIO_get_mem_data(bio.get(), &data);
  return {data, static_cast<std::size_t>(length)};
}

std::string serial_of(const X509* certificate) {
  const std::unique_ptr<BIGNUM, NumberDeleter> number{ASN1_INTEGER_to_BN(X509_get0_serialNumber(certificate), nullptr)};
  const std::unique_ptr<char, TextDeleter> text{number == nullptr ? nullptr : BN_bn2hex(number.get())};
  return text == nullptr ? std::string{} : std::string{text.get()};
}

std::string decimal_serial_of(const X509* certificate) {
  const std::unique_ptr<BIGNUM, NumberDeleter> number{ASN1_INTEGER_to_BN(X509_get0_serialNumber(certificate), nullptr)};
  const std::unique_ptr<char, TextDeleter> text{number == nullptr ? nullptr : BN_bn2dec(number.get())};
  return text == nullptr ? std::string{} : std::string{text.get()};
}

// The first attribute of that kind, in UTF-8; "" when there is none.
std::string attribute_of(const X509_NAME* name, int nid) {
  const int at = X509_NAME_get_index_by_NID(name, nid, -1);
  if (at < 0) return {};
  unsigned char* bytes = nullptr;
  const int length = ASN1_STRING_to_UTF8(&bytes, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at)));
  if (length < 0) return {};
  const std::unique_ptr<char, TextDeleter> text{reinterpret_cast<char*>(bytes)};
  return {text.get(), static_cast<std::size_t>(length)};
}

Result<Certificate::Time> to_time(const ASN1_TIME* time) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(time, &parts) != 1) return make_error_code(errc::bad_certificate);
  const auto day = std::chrono::year{parts.tm_year + 1900} / (parts.tm_mon + 1) / parts.tm_mday;
  const std::chrono::sys_seconds seconds = std::chrono::sys_days{day} + std::chrono::hours{parts.tm_hour} + std::chrono::minutes{parts.tm_min} +
                                           std::chrono::seconds{parts.tm_sec};
  // The clock counts nanoseconds, up to the year 2262; "never" is 9999-12-31 (RFC 5280, section 4.1.2.5).
  constexpr auto first = std::chrono::ceil<std::chrono::seconds>(Certificate::Time::min()), last = std::chrono::floor<std::chrono::seconds>(Certificate::Time::max());
  return Certificate::Time{std::clamp(seconds, first, last)};
}

// A DNS name as hosts are compared; nothing for bytes that no host name has, an embedded NUL above all.
void add_name(std::vector<std::string>& names, const ASN1_STRING* text) {
  if (names.size() == max_names) return;
  std::string name{reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)), static_cast<std::size_t>(ASN1_STRING_length(text))};
  for (char& c : name) {
    if (c <= ' ' || c > '~') return;
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  if (!name.empty() && std::find(names.begin(), names.end(), name) == names.end()) names.push_back(std::move(name));
}

std::vector<std::string> names_of(const X509* certificate) {
  std::vector<std::string> names;
  const std::unique_ptr<GENERAL_NAMES, NamesDeleter> alternatives{
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr))};
  bool has_dns_name = false;
  for (int i = 0; i < sk_GENERAL_NAME_num(alternatives.get()); ++i) {
    const auto* name = sk_GENERAL_NAME_value(alternatives.get(), i);
    if (name->type != GEN_DNS) continue;
    has_dns_name = true;
    add_name(names, name->d.dNSName);
  }
  if (has_dns_name) return names;
  const auto* subject = X509_get_subject_name(certificate);
  const int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
  if (at >= 0) add_name(names, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)));
  return names;
}

bool add_extension(X509* certificate, int nid, const char* value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
  const std::unique_ptr<X509_EXTENSION, ExtensionDeleter> extension{X509V3_EXT_conf_nid(nullptr, &context, nid, value)};
  return extension != nullptr && X509_add_ext(certificate, extension.get(), -1) == 1;
}

bool add_subject(X509_NAME* name, const char* field, const char* value) {
  return X509_NAME_add_entry_by_txt(name, field, MBSTRING_ASC, reinterpret_cast<const unsigned char*>(value), -1, -1, 0) == 1;
}

bool set_random_serial(X509* certificate) {
  const std::unique_ptr<BIGNUM, NumberDeleter> number{BN_new()};
  return number != nullptr && BN_rand(number.get(), 127, BN_RAND_TOP_ANY, BN_RAND_BOTTOM_ANY) == 1 &&
         BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate)) != nullptr;
}

bool fill_self_signed(X509* certificate, EVP_PKEY* key) {
  constexpr long one_year = 365L * 24 * 60 * 60;
  auto* name = X509_get_subject_name(certificate);
  return X509_set_version(certificate, X509_VERSION_3) == 1 && set_random_serial(certificate) &&
         X509_gmtime_adj(X509_getm_notBefore(certificate), 0) != nullptr &&
         X509_gmtime_adj(X509_getm_notAfter(certificate), one_year) != nullptr && X509_set_pubkey(certificate, key) == 1 &&
         add_subject(name, "O", "Acme Co") && add_subject(name, "CN", "Kubernetes Ingress Controller Fake Certificate") &&
         X509_set_issuer_name(certificate, name) == 1 && add_extension(certificate, NID_basic_constraints, "critical,CA:FALSE") &&
         add_extension(certificate, NID_key_usage, "critical,digitalSignature,keyEncipherment") &&
         add_extension(certificate, NID_ext_key_usage, "serverAuth") &&
         add_extension(certificate, NID_subject_alt_name, "DNS:ingress.local") &&
         X509_sign(certificate, key, EVP_sha256()) > 0;
}

}  // namespace

Result<std::shared_ptr<const Certificate>> Certificate::parse(std::string_view chain_pem, std::string_view key_pem) {
  auto certificates = read_certificates(chain_pem);
  auto key = read_key(key_pem);
  ERR_clear_error();  // what was refused must not be taken for an error of the next call on this thread
  if (!certificates) return certificates.error();
  if (!key) return key.error();
  if (!is_strong(*certificates)) return make_error_code(errc::weak_certificate);
  const bool matches = X509_check_private_key(certificates->leaf.get(), key->get()) == 1;
  ERR_clear_error();
  if (!matches) return make_error_code(errc::key_mismatch);

  std::shared_ptr<Certificate> made{new Certificate};
  made->leaf_ = std::move(certificates->leaf);
  made->chain_ = std::move(certificates->chain);
  made->key_ = std::move(*key);
  if (!made->describe()) return make_error_code(errc::bad_certificate);
  return std::shared_ptr<const Certificate>{std::move(made)};
}

Result<std::shared_ptr<const Certificate>> Certificate::self_signed() {
  std::shared_ptr<Certificate> made{new Certificate};
  made->key_.reset(EVP_EC_gen("P-256"));
  made->leaf_.reset(X509_new());
  made->chain_.reset(sk_X509_new_null());
  const bool ok = made->key_ != nullptr && made->leaf_ != nullptr && made->chain_ != nullptr &&
                  fill_self_signed(made->leaf_.get(), made->key_.get());
  ERR_clear_error();
  if (!ok) return make_error_code(errc::out_of_memory);
  X509_check_purpose(made->leaf_.get(), -1, 0);
  if (!made->describe()) return make_error_code(errc::bad_certificate);
  return std::shared_ptr<const Certificate>{std::move(made)};
}

bool Certificate::covers(std::string_view host) const noexcept {
  const auto dot = host.find('.');
  const auto parent = dot == std::string_view::npos || dot == 0 ? std::string_view{} : host.substr(dot);
  return std::any_of(names_.begin(), names_.end(), [&](std::string_view name) {
    if (name == host) return true;
    return !parent.empty() && name.size() > 2 && name.starts_with("*.") && name.substr(1) == parent;
  });
}

std::string_view Certificate::public_key_algorithm() const noexcept {
  switch (EVP_PKEY_get_base_id(key_.get())) {
    case EVP_PKEY_RSA:
    case EVP_PKEY_RSA_PSS: return "RSA";
    case EVP_PKEY_EC: return "ECDSA";
    case EVP_PKEY_ED25519: return "Ed25519";
    case EVP_PKEY_ED448: return "Ed448";
    default: return "";
  }
}

bool Certificate::describe() {
  names_ = names_of(leaf_.get());
  fingerprint_ = fingerprint_of(leaf_.get());
  chain_fingerprint_ = chain_fingerprint_of(fingerprint_, chain_.get());
  serial_ = serial_of(leaf_.get());
  subject_ = text_of(X509_get_subject_name(leaf_.get()));
  issuer_ = text_of(X509_get_issuer_name(leaf_.get()));
  serial_decimal_ = decimal_serial_of(leaf_.get());
  issuer_common_name_ = attribute_of(X509_get_issuer_name(leaf_.get()), NID_commonName);
  issuer_organization_ = attribute_of(X509_get_issuer_name(leaf_.get()), NID_organizationName);
  const auto begin = to_time(X509_get0_notBefore(leaf_.get()));
  auto end = to_time(X509_get0_notAfter(leaf_.get()));
  if (!begin || !end) return false;
  for (int i = 0; i < sk_X509_num(chain_.get()); ++i) {
    const auto other = to_time(X509_get0_notAfter(sk_X509_value(chain_.get(), i)));
    if (!other) return false;
    end = std::min(*end, *other);
  }
  not_before_ = *begin;
  expiry_ = *end;
  return true;
}

}  // namespace tls
