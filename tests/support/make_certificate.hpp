// Certificates made while a test runs, so that none expires in the repository.
#pragma once

#include <string>
#include <vector>

namespace tls::testing {

enum class KeyType { p256, rsa2048, rsa1024, ed25519 };
enum class KeyForm { pkcs8, traditional, encrypted };

struct CertificateSpec {
  std::vector<std::string> names;          // subjectAltName; none: no such extension
  std::string common_name = "test";
  KeyType type = KeyType::p256;
  KeyForm form = KeyForm::pkcs8;
  int days = 30;                           // negative: expired
  int seconds = 0;                         // beyond those; with `days` 0 a test can wait for its end
  std::string extra_name;                  // as an openssl.cnf value: "IP:10.0.0.1"
};

struct Pem {
  std::string chain;
  std::string key;
};

// Self-signed.
[[nodiscard]] Pem make_certificate(const CertificateSpec& spec);

}  // namespace tls::testing
