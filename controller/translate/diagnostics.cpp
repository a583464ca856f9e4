#include "controller/translate/diagnostics.hpp"

#include "controller/translate/field_place.hpp"

#include <algorithm>
#include <set>
#include <string>
#include <utility>

namespace controller::translate {

namespace {

using Diagnostics = std::vector<routing::Diagnostic>;
using ToldSecrets = std::set<std::pair<const kube::Ingress*, std::string>>;  // fields of TLS entries whose Secret was told of by a host

void append(Diagnostics& all, const Diagnostics& more) { all.insert(all.end(), more.begin(), more.end()); }

ToldSecrets gather_of_hosts(const Translation& translation, Diagnostics& all) {
  ToldSecrets told;
  for (const Host* host : translation.telling_hosts) {
    const HostWork& work = host->second;
    append(all, work.findings);
    if (!work.certificate) continue;
    append(all, work.certificate->findings);
    for (const std::string& field : work.certificate->told_secrets) told.emplace(work.with_tls->ingress.get(), field);
  }
  return told;
}

// A Secret that holds no certificate is told of even where no host has come to need it: the one who wrote it does not know.
void tell_unused_secrets(const PlannedIngress& planned, const ToldSecrets& told, Diagnostics& all) {
  if (planned.plan->is_refused && planned.rules.empty()) return;
  const kube::Ingress& ingress = *planned.ingress;
  for (std::size_t i = 0; i < planned.certificates.size(); ++i) {
    const auto& found = planned.certificates[i];
    if (!found || !found->secret || found->certificate) continue;
    std::string field = secret_field(i);
    if (told.contains({&ingress, field})) continue;
    all.push_back({"Ingress", ingress.metadata.object_namespace, ingress.metadata.name, std::move(field), found->problem + "; no host uses it", routing::Severity::refused});
  }
}

void tell_references(const HostWork& work, const Translation& translation, Diagnostics& all) {
  for (const UpstreamReference& reference : work.references) {
    const auto found = translation.findings.find(reference.upstream);
    if (found == translation.findings.end() || found->second.problem.empty()) continue;
    const kube::Metadata& metadata = reference.planned->ingress->metadata;
    const char* const member = reference.place.is_default_backend() ? ".service" : ".backend.service";
    all.push_back({"Ingress", metadata.object_namespace, metadata.name, reference.place.field() + member, found->second.problem, routing::Severity::refused});
  }
}

Diagnostics diagnostics_of_upstreams(const Translation& translation) {
  Diagnostics all;
  if (translation.findings.empty()) return all;
  for (const auto& [host, work] : translation.hosts) tell_references(work, translation, all);
  std::set<routing::Diagnostic> of_services;  // several ports of one Service say the same
  for (const auto& [upstream, finding] : translation.findings)
    if (finding.of_service) of_services.insert(*finding.of_service);
  all.insert(all.end(), of_services.begin(), of_services.end());
  return all;
}

}  // namespace

std::vector<routing::Diagnostic> diagnostics_of_routes(const Translation& translation) {
  Diagnostics all = translation.common_findings;
  for (const auto& [ingress, findings] : translation.selection_findings) append(all, findings);
  const ToldSecrets told = gather_of_hosts(translation, all);
  for (const PlannedIngress* plan : translation.telling_plans) {
    append(all, plan->findings);
    tell_unused_secrets(*plan, told, all);
  }
  std::sort(all.begin(), all.end());
  return all;
}

std::vector<routing::Diagnostic> diagnostics_of(const Translation& translation) {
  Diagnostics all = diagnostics_of_routes(translation);
  append(all, diagnostics_of_upstreams(translation));
  return all;
}

}  // namespace controller::translate
