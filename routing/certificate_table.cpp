#include "routing/certificate_table.hpp"

namespace routing {

const tls::Certificate* CertificateTable::find(std::string_view lower_case_name) const noexcept {
  const auto* declared = find_declared(lower_case_name);
  return declared != nullptr ? declared : fallback.get();
}

const tls::Certificate* CertificateTable::find_declared(std::string_view lower_case_name) const noexcept {
  const auto found = index.find_declared(lower_case_name);
  if (found == HostIndex::none) return nullptr;
  // Declared, but its Secret is missing or broken: the host is served with the fallback (ingress-v1 R25).
  const auto& certificate = entries[found].certificate;
  return certificate != nullptr ? certificate.get() : fallback.get();
}

}  // namespace routing
