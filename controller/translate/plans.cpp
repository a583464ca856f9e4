// What each Ingress asks for by itself: made where it may differ, kept while it does not, forgotten with its object.
#include "controller/translate/translator.hpp"

#include <utility>

namespace controller::translate {

// The plan of an object that is another now and says the same, as after each change of a status. Null: there is none.
std::unique_ptr<PlannedIngress> Translator::take_equal_plan(const kube::Ptr<kube::Ingress>& ingress) {
  const auto known = translation_.plans_by_name.find(ingress->metadata.key());
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
  if (const auto named = translation_.plans_by_name.find(key); named != translation_.plans_by_name.end()) translation_.plans_by_name.erase(named);
  translation_.plans_by_name.insert(plan.get());
  auto& slot = translation_.plans[&ingress];
  if (slot) put_aside(std::move(slot));
  slot = std::move(plan);
  return *slot;
}

// Of an Ingress that is another now, or not served any more.
void Translator::forget(std::unique_ptr<PlannedIngress> planned) {
  const kube::Key key = planned->ingress->metadata.key();
  translation_.ingress_states.try_emplace(key, IngressState::gone);
  const auto named = translation_.plans_by_name.find(key);
  if (named != translation_.plans_by_name.end() && *named == planned.get()) translation_.plans_by_name.erase(named);
  put_aside(std::move(planned));
}

// Claims may still point to it, and tell it from new ones by that.
void Translator::put_aside(std::unique_ptr<PlannedIngress> planned) {
  translation_.telling_plans.erase(planned.get());
  forgotten_.push_back(std::move(planned));
}

void Translator::forget_unheard() {
  for (auto at = translation_.plans.begin(); at != translation_.plans.end();) {
    if (at->second->heard_at == translation_.count) {
      ++at;
      continue;
    }
    forget(std::move(at->second));
    at = translation_.plans.erase(at);
  }
}

}  // namespace controller::translate
