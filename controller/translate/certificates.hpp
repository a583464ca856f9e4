// TLS Secrets to certificates, each parsed once while its Secret stays the same.
#pragma once

#include "controller/store.hpp"
#include "tls/certificate.hpp"

#include <map>
#include <memory>
#include <string>

namespace controller::translate {

// Kept by the reconciler from one translation to the next.
class CertificateCache {
 public:
  struct Entry {
    kube::Ptr<kube::Secret> secret;  // what it was made from; null: there is none
    std::shared_ptr<const tls::Certificate> certificate;  // null: see problem
    std::string problem;             // for people, without secrets
  };
  using Found = std::shared_ptr<const Entry>;

  // Of the Secret "namespace/name": missing, unusable, or a certificate. The same while the Secret is. Never null.
  [[nodiscard]] Found find(const Store& store, const std::string& secret_namespace, const std::string& name);
  // Forgets what nobody else holds.
  void forget_unused();
  // The certificate for names that nobody declares; made on first use.
  [[nodiscard]] const std::shared_ptr<const tls::Certificate>& generated();

 private:
  std::map<kube::Key, Found> entries_;
  std::shared_ptr<const tls::Certificate> generated_;
};

}  // namespace controller::translate
