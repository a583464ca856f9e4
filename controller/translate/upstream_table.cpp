#include "controller/translate/upstream_table.hpp"

#include "routing/content_hash.hpp"

#include <string_view>
#include <unordered_map>

namespace controller::translate {

namespace {

using Group = std::shared_ptr<const routing::UpstreamGroup>;

routing::UpstreamGroup resolve_group(Translation& translation, std::uint32_t index, const Store& store, const SliceIndex& slices, const Options& options,
                                     const DnsResolver::Answers& answers) {
  ResolvedUpstream resolved = resolve(translation.upstream_keys[index], store, slices, answers, !options.disable_svc_external_name);
  if (!resolved.external_name.empty()) translation.external_names.insert(resolved.external_name);
  if (resolved.problem.empty() && !resolved.service_diagnostic) translation.findings.erase(index);
  else translation.findings[index] = {std::move(resolved.problem), std::move(resolved.service_diagnostic)};
  return std::move(resolved.group);
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

std::shared_ptr<const routing::UpstreamTable> make_upstreams(Translation& translation, const routing::UpstreamTable* before, const Store& store,
                                                             const Options& options, const DnsResolver::Answers& answers) {
  auto table = std::make_shared<routing::UpstreamTable>();
  std::unordered_map<std::string_view, const Group*> known;
  if (before)
    for (const auto& group : before->groups) known.emplace(group->name, &group);
  const SliceIndex slices = index_slices(store, nullptr);
  const auto count = static_cast<std::uint32_t>(translation.upstream_keys.size());
  table->groups.reserve(count);
  for (std::uint32_t i = 0; i < count; ++i) {
    routing::UpstreamGroup group = resolve_group(translation, i, store, slices, options, answers);
    const auto found = known.find(group.name);
    if (found != known.end() && **found->second == group) table->groups.push_back(*found->second);
    else table->groups.push_back(std::make_shared<const routing::UpstreamGroup>(std::move(group)));
  }
  table->content_hash = routing::hash_of(*table);
  tell_findings(translation);
  return table;
}

std::shared_ptr<const routing::UpstreamTable> update_upstreams(Translation& translation, const routing::UpstreamTable& before, const std::set<kube::Key>& services,
                                                               const Store& store, const Options& options, const DnsResolver::Answers& answers) {
  auto table = std::make_shared<routing::UpstreamTable>(before);
  const SliceIndex slices = index_slices(store, &services);
  for (std::uint32_t i = 0; i < table->groups.size(); ++i) {
    const UpstreamKey& key = translation.upstream_keys[i];
    if (!services.contains({key.service_namespace, key.service})) continue;
    routing::UpstreamGroup group = resolve_group(translation, i, store, slices, options, answers);
    if (!(*table->groups[i] == group)) table->groups[i] = std::make_shared<const routing::UpstreamGroup>(std::move(group));
  }
  table->content_hash = routing::hash_of(*table);
  tell_findings(translation);
  return table;
}

}  // namespace controller::translate
