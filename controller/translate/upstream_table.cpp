#include "controller/translate/upstream_table.hpp"

#include "routing/content_hash.hpp"

#include <vector>

namespace controller::translate {

namespace {

using Group = std::shared_ptr<const routing::UpstreamGroup>;

kube::Key service_of(const UpstreamKey& key) { return {key.service_namespace, key.service}; }

void resolve_group(Translation& translation, std::uint32_t number, Group& group, const Store& store, const SliceIndex& slices, const Options& options,
                   const DnsResolver::Answers& answers) {
  ResolvedUpstream resolved = resolve(*translation.upstreams.key_of(number), store, slices, answers, !options.disable_svc_external_name);
  if (resolved.external_name.empty()) translation.external_upstreams.erase(number);
  else translation.external_upstreams[number] = std::move(resolved.external_name);
  if (resolved.problem.empty() && !resolved.service_diagnostic) translation.findings.erase(number);
  else translation.findings[number] = {std::move(resolved.problem), std::move(resolved.service_diagnostic)};
  resolved.group.content_hash = routing::hash_of(resolved.group);
  if (!group || !(*group == resolved.group)) group = std::make_shared<const routing::UpstreamGroup>(std::move(resolved.group));
}

// Resolves those of `numbers` anew; their places in the table may hold the group of before.
void resolve_groups(Translation& translation, const std::vector<std::uint32_t>& numbers, routing::UpstreamTable& table, const Store& store, const Options& options,
                    const DnsResolver::Answers& answers) {
  std::set<kube::Key> services;
  for (const std::uint32_t number : numbers) services.insert(service_of(*translation.upstreams.key_of(number)));
  const SliceIndex slices = services.empty() ? SliceIndex{} : index_slices(store, services);
  for (const std::uint32_t number : numbers) resolve_group(translation, number, table.groups[number], store, slices, options, answers);
  translation.external_names.clear();
  for (const auto& [number, name] : translation.external_upstreams) translation.external_names.insert(name);
}

// A number that is free again has no group, so that whoever is given it next finds none.
void forget(Translation& translation, std::uint32_t number, Group& group) {
  group.reset();
  translation.findings.erase(number);
  translation.external_upstreams.erase(number);
}

}  // namespace

std::shared_ptr<const routing::UpstreamTable> make_upstreams(Translation& translation, const std::set<kube::Key>* services, const Store& store, const Options& options,
                                                             const DnsResolver::Answers& answers) {
  auto table = translation.snapshot ? std::make_shared<routing::UpstreamTable>(*translation.snapshot->upstreams) : std::make_shared<routing::UpstreamTable>();
  table->groups.resize(translation.upstreams.size());
  const std::set<kube::Key> none;
  const WantedServices wanted{services ? *services : none};
  std::vector<std::uint32_t> unknown;
  for (std::uint32_t number = 0; number < translation.upstreams.size(); ++number) {
    Group& group = table->groups[number];
    const UpstreamKey* const key = translation.upstreams.key_of(number);
    if (!key) forget(translation, number, group);
    else if (!group || !services || wanted.contains(key->service_namespace, key->service) || translation.external_upstreams.contains(number)) unknown.push_back(number);
  }
  resolve_groups(translation, unknown, *table, store, options, answers);
  table->content_hash = routing::hash_of(*table);
  return table;
}

std::shared_ptr<const routing::UpstreamTable> update_upstreams(Translation& translation, const std::set<kube::Key>& services, bool new_answers, const Store& store,
                                                               const Options& options, const DnsResolver::Answers& answers) {
  auto table = std::make_shared<routing::UpstreamTable>(*translation.snapshot->upstreams);
  const WantedServices wanted{services};
  std::vector<std::uint32_t> changed;
  for (std::uint32_t number = 0; number < table->groups.size(); ++number) {
    const UpstreamKey* const key = translation.upstreams.key_of(number);
    if (key && (wanted.contains(key->service_namespace, key->service) || (new_answers && translation.external_upstreams.contains(number)))) changed.push_back(number);
  }
  resolve_groups(translation, changed, *table, store, options, answers);
  table->content_hash = routing::hash_of(*table);
  return table;
}

}  // namespace controller::translate
