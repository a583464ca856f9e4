#include "controller/translate/planned_ingress.hpp"

#include "controller/annotations/values.hpp"
#include "controller/translate/names.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace controller::translate {

namespace {

void tell(PlannedIngress& planned, std::string field, std::string reason) {
  const auto& metadata = planned.ingress->metadata;
  planned.findings.push_back({"Ingress", metadata.object_namespace, metadata.name, std::move(field), std::move(reason), routing::Severity::refused});
}

// A rule whose host is none is dropped, but where its Ingress guards access its paths are closed on the host that was meant.
void plan_rule(PlannedIngress& planned, const kube::IngressRule& rule) {
  const std::string name = annotations::to_lower(rule.host);
  const bool is_guarded = planned.plan->is_guarded;
  if (!is_valid_host(name)) {
    const std::string meant = is_guarded ? meant_host(name) : "";
    if (!rule.is_refused)
      tell(planned, fmt::format("spec.rules[{}].host", rule.index),
           fmt::format("\"{}\" is no host name; the rule is not served{}", rule.host.substr(0, 80),
                       meant.empty() ? "" : fmt::format(", and since the Ingress guards access its paths answer 503 on host \"{}\"", meant)));
    const bool means_every_host = is_guarded && name == "*";
    if (!meant.empty() || means_every_host) planned.rules.push_back({meant, &rule, true, nullptr});
    return;
  }
  if (rule.is_refused && (!is_guarded || name.empty())) return;
  planned.rules.push_back({name, &rule, rule.is_refused, nullptr});
}

// One without rules is for whatever nobody else takes; where it is refused and guards access, that is closed, and so it is where
// nobody can tell what was written instead. Rules that were lost and named hosts are none of these: they were for hosts of their own.
void plan_rules(PlannedIngress& planned, bool has_catch_all) {
  const kube::Ingress& ingress = *planned.ingress;
  for (const kube::IngressRule& rule : ingress.rules) plan_rule(planned, rule);
  if (!ingress.rules.empty() || ingress.has_lost_hosts) return;
  if (has_catch_all) planned.rules.push_back({});
  else if (!planned.plan->is_refused) tell(planned, "spec", "has neither rules nor a defaultBackend: there is nothing to serve");
}

}  // namespace

void move_to(PlannedIngress& planned, kube::Ptr<kube::Ingress> ingress) {
  for (PlannedRule& rule : planned.rules)
    if (rule.rule) rule.rule = ingress->rules.data() + (rule.rule - planned.ingress->rules.data());
  planned.ingress = std::move(ingress);
}

std::shared_ptr<const annotations::IngressPlan> CommonPlans::share(annotations::IngressPlan plan) {
  const auto known = std::find_if(plans_.begin(), plans_.end(), [&plan](const auto& one) { return *one == plan; });
  if (known != plans_.end()) return *known;
  auto made = std::make_shared<const annotations::IngressPlan>(std::move(plan));
  if (plans_.size() == max_plans) std::erase_if(plans_, [](const auto& one) { return one.use_count() == 1; });
  if (plans_.size() < max_plans) plans_.push_back(made);
  return made;
}

PlannedIngress plan_ingress(kube::Ptr<kube::Ingress> ingress, const GlobalConfig& config, const Options& options, CommonPlans& common) {
  PlannedIngress planned;
  planned.ingress = std::move(ingress);
  annotations::IngressPlan plan = annotations::plan_of(*planned.ingress, options.annotations_prefix, config, planned.findings);
  const bool may_be_catch_all = planned.ingress->has_default_backend || (planned.ingress->has_lost_rules && !planned.ingress->has_lost_hosts);
  const bool has_catch_all = may_be_catch_all && !options.disable_catch_all;
  if (planned.ingress->has_default_backend && options.disable_catch_all) {
    tell(planned, "spec.defaultBackend", "--disable-catch-all is set: the Ingress is not served");
    plan.is_refused = true;
  }
  plan.is_refused = plan.is_refused || planned.ingress->has_lost_rules;
  const bool serves_nothing = plan.is_refused && (!plan.is_guarded || plan.is_canary);
  // Its paths stay its own, or requests would fall to another Ingress, which may guard less.
  if (plan.is_refused && !serves_nothing && plan.closes_paths.empty()) plan.closes_paths = "the Ingress is not served, and it guards access";
  planned.plan = common.share(std::move(plan));
  if (!serves_nothing) plan_rules(planned, has_catch_all);
  return planned;
}

}  // namespace controller::translate
