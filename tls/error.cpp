#include "tls/error.hpp"

namespace tls {
namespace {

// Boost's base has no virtual destructor on purpose: a category is a static that nobody deletes.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wnon-virtual-dtor"
class Category final : public boost::system::error_category {
 public:
  [[nodiscard]] const char* name() const noexcept override { return "tls"; }
  [[nodiscard]] std::string message(int value) const override {
    switch (static_cast<errc>(value)) {
      case errc::no_certificate: return "no certificate in the PEM text";
      case errc::bad_certificate: return "a certificate in the PEM text cannot be parsed";
      case errc::no_private_key: return "no private key in the PEM text";
      case errc::bad_private_key: return "the private key cannot be parsed, is protected by a pass phrase, or is of a kind TLS cannot use";
      case errc::key_mismatch: return "the private key does not belong to the first certificate";
      case errc::weak_certificate: return "the certificate or its chain is too weak (a key or signature below 112 bits of security)";
      case errc::bad_ciphers: return "no cipher of the list is known";
      case errc::bad_curves: return "the list of curves is empty or names an unknown one";
      case errc::bad_protocols: return "no protocol version is left, or an ALPN name is not 1 to 255 bytes";
      case errc::bad_ticket_key: return "a session ticket key must have 48 or 80 bytes";
      case errc::out_of_memory: return "OpenSSL could not allocate or find what it needs";
    }
    return "unknown error";
  }
};
#pragma GCC diagnostic pop

}  // namespace

const boost::system::error_category& error_category() noexcept {
  static const Category category;
  return category;
}

boost::system::error_code make_error_code(errc value) noexcept { return {static_cast<int>(value), error_category()}; }

}  // namespace tls
