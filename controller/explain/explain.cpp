#include "controller/explain/explain.hpp"

#include "controller/explain/candidates.hpp"
#include "controller/explain/certificate.hpp"
#include "controller/explain/endpoints.hpp"
#include "controller/explain/policies.hpp"

#include <fmt/format.h>

#include <set>
#include <utility>

namespace controller::explain {
namespace {

constexpr std::size_t max_findings = 50;

std::string describe_default_backend(const Situation& situation) {
  const routing::RouteTable& routes = *situation.snapshot().routes;
  if (const auto* answer = std::get_if<routing::Reply>(&routes.fallback.action)) return fmt::format("Weir answers {}: {}", answer->status, answer->reason);
  const auto& group = *situation.snapshot().upstreams->groups[std::get<routing::Forward>(routes.fallback.action).upstream];
  return fmt::format("Service {}/{}, port {} (--default-backend-service)", group.service_namespace, group.service, group.port);
}

std::string service_name(const Situation& situation, std::uint32_t upstream) {
  const auto& group = *situation.snapshot().upstreams->groups[upstream];
  return fmt::format("{}/{}", group.service_namespace, group.service);
}

// What `weir check` says about the objects that take part.
std::vector<routing::Diagnostic> findings_about(const Situation& situation, const Explanation& explanation) {
  std::set<routing::Diagnostic> all;
  const auto take = [&](const std::string& kind, const std::string& ns, const std::string& name) {
    for (const auto* diagnostic : situation.findings.of(kind, ns, name)) all.insert(*diagnostic);
  };
  if (explanation.winner) take("Ingress", explanation.winner->place.ingress_namespace, explanation.winner->place.ingress_name);
  if (explanation.service) take("Service", explanation.service->service_namespace, explanation.service->service);
  if (const kube::ConfigMap* map = situation.config_map())
    for (const auto* diagnostic : situation.findings.of("ConfigMap", map->metadata.object_namespace, map->metadata.name))
      for (const Policy& policy : explanation.policies)
        if (diagnostic->field == "data." + policy.setting) all.insert(*diagnostic);
  // A file that could not be read may hold what is missed here.
  if (!explanation.winner || explanation.winner->is_placeholder)
    for (const auto* diagnostic : situation.findings.all())
      if (diagnostic->kind == "File") all.insert(*diagnostic);
  std::vector<routing::Diagnostic> list{all.begin(), all.end()};
  if (list.size() > max_findings) list.resize(max_findings);
  return list;
}

}  // namespace

Explainer::Explainer(Store store, Options options, std::vector<routing::Diagnostic> of_source, const DnsResolver::Answers& answers)
    : store_(std::move(store)), options_(std::move(options)), of_source_(std::move(of_source)),
      translation_(translate::translate(store_, options_, answers, certificates_)) {}

void Explainer::take_answers(const DnsResolver::Answers& answers) {
  translate::refresh_upstreams(translation_, {}, true, store_, options_, answers);
}

Explanation Explainer::explain(routing::AskedRequest request, std::uint16_t https_port, std::chrono::system_clock::time_point now) const {
  const Findings findings{of_source_, translation_};
  const Situation situation{store_, options_, translation_, findings};
  const routing::Outcome outcome = routing::outcome_of(snapshot(), request, https_port);
  Explanation explanation;
  explanation.normalised_path = outcome.normalised_path;
  explanation.kind = outcome.kind;
  explanation.status = outcome.status;
  explanation.reason = outcome.reason;
  explanation.location = outcome.location;
  explanation.upstream_target = outcome.upstream_target;
  explanation.winner = find_winner(situation, outcome);
  explanation.policies = policies_of(situation, request, outcome);
  const auto* const forward = outcome.route != nullptr ? std::get_if<routing::Forward>(&outcome.route->action) : nullptr;
  // Also behind a redirect: whoever follows it comes to this Service.
  const bool is_asked = outcome.kind != routing::OutcomeKind::reply || outcome.upstream.has_value();
  if (forward != nullptr && is_asked) explanation.service = service_use(situation, outcome.upstream.value_or(forward->upstream));
  if (outcome.kind == routing::OutcomeKind::stand_in) explanation.stands_in_for = service_name(situation, forward->upstream);
  explanation.default_backend = describe_default_backend(situation);
  explanation.certificate = certificate_use(situation, request.server_name, now);
  explanation.shows_certificate = request.is_tls || outcome.location.starts_with("https:");
  explanation.candidates = find_candidates(situation, request, outcome, explanation.winner);
  explanation.findings = findings_about(situation, explanation);
  explanation.request = std::move(request);
  return explanation;
}

}  // namespace controller::explain
