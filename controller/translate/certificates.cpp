#include "controller/translate/certificates.hpp"

#include <fmt/format.h>

namespace controller::translate {

namespace {

void parse(const std::string& name, CertificateCache::Entry& entry) {
  const std::string* const chain = kube::find(entry.secret->data, "tls.crt");
  const std::string* const private_key = kube::find(entry.secret->data, "tls.key");
  if (!chain || !private_key) {
    entry.problem = fmt::format("Secret {} has no {}", name, chain ? "tls.key" : "tls.crt");
    return;
  }
  auto parsed = tls::Certificate::parse(*chain, *private_key);
  if (parsed) entry.certificate = *parsed;
  else entry.problem = fmt::format("Secret {}: {}", name, parsed.error().message());
}

}  // namespace

CertificateCache::Found CertificateCache::find(const Store& store, const std::string& secret_namespace, const std::string& name) {
  const kube::Key key{secret_namespace, name};
  const auto stored = store.secrets.find(key);
  const kube::Ptr<kube::Secret> secret = stored == store.secrets.end() ? nullptr : stored->second;
  Found& slot = entries_[key];
  if (slot && slot->secret == secret) return slot;
  Entry entry{secret, nullptr, ""};
  const std::string full_name = secret_namespace + "/" + name;
  if (secret) parse(full_name, entry);
  else entry.problem = fmt::format("Secret {} does not exist", full_name);
  slot = std::make_shared<const Entry>(std::move(entry));
  return slot;
}

void CertificateCache::forget_unused() {
  std::erase_if(entries_, [](const auto& entry) { return entry.second.use_count() == 1; });
}

const std::shared_ptr<const tls::Certificate>& CertificateCache::generated() {
  if (!generated_)
    if (auto made = tls::Certificate::self_signed()) generated_ = *made;
  return generated_;
}

}  // namespace controller::translate
