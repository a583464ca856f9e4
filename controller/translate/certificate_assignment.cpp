// Which certificate each host gets.
#include "controller/annotations/values.hpp"
#include "controller/translate/translator.hpp"
#include "routing/content_hash.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>

namespace controller::translate {

using routing::Severity;

namespace {

using Clock = std::chrono::system_clock;

bool is_equal(const std::unique_ptr<HostCertificate>& a, const std::unique_ptr<HostCertificate>& b) {
  return !a == !b && (!a || (a->entry.secret == b->entry.secret && a->entry.certificate == b->entry.certificate));
}

}  // namespace

void Translator::find_certificates(PlannedIngress& planned) {
  const kube::Ingress& ingress = *planned.ingress;
  planned.certificates.resize(ingress.tls.size());
  for (std::size_t i = 0; i < ingress.tls.size(); ++i) {
    if (ingress.tls[i].secret.empty()) continue;
    CertificateCache::Found found = certificates_.find(store_, ingress.metadata.object_namespace, ingress.tls[i].secret);
    planned.has_other_certificates = planned.has_other_certificates || found != planned.certificates[i];
    planned.certificates[i] = std::move(found);
  }
  const bool may_tell = !planned.findings.empty() ||
                        std::any_of(planned.certificates.begin(), planned.certificates.end(), [](const auto& found) { return found && found->secret && !found->certificate; });
  if (may_tell) translation_.telling_plans.insert(&planned);
  else translation_.telling_plans.erase(&planned);
}

// By the entry that names the host, else by one whose certificate covers it, else it is the default one (ingress-nginx 0.3).
void Translator::choose_certificate(const std::string& host, const PlannedIngress& planned, HostCertificate& chosen) {
  const kube::Ingress& ingress = *planned.ingress;
  const std::string& ns = ingress.metadata.object_namespace;
  const auto& fallback = certificate_table_->fallback;
  routing::CertificateEntry& entry = chosen.entry;
  entry = {host, "", fallback};
  for (std::size_t i = 0; i < ingress.tls.size(); ++i) {
    const kube::IngressTls& tls = ingress.tls[i];
    const bool is_named = std::any_of(tls.hosts.begin(), tls.hosts.end(), [&host](const auto& name) { return annotations::to_lower(name) == host; });
    if (!is_named) continue;
    if (tls.secret.empty()) break;  // the default certificate is asked for
    const auto& certificate = planned.certificates[i]->certificate;
    entry.secret = ns + "/" + tls.secret;
    if (!certificate) {
      chosen.told_secrets.push_back(secret_field(i));
      tell(ingress, secret_field(i), planned.certificates[i]->problem + "; the default certificate serves " + host + " until it is there");
    } else if (!certificate->covers(host)) {
      tell(ingress, secret_field(i), fmt::format("the certificate of Secret {} is not for {}; the default certificate serves it", entry.secret, host));
    } else {
      entry.certificate = certificate;
      judge(ingress, i, chosen);
    }
    return;
  }
  for (std::size_t i = 0; i < ingress.tls.size(); ++i) {
    const auto& found = planned.certificates[i];
    if (!found || !found->certificate || !found->certificate->covers(host)) continue;
    entry.secret = ns + "/" + ingress.tls[i].secret;
    entry.certificate = found->certificate;
    judge(ingress, i, chosen);
    return;
  }
}

void Translator::judge(const kube::Ingress& ingress, std::size_t tls, HostCertificate& chosen) {
  const auto now = Clock::now(), begin = chosen.entry.certificate->not_before(), end = chosen.entry.certificate->expiry();
  const char* const fault = end <= now ? "has expired" : begin > now ? "is not valid yet" : nullptr;
  if (fault) tell(ingress, secret_field(tls), fmt::format("the certificate of Secret {} {}; it is served all the same", chosen.entry.secret, fault), Severity::changed);
  for (const auto limit : {begin, end}) chosen.judged.end_at(limit, now);
}

void Translator::assign_certificate(const std::string& host, HostWork& work) {
  const std::unique_ptr<HostCertificate> before = std::exchange(work.certificate, nullptr);
  // The first Ingress with a TLS section fixes it (ingress-nginx 0.3).
  if (work.with_tls && !host.empty()) {
    work.certificate = std::make_unique<HostCertificate>();
    findings_ = &work.certificate->findings;
    choose_certificate(host, *work.with_tls, *work.certificate);
  }
  findings_ = &common_findings_;
  has_other_certificates_ = has_other_certificates_ || !is_equal(before, work.certificate);
}

// The certificate for everybody who has none. Its table is the one of before as long as nothing differs.
void Translator::find_default_certificate() {
  auto table = std::make_shared<routing::CertificateTable>();
  translation_.default_certificate.reset();
  if (!options_.default_ssl_certificate.empty()) {
    const auto [ns, name] = kube::key_of(options_.default_ssl_certificate);
    translation_.default_certificate = certificates_.find(store_, ns, name);
    const auto& found = *translation_.default_certificate;
    if (found.certificate) {
      table->fallback = found.certificate;
      table->fallback_secret = ns + "/" + name;
    } else {
      common_findings_.push_back({"Secret", ns, name, "--default-ssl-certificate", found.problem + "; a generated certificate stands in until it is there", Severity::refused});
    }
  }
  if (!table->fallback) table->fallback = certificates_.generated();
  certificate_table_ = std::move(table);
}

void Translator::fill_certificate_table() {
  auto table = std::make_shared<routing::CertificateTable>(*certificate_table_);
  for (const auto& [host, work] : translation_.hosts)
    if (work.certificate && table->index.insert(host, static_cast<std::uint32_t>(table->entries.size()))) table->entries.push_back(work.certificate->entry);
  table->content_hash = routing::hash_of(*table);
  certificate_table_ = std::move(table);
}

void Translator::assign_certificates() {
  find_default_certificate();
  const routing::CertificateTable* const before = translation_.snapshot ? translation_.snapshot->certificates.get() : nullptr;
  const bool has_same_default = before && before->fallback == certificate_table_->fallback && before->fallback_secret == certificate_table_->fallback_secret;
  const bool has_same_secrets = changes_ && changes_->secrets.empty();
  if (!has_same_secrets)
    for (auto& [ingress, planned] : translation_.plans) {
      planned->has_other_certificates = false;
      find_certificates(*planned);
    }
  const auto now = Clock::now();
  if (!has_same_default) look_at_all_hosts();
  if (!is_partial_) translation_.judged = {};
  for (Host* const host : looked_at_) {
    HostWork& work = host->second;
    const HostCertificate* const known = work.certificate.get();
    const bool is_to_be_judged = known && work.with_tls && (!has_same_default || !known->judged.contains(now) || (!has_same_secrets && work.with_tls->has_other_certificates));
    if (work.is_stale || is_to_be_judged) assign_certificate(host->first, work);
    if (work.certificate) translation_.judged.intersect(work.certificate->judged);
  }
  if (has_other_certificates_ || !has_same_default) fill_certificate_table();
  if (has_same_default && (!has_other_certificates_ || before->content_hash == certificate_table_->content_hash)) certificate_table_ = translation_.snapshot->certificates;
  else look_at_all_hosts();  // one may be below a wildcard host
}

}  // namespace controller::translate
