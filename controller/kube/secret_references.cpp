#include "controller/kube/secret_references.hpp"

#include <utility>

namespace controller::kube {

namespace {

// Their values are "name" or "namespace/name".
constexpr std::string_view annotations_with_secrets[] = {"auth-secret", "auth-tls-secret", "proxy-ssl-secret", "secure-verify-ca-secret"};

}  // namespace

std::set<Key> SecretReferences::named_by(const Ingress& ingress) const {
  std::set<Key> named;
  const std::string& own = ingress.metadata.object_namespace;
  for (const IngressTls& tls : ingress.tls)
    if (!tls.secret.empty()) named.emplace(own, tls.secret);
  for (const std::string_view name : annotations_with_secrets) {
    const std::string* const value = find(ingress.metadata.annotations, prefix_ + "/" + std::string{name});
    if (!value || value->empty()) continue;
    const auto slash = value->find('/');
    if (slash == std::string::npos) named.emplace(own, *value);
    else named.emplace(value->substr(0, slash), value->substr(slash + 1));
  }
  return named;
}

SecretReferences::Difference SecretReferences::replace(const Key& ingress, std::set<Key> named) {
  Difference difference;
  for (const Key& secret : named)
    if (count_[secret]++ == 0) difference.added.insert(secret);
  const auto before = by_ingress_.find(ingress);
  if (before != by_ingress_.end())
    for (const Key& secret : before->second) {
      const auto counted = count_.find(secret);
      if (--counted->second != 0) continue;
      count_.erase(counted);
      difference.removed.insert(secret);
    }
  if (!named.empty()) by_ingress_[ingress] = std::move(named);
  else if (before != by_ingress_.end()) by_ingress_.erase(before);
  return difference;
}

SecretReferences::Difference SecretReferences::set(const Ingress& ingress) { return replace(ingress.metadata.key(), named_by(ingress)); }

SecretReferences::Difference SecretReferences::erase(const Key& ingress) { return replace(ingress, {}); }

}  // namespace controller::kube
