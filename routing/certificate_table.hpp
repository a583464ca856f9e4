// Certificates by the names they were declared for: a certificate serves no other host, so that one tenant cannot capture
// another's (ingress-v1 R24).
#pragma once

#include "routing/host_index.hpp"
#include "tls/certificate.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace routing {

struct CertificateEntry {
  std::string host;         // as declared in spec.tls
  std::string secret;       // "namespace/name"
  std::shared_ptr<const tls::Certificate> certificate;
};

// Immutable once built.
struct CertificateTable {
  std::vector<CertificateEntry> entries;
  HostIndex index;  // host -> entries
  std::shared_ptr<const tls::Certificate> fallback;  // --default-ssl-certificate or the generated one; never null
  std::string fallback_secret;                       // "" = generated
  std::uint64_t content_hash = 0;

  // Whether the host is served with the fallback, for want of a certificate of its own.
  [[nodiscard]] bool is_stand_in(const CertificateEntry& entry) const noexcept { return !entry.certificate || entry.certificate == fallback; }
  // Never null; the fallback for undeclared names and "".
  [[nodiscard]] const tls::Certificate* find(std::string_view lower_case_name) const noexcept;
  // Null for undeclared names (ssl-reject-handshake).
  [[nodiscard]] const tls::Certificate* find_declared(std::string_view lower_case_name) const noexcept;
};

}  // namespace routing
