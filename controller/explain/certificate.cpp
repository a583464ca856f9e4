#include "controller/explain/certificate.hpp"

#include "controller/annotations/values.hpp"
#include "controller/translate/selection.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace controller::explain {
namespace {

bool declares(const kube::Ingress& ingress, const std::string& host) {
  return std::any_of(ingress.rules.begin(), ingress.rules.end(), [&](const auto& rule) { return annotations::to_lower(rule.host) == host; });
}

// The one whose TLS section decides for the host: the first that has one. Null when none has.
const kube::Ingress* decider(const Situation& situation, const std::string& host) {
  std::vector<routing::Diagnostic> told_elsewhere;
  for (const auto& [ingress, leaves, created_at] : translate::select_ingresses(situation.store, situation.options, told_elsewhere))
    if (!ingress->tls.empty() && declares(*ingress, host) && !situation.translation.refused.contains(ingress->metadata.key())) return ingress;
  return nullptr;
}

// Why a declared host is served with the default certificate.
std::string why_default(const Situation& situation, const std::string& host) {
  const kube::Ingress* const ingress = decider(situation, host);
  if (ingress == nullptr) return fmt::format("host {} has no certificate of its own", host);
  const std::string name = fmt::format("Ingress {}/{}", ingress->metadata.object_namespace, ingress->metadata.name);
  for (std::size_t i = 0; i < ingress->tls.size(); ++i) {
    const auto& hosts = ingress->tls[i].hosts;
    if (std::none_of(hosts.begin(), hosts.end(), [&](const auto& one) { return annotations::to_lower(one) == host; })) continue;
    const std::string field = fmt::format("spec.tls[{}]", i);
    if (ingress->tls[i].secret.empty()) return fmt::format("{} {} names the host without a secretName", name, field);
    for (const auto* diagnostic : situation.findings.of("Ingress", ingress->metadata.object_namespace, ingress->metadata.name))
      if (diagnostic->field == field + ".secretName" && diagnostic->reason.find(host) != std::string::npos) return fmt::format("{} {}: {}", name, diagnostic->field, diagnostic->reason);
    break;
  }
  return fmt::format("no entry of spec.tls of {} names host {} or covers it", name, host);
}

std::string why_default_certificate_stands_in(const Situation& situation) {
  const std::string& wanted = situation.options.default_ssl_certificate;
  return wanted.empty() ? "generated at start: no --default-ssl-certificate is given" : "generated at start: --default-ssl-certificate=" + wanted + " cannot be used";
}

}  // namespace

std::optional<CertificateUse> certificate_use(const Situation& situation, const std::string& server_name,
                                              std::chrono::system_clock::time_point now) {
  const routing::CertificateTable& table = *situation.snapshot().certificates;
  const bool is_strict = situation.snapshot().settings->tls.reject_unknown_names;
  const tls::Certificate* const certificate = is_strict ? table.find_declared(server_name) : table.find(server_name);
  if (certificate == nullptr) return {};
  CertificateUse use;
  use.server_name = server_name;
  use.is_default = certificate == table.fallback.get();
  const std::uint32_t at = table.index.find_declared(server_name);
  const routing::CertificateEntry* const entry = at == routing::HostIndex::none ? nullptr : &table.entries[at];
  if (!use.is_default) {
    use.secret = entry->secret;
    use.reason = entry->host == server_name ? "declared for this host" : fmt::format("declared for {}", entry->host);
  } else {
    use.secret = table.fallback_secret;
    use.reason = server_name.empty() ? "the client names no host" : entry != nullptr ? why_default(situation, entry->host) : why_default(situation, server_name);
    if (use.secret.empty()) use.reason += "; " + why_default_certificate_stands_in(situation);
  }
  if (use.is_default && use.secret.empty()) return use;  // every start makes another: its names and dates say nothing
  use.names = certificate->names();
  use.subject = certificate->subject();
  use.issuer = certificate->issuer();
  use.not_before = certificate->not_before();
  use.expiry = certificate->expiry();
  use.is_expired = use.expiry < now;
  use.is_early = use.not_before > now;
  return use;
}

}  // namespace controller::explain
