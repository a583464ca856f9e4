#include "controller/translate/upstream_table.hpp"

#include "routing/content_hash.hpp"

#include <vector>

namespace controller::translate {

namespace {

using Group = std::shared_ptr<const routing::UpstreamGroup>;

kube::Key service_of(const UpstreamKey& key) { return {key.service_namespace, key.service}; }

void resolve_group(Translation& translation, std::uint32_t index, Group& group, const Store& store, const SliceIndex& slices, const Options& options,
                   const DnsResolver::Answers& answers) {
  ResolvedUpstream resolved = resolve(*translation.upstream_keys[index], store, slices, answers, !options.disable_svc_external_name);
  if (resolved.external_name.empty()) {
    translation.external_upstreams.erase(index);
  } else {
    translation.external_names.insert(resolved.external_name);
    translation.external_upstreams.insert(index);
  }
  if (resolved.problem.empty() && !resolved.service_diagnostic) translation.findings.erase(index);
  else translation.findings[index] = {std::move(resolved.problem), std::move(resolved.service_diagnostic)};
  if (!group || !(*group == resolved.group)) group = std::make_shared<const routing::UpstreamGroup>(std::move(resolved.group));
}

// Resolves those of `indices` anew; their slots of the table may hold the group of before.
void resolve_groups(Translation& translation, const std::vector<std::uint32_t>& indices, routing::UpstreamTable& table, const Store& store, const Options& options,
                    const DnsResolver::Answers& answers) {
  std::set<kube::Key> services;
  for (const std::uint32_t index : indices) services.insert(service_of(*translation.upstream_keys[index]));
  const SliceIndex slices = services.empty() ? SliceIndex{} : index_slices(store, services);
  for (const std::uint32_t index : indices) resolve_group(translation, index, table.groups[index], store, slices, options, answers);
}

// Takes the group with its finding over. False when it has to be resolved anew.
bool keep_group(Translation& translation, std::uint32_t index, Group& group, const Translation& previous, const std::set<kube::Key>* services) {
  const UpstreamKey& key = *translation.upstream_keys[index];
  const auto known = previous.upstreams.find(key);
  if (known == previous.upstreams.end()) return false;
  group = previous.snapshot->upstreams->groups[known->second];
  if (!services || services->contains(service_of(key)) || previous.external_upstreams.contains(known->second)) return false;
  if (const auto finding = previous.findings.find(known->second); finding != previous.findings.end()) translation.findings[index] = finding->second;
  return true;
}

void tell_findings(Translation& translation) {
  translation.upstream_diagnostics.clear();
  if (translation.findings.empty()) return;
  for (const UpstreamReference& reference : translation.references) {
    const auto found = translation.findings.find(reference.upstream);
    if (found == translation.findings.end() || found->second.problem.empty()) continue;
    const bool is_default = reference.field == "spec.defaultBackend";
    translation.upstream_diagnostics.push_back({"Ingress", reference.object_namespace, reference.ingress, reference.field + (is_default ? ".service" : ".backend.service"),
                                                found->second.problem, routing::Severity::refused});
  }
  std::set<routing::Diagnostic> of_services;  // several ports of one Service say the same
  for (const auto& [index, finding] : translation.findings)
    if (finding.of_service) of_services.insert(*finding.of_service);
  translation.upstream_diagnostics.insert(translation.upstream_diagnostics.end(), of_services.begin(), of_services.end());
}

}  // namespace

std::shared_ptr<const routing::UpstreamTable> make_upstreams(Translation& translation, const Translation* previous, const std::set<kube::Key>* services,
                                                             const Store& store, const Options& options, const DnsResolver::Answers& answers) {
  auto table = std::make_shared<routing::UpstreamTable>();
  const auto count = static_cast<std::uint32_t>(translation.upstream_keys.size());
  table->groups.resize(count);
  std::vector<std::uint32_t> unknown;
  for (std::uint32_t i = 0; i < count; ++i)
    if (!previous || !keep_group(translation, i, table->groups[i], *previous, services)) unknown.push_back(i);
  resolve_groups(translation, unknown, *table, store, options, answers);
  table->content_hash = routing::hash_of(*table);
  tell_findings(translation);
  return table;
}

std::shared_ptr<const routing::UpstreamTable> update_upstreams(Translation& translation, const std::set<kube::Key>& services, bool new_answers, const Store& store,
                                                               const Options& options, const DnsResolver::Answers& answers) {
  auto table = std::make_shared<routing::UpstreamTable>(*translation.snapshot->upstreams);
  std::vector<std::uint32_t> changed;
  for (std::uint32_t i = 0; i < table->groups.size(); ++i)
    if (services.contains(service_of(*translation.upstream_keys[i])) || (new_answers && translation.external_upstreams.contains(i))) changed.push_back(i);
  resolve_groups(translation, changed, *table, store, options, answers);
  table->content_hash = routing::hash_of(*table);
  tell_findings(translation);
  return table;
}

}  // namespace controller::translate
