// Certificates made on the spot, so that no key is ever committed: a CA of one test and what it signs.
#pragma once

#include <memory>
#include <string>
#include <vector>

namespace support {

struct IssuedCertificate {
  std::string certificate_pem;
  std::string key_pem;
};

class CertificateAuthority {
 public:
  CertificateAuthority();
  ~CertificateAuthority();
  CertificateAuthority(const CertificateAuthority&) = delete;
  CertificateAuthority& operator=(const CertificateAuthority&) = delete;

  // What a client must trust.
  [[nodiscard]] const std::string& certificate_pem() const noexcept { return certificate_pem_; }
  // A server certificate (P-256) for the given DNS names and addresses, valid from an hour ago for a day.
  [[nodiscard]] IssuedCertificate issue(const std::vector<std::string>& dns_names) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
  std::string certificate_pem_;
};

// A manifest of a kubernetes.io/tls Secret.
[[nodiscard]] std::string tls_secret_manifest(const std::string& name, const IssuedCertificate& certificate);

}  // namespace support
