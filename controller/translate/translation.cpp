#include "controller/translate/translation.hpp"

#include "controller/translate/selection.hpp"
#include "controller/translate/translator.hpp"
#include "controller/translate/upstream_table.hpp"
#include "routing/content_hash.hpp"

#include <algorithm>

namespace controller::translate {

using routing::Severity;

// One that is gone stays in force, as in ingress-nginx.
void Translator::find_config_map() {
  const kube::Ptr<kube::ConfigMap> before = translation_.config_map;
  if (!options_.config_map.empty()) {
    const auto key = kube::key_of(options_.config_map);
    const auto found = store_.config_maps.find(key);
    if (found != store_.config_maps.end()) translation_.config_map = found->second;
    else
      common_findings_.push_back({"ConfigMap", key.first, key.second, "--configmap",
                                  before ? "is gone: what it said last stays in force until it is back or Weir starts again"
                                         : "does not exist: the defaults are in force until it does",
                                  Severity::refused});
  }
  config_ = translate_config(translation_.config_map.get(), common_findings_);
  is_all_stale_ = translation_.config_map != before;
  if (is_all_stale_) translation_.common_plans.clear();
}

// The plan of an object that is another now and says the same, as after each change of a status. Null: there is none.
std::unique_ptr<PlannedIngress> Translator::take_equal_plan(const kube::Ptr<kube::Ingress>& ingress) {
  const auto known = translation_.plans_by_name.find(ingress->metadata);
  if (is_all_stale_ || known == translation_.plans_by_name.end() || !(*(*known)->ingress == *ingress)) return nullptr;
  auto plan = std::move(translation_.plans.extract((*known)->ingress.get()).mapped());
  move_to(*plan, ingress);
  return plan;
}

// What its annotations say, read again only where the object or the configuration is another.
PlannedIngress& Translator::planned(const kube::Ingress& ingress) {
  const auto known = translation_.plans.find(&ingress);
  if (known != translation_.plans.end() && !is_all_stale_) return *known->second;
  const kube::Key key = ingress.metadata.key();
  const kube::Ptr<kube::Ingress>& object = store_.ingresses.at(key);
  std::unique_ptr<PlannedIngress> plan = take_equal_plan(object);
  if (!plan) {
    plan = std::make_unique<PlannedIngress>(plan_ingress(object, config_, options_, translation_.common_plans));
    for (PlannedRule& rule : plan->rules) rule.work = &translation_.hosts[rule.host];
    find_certificates(*plan);
  }
  translation_.ingress_states[key] = plan->plan->is_refused ? IngressState::refused : IngressState::served;
  if (const auto named = translation_.plans_by_name.find(ingress.metadata); named != translation_.plans_by_name.end()) translation_.plans_by_name.erase(named);
  translation_.plans_by_name.insert(plan.get());
  auto& slot = translation_.plans[&ingress];
  if (slot) forgotten_.push_back(std::move(slot));
  slot = std::move(plan);
  return *slot;
}

void Translator::hear(PlannedRule& rule, const Claim& claim) {
  HostWork& work = *rule.work;
  if (work.heard < work.claims.size() && work.claims[work.heard] == claim) {
    ++work.heard;
    return;
  }
  work.claims.resize(work.heard++);
  work.claims.push_back(claim);
  work.is_stale = true;
}

void Translator::hear_ingresses() {
  std::size_t count = 0;
  for (const Selected& selected : select_ingresses(store_, options_, common_findings_)) {
    PlannedIngress& one = planned(*selected.ingress);
    one.heard_at = translation_.count;
    for (std::uint32_t i = 0; i < one.rules.size(); ++i) hear(one.rules[i], {&one, i, selected.leaves});
    ++count;
  }
  if (count < translation_.plans.size()) forget_unheard();
  for (const auto& [ingress, state] : translation_.ingress_states) {
    if (state == IngressState::refused) translation_.refused.insert(ingress);
    else translation_.refused.erase(ingress);
  }
}

void Translator::forget_unheard() {
  for (auto at = translation_.plans.begin(); at != translation_.plans.end();) {
    if (at->second->heard_at == translation_.count) {
      ++at;
      continue;
    }
    const kube::Key key = at->second->ingress->metadata.key();
    translation_.ingress_states.try_emplace(key, IngressState::gone);
    const auto named = translation_.plans_by_name.find(at->second->ingress->metadata);
    if (named != translation_.plans_by_name.end() && *named == at->second.get()) translation_.plans_by_name.erase(named);
    forgotten_.push_back(std::move(at->second));
    at = translation_.plans.erase(at);
  }
}

void Translator::gather_diagnostics() {
  for (const auto& [ingress, plan] : translation_.plans) {
    take(plan->findings);
    tell_unused_secrets(*plan);
    plan->has_other_certificates = false;
  }
  std::sort(common_findings_.begin(), common_findings_.end());
  translation_.route_diagnostics = std::move(common_findings_);
}

// Tables that did not change stay the same objects.
void Translator::make_snapshot() {
  auto snapshot = std::make_shared<routing::Snapshot>();
  const routing::Snapshot* const before = translation_.snapshot.get();
  snapshot->routes = before && before->routes->content_hash == routes_->content_hash ? before->routes : std::move(routes_);
  snapshot->certificates = std::move(certificate_table_);
  snapshot->settings = before && *before->settings == config_.settings ? before->settings : std::make_shared<const routing::Settings>(config_.settings);
  snapshot->upstreams = make_upstreams(translation_, changes_ ? &changes_->services : nullptr, store_, options_, answers_);
  // By place, not by content: two ways of writing one port are two numbers, and their groups may look alike.
  if (before && before->upstreams->groups == snapshot->upstreams->groups) snapshot->upstreams = before->upstreams;
  snapshot->version = routing::version_of(*snapshot);
  translation_.snapshot = std::move(snapshot);
}

void Translator::run() {
  ++translation_.count;
  translation_.ingress_states.clear();
  find_config_map();
  hear_ingresses();
  assign_certificates();
  build_routes();
  make_snapshot();
  gather_diagnostics();
}

void translate(Translation& translation, const Store& store, const Options& options, const DnsResolver::Answers& answers, CertificateCache& certificates,
               const Changes* changes) {
  Translator{translation, store, options, answers, certificates, changes}.run();
  certificates.forget_unused();
}

Translation translate(const Store& store, const Options& options, const DnsResolver::Answers& answers, CertificateCache& certificates) {
  Translation translation;
  translate(translation, store, options, answers, certificates, nullptr);
  return translation;
}

void refresh_upstreams(Translation& translation, const std::set<kube::Key>& services, bool new_answers, const Store& store, const Options& options,
                       const DnsResolver::Answers& answers) {
  auto snapshot = std::make_shared<routing::Snapshot>(*translation.snapshot);
  snapshot->upstreams = update_upstreams(translation, services, new_answers, store, options, answers);
  snapshot->version = routing::version_of(*snapshot);
  translation.snapshot = std::move(snapshot);
}

}  // namespace controller::translate
