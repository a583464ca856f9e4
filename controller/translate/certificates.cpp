#include "controller/translate/certificates.hpp"

#include <fmt/format.h>

namespace controller::translate {

const CertificateCache::Entry& CertificateCache::find(const Store& store, const std::string& secret_namespace, const std::string& name) {
  const kube::Key key{secret_namespace, name};
  const auto stored = store.secrets.find(key);
  const kube::Ptr<kube::Secret> secret = stored == store.secrets.end() ? nullptr : stored->second;
  Entry& entry = entries_[key];
  entry.is_used = true;
  if (secret && entry.secret == secret) return entry;
  entry.secret = secret;
  entry.certificate = nullptr;
  entry.problem.clear();
  if (!secret) {
    entry.problem = fmt::format("Secret {}/{} does not exist", secret_namespace, name);
    return entry;
  }
  const std::string* const chain = kube::find(secret->data, "tls.crt");
  const std::string* const private_key = kube::find(secret->data, "tls.key");
  if (!chain || !private_key) {
    entry.problem = fmt::format("Secret {}/{} has no {}", secret_namespace, name, chain ? "tls.key" : "tls.crt");
    return entry;
  }
  auto parsed = tls::Certificate::parse(*chain, *private_key);
  if (parsed) entry.certificate = *parsed;
  else entry.problem = fmt::format("Secret {}/{}: {}", secret_namespace, name, parsed.error().message());
  return entry;
}

void CertificateCache::forget_unused() {
  std::erase_if(entries_, [](const auto& entry) { return !entry.second.is_used; });
  for (auto& [key, entry] : entries_) entry.is_used = false;
}

const std::shared_ptr<const tls::Certificate>& CertificateCache::generated() {
  if (!generated_)
    if (auto made = tls::Certificate::self_signed()) generated_ = *made;
  return generated_;
}

}  // namespace controller::translate
