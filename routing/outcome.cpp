#include "routing/outcome.hpp"

#include "routing/normalize_path.hpp"
#include "routing/redirects.hpp"

#include <fmt/format.h>

#include <utility>

namespace routing {
namespace {

void reply(Outcome& outcome, std::uint16_t status, std::string reason) {
  outcome.kind = OutcomeKind::reply;
  outcome.status = status;
  outcome.reason = std::move(reason);
}

std::string& redirect(Outcome& outcome, std::uint16_t status, std::string reason) {
  outcome.kind = OutcomeKind::redirect;
  outcome.status = status;
  outcome.reason = std::move(reason);
  return outcome.location;
}

// True when Weir answers without an upstream. The order is the exchange's.
bool answer_locally(const AskedRequest& request, std::uint16_t https_port, Outcome& outcome) {
  const Route& route = *outcome.route;
  if (outcome.match.kind == MatchKind::unknown_host && outcome.normalised_path == "/healthz") {
    reply(outcome, 200, "the health check of the traffic port answers for hosts that no Ingress declares");
    return true;
  }
  if (outcome.match.kind == MatchKind::add_slash) {
    append_slash_location(request.is_tls ? "https" : "http", request.authority, request.path, request.query,
                          redirect(outcome, 301, fmt::format("only {} with its slash is declared", route.origin.path)));
    return true;
  }
  if (const auto* answer = std::get_if<Reply>(&route.action)) {
    reply(outcome, answer->status, answer->reason);
    return true;
  }
  const TlsRedirect& to_https = route.policies.tls_redirect;
  if (!to_https.active || request.scheme == "https") return false;
  append_https_location(to_https, request.authority, request.target, https_port, redirect(outcome, to_https.status, "plain http is sent to https"));
  return true;
}

bool choose_upstream(const Snapshot& snapshot, Outcome& outcome) {
  const auto& groups = snapshot.upstreams->groups;
  outcome.kind = OutcomeKind::forward;
  outcome.upstream = std::get<Forward>(outcome.route->action).upstream;
  const auto& stand_in = outcome.route->policies.stand_in;
  if (groups[*outcome.upstream]->endpoints.empty() && stand_in) {
    outcome.kind = OutcomeKind::stand_in;
    outcome.reason = groups[*outcome.upstream]->empty_reason;
    outcome.upstream = stand_in->upstream;
  }
  const UpstreamGroup& group = *groups[*outcome.upstream];
  if (!group.endpoints.empty()) return true;
  reply(outcome, 503, group.empty_reason.empty() ? "no ready endpoint" : group.empty_reason);
  return false;
}

void rewrite(const AskedRequest& request, Outcome& outcome) {
  outcome.upstream_target = request.target;
  const auto& policy = outcome.route->policies.rewrite;
  if (!policy) return;
  std::string target;
  switch (apply(*policy, outcome.normalised_path, target)) {
    case RewriteOutcome::refused:
      outcome.upstream_target.clear();
      reply(outcome, 400, "the rewritten path would leave its directory");
      break;
    case RewriteOutcome::rewritten:
      target += request.query;
      if (is_absolute(*policy)) {
        outcome.upstream_target.clear();
        redirect(outcome, 302, "rewrite-target is a URL") = std::move(target);
      } else {
        outcome.upstream_target = std::move(target);
      }
      break;
    case RewriteOutcome::unmatched: break;
  }
}

}  // namespace

Outcome outcome_of(const Snapshot& snapshot, const AskedRequest& request, std::uint16_t https_port) {
  Outcome outcome;
  const bool is_strict = snapshot.settings->tls.reject_unknown_names;
  if (request.is_tls && is_strict && snapshot.certificates->find_declared(request.server_name) == nullptr) {
    outcome.kind = OutcomeKind::handshake_refused;
    outcome.reason = "no certificate is declared for this name, and ssl-reject-handshake is set";
    return outcome;
  }
  if (request.refused_status != 0) {
    reply(outcome, request.refused_status, request.refused_reason);
    return outcome;
  }
  if (!normalize_path(request.path, outcome.normalised_path)) {
    outcome.normalised_path.clear();
    reply(outcome, 400, "the path cannot be normalised: a bad escape, an encoded NUL, or more \"..\" than there are segments");
    return outcome;
  }
  outcome.match = snapshot.routes->match({request.host, outcome.normalised_path});
  outcome.route = outcome.match.route != nullptr ? outcome.match.route : &snapshot.routes->fallback;
  if (!answer_locally(request, https_port, outcome) && choose_upstream(snapshot, outcome)) rewrite(request, outcome);
  return outcome;
}

}  // namespace routing
