// Which certificate each host gets.
#include "controller/annotations/values.hpp"
#include "controller/translate/translator.hpp"
#include "routing/content_hash.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

namespace controller::translate {

using routing::Severity;

// The first Ingress with a TLS section fixes the certificate of a host (ingress-nginx 0.3): by the entry that names the
// host, else by one whose certificate covers it, else it is the default one.
void Translator::assign_certificate(HostBuilder& host, const PlannedIngress& planned) {
  const kube::Ingress& ingress = *planned.ingress;
  const std::string& ns = ingress.metadata.object_namespace;
  routing::CertificateEntry entry{host.name, "", certificate_table_->fallback};
  host.has_certificate = true;
  for (std::size_t i = 0; i < ingress.tls.size(); ++i) {
    const kube::IngressTls& tls = ingress.tls[i];
    const bool is_named = std::any_of(tls.hosts.begin(), tls.hosts.end(), [&host](const auto& name) { return annotations::to_lower(name) == host.name; });
    if (!is_named || tls.secret.empty()) {
      if (is_named) break;  // the default certificate is asked for
      continue;
    }
    const std::string field = fmt::format("spec.tls[{}].secretName", i);
    const auto& found = certificates_.find(store_, ns, tls.secret);
    entry.secret = ns + "/" + tls.secret;
    if (!found.certificate) {
      told_secrets_.emplace(&ingress, field);
      tell(ingress, field, found.problem + "; the default certificate serves " + host.name + " until it is there");
      break;
    }
    if (!found.certificate->covers(host.name)) {
      tell(ingress, field, fmt::format("the certificate of Secret {} is not for {}; the default certificate serves it", entry.secret, host.name));
      break;
    }
    const auto now = std::chrono::system_clock::now();
    if (found.certificate->expiry() < now) tell(ingress, field, fmt::format("the certificate of Secret {} has expired; it is served all the same", entry.secret), Severity::changed);
    else if (found.certificate->not_before() > now) tell(ingress, field, fmt::format("the certificate of Secret {} is not valid yet; it is served all the same", entry.secret), Severity::changed);
    entry.certificate = found.certificate;
    break;
  }
  if (entry.certificate == certificate_table_->fallback && entry.secret.empty()) {
    for (const kube::IngressTls& tls : ingress.tls) {
      if (tls.secret.empty()) continue;
      const auto& found = certificates_.find(store_, ns, tls.secret);
      if (!found.certificate || !found.certificate->covers(host.name)) continue;
      entry.secret = ns + "/" + tls.secret;
      entry.certificate = found.certificate;
      break;
    }
  }
  if (certificate_table_->index.insert(host.name, static_cast<std::uint32_t>(certificate_table_->entries.size())))
    certificate_table_->entries.push_back(std::move(entry));
}

// A Secret that holds no certificate is told of even where no host has come to need it: the one who wrote it does not know.
void Translator::tell_unused_secrets() {
  for (const PlannedIngress& planned : planned_) {
    const kube::Ingress& ingress = *planned.ingress;
    for (std::size_t i = 0; i < ingress.tls.size(); ++i) {
      const std::string field = fmt::format("spec.tls[{}].secretName", i);
      if (ingress.tls[i].secret.empty() || told_secrets_.contains({&ingress, field})) continue;
      const auto& found = certificates_.find(store_, ingress.metadata.object_namespace, ingress.tls[i].secret);
      if (found.secret && !found.certificate) tell(ingress, field, found.problem + "; no host uses it");
    }
  }
}

void Translator::assign_certificates() {
  if (!options_.default_ssl_certificate.empty()) {
    const auto [ns, name] = kube::key_of(options_.default_ssl_certificate);
    const auto& found = certificates_.find(store_, ns, name);
    if (found.certificate) {
      certificate_table_->fallback = found.certificate;
      certificate_table_->fallback_secret = ns + "/" + name;
    } else {
      translation_.route_diagnostics.push_back({"Secret", ns, name, "--default-ssl-certificate", found.problem + "; a generated certificate stands in until it is there", Severity::refused});
    }
  }
  if (!certificate_table_->fallback) certificate_table_->fallback = certificates_.generated();
  for (auto& [name, host] : hosts_) {
    if (name.empty()) continue;
    for (const PlannedIngress* planned : host.ingresses) {
      if (planned->ingress->tls.empty()) continue;
      assign_certificate(host, *planned);
      break;
    }
  }
  // An exact host below a wildcard host with a certificate is served with that one, so it counts as TLS enabled too.
  for (auto& [name, host] : hosts_)
    if (!name.empty() && !host.has_certificate) host.has_certificate = certificate_table_->index.find_declared(name) != routing::HostIndex::none;
  tell_unused_secrets();
  certificates_.forget_unused();
  certificate_table_->content_hash = routing::hash_of(*certificate_table_);
}

}  // namespace controller::translate
