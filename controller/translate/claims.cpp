// Which Ingresses claim which hosts, in the order in which they are heard: all of them, or again those that differ.
#include "controller/translate/selection.hpp"
#include "controller/translate/translator.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace controller::translate {

namespace {

Selected selected_of(const Claim& claim) { return {claim.planned->ingress.get(), claim.leaves, claim.planned->ingress->metadata.created_at}; }

bool comes_first(const Claim& a, const Claim& b) {
  if (a.planned == b.planned) return a.rule < b.rule;
  return is_heard_before(selected_of(a), selected_of(b));
}

}  // namespace

void Translator::hear_ingresses() {
  if (is_partial_) {
    std::set<std::string> hosts;
    for (const kube::Key& ingress : changes_->ingresses) hear_again(ingress, hosts);
    settle_claims(hosts);
  } else {
    hear_all();
  }
  for (const auto& [ingress, state] : translation_.ingress_states) {
    if (state == IngressState::refused) translation_.refused.insert(ingress);
    else translation_.refused.erase(ingress);
  }
}

void Translator::hear_all() {
  std::size_t count = 0;
  std::vector<routing::Diagnostic> findings;
  for (const Selected& selected : select_ingresses(store_, options_, findings)) {
    PlannedIngress& one = planned(*selected.ingress);
    one.heard_at = translation_.count;
    for (std::uint32_t i = 0; i < one.rules.size(); ++i) hear(one.rules[i], {&one, i, selected.leaves});
    ++count;
  }
  translation_.selection_findings.clear();
  for (routing::Diagnostic& finding : findings) translation_.selection_findings[{finding.object_namespace, finding.name}].push_back(std::move(finding));
  if (count < translation_.plans.size()) forget_unheard();
  settle_all_claims();
  look_at_all_hosts();
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

// One that differs, is new or is gone, among all others that do not. `hosts` takes those whose claims are others now.
void Translator::hear_again(const kube::Key& ingress, std::set<std::string>& hosts) {
  const auto known = translation_.plans_by_name.find(ingress);
  PlannedIngress* const before = known == translation_.plans_by_name.end() ? nullptr : *known;
  const kube::Ingress* const object_before = before ? before->ingress.get() : nullptr;
  if (before) take_back_claims(*before, hosts);

  translation_.selection_findings.erase(ingress);
  PlannedIngress* now = nullptr;
  if (const auto found = store_.ingresses.find(ingress); found != store_.ingresses.end()) {
    std::vector<routing::Diagnostic> findings;
    if (const auto selected = select(*found->second, store_, options_, findings)) {
      now = &planned(*selected->ingress);
      add_claims(*now, selected->leaves, hosts);
    }
    if (!findings.empty()) translation_.selection_findings[ingress] = std::move(findings);
  }
  if (before && now != before) forget(std::move(translation_.plans.extract(object_before).mapped()));
}

void Translator::take_back_claims(const PlannedIngress& planned, std::set<std::string>& hosts) {
  for (const PlannedRule& rule : planned.rules) {
    hosts.insert(rule.host);
    std::erase_if(rule.work->claims, [&planned](const Claim& claim) { return claim.planned == &planned; });
    rule.work->is_stale = true;
  }
}

void Translator::add_claims(const PlannedIngress& planned, bool leaves, std::set<std::string>& hosts) {
  for (std::uint32_t i = 0; i < planned.rules.size(); ++i) {
    hosts.insert(planned.rules[i].host);
    HostWork& work = *planned.rules[i].work;
    const Claim claim{&planned, i, leaves};
    work.claims.insert(std::upper_bound(work.claims.begin(), work.claims.end(), claim, comes_first), claim);
    work.is_stale = true;
  }
}

// False: nobody claims the host any more.
bool Translator::has_claims(HostWork& work) {
  if (work.claims.empty()) return false;
  if (!work.is_stale) return true;
  const auto first = std::find_if(work.claims.begin(), work.claims.end(), [](const Claim& claim) { return !claim.planned->ingress->tls.empty(); });
  work.with_tls = first == work.claims.end() ? nullptr : first->planned;
  return true;
}

Hosts::iterator Translator::erase_host(Hosts::iterator at) {
  HostWork& work = at->second;
  has_other_certificates_ = has_other_certificates_ || work.certificate != nullptr;
  has_other_hosts_ = has_other_hosts_ || work.entry != nullptr;
  clear_host(work);
  translation_.telling_hosts.erase(&*at);
  translation_.hosts_from_services.erase(&*at);
  return translation_.hosts.erase(at);
}

void Translator::settle_claims(const std::set<std::string>& hosts) {
  for (const std::string& host : hosts) {
    const auto at = translation_.hosts.find(host);
    if (has_claims(at->second)) looked_at_.push_back(&*at);
    else erase_host(at);
  }
  if (changes_->services.empty()) return;
  for (Host* host : translation_.hosts_from_services)
    if (!hosts.contains(host->first)) looked_at_.push_back(host);
}

void Translator::settle_all_claims() {
  for (auto at = translation_.hosts.begin(); at != translation_.hosts.end();) {
    HostWork& work = at->second;
    const std::size_t heard = std::exchange(work.heard, 0);
    if (heard < work.claims.size()) {
      work.claims.resize(heard);
      work.is_stale = true;
    }
    at = has_claims(work) ? std::next(at) : erase_host(at);
  }
}

}  // namespace controller::translate
