#include "controller/explain/json.hpp"

#include <boost/json.hpp>
#include <fmt/chrono.h>
#include <fmt/format.h>

namespace controller::explain {
namespace {

namespace json = boost::json;

const char* to_name(routing::OutcomeKind kind) {
  switch (kind) {
    case routing::OutcomeKind::forward: return "forward";
    case routing::OutcomeKind::stand_in: return "stand_in";
    case routing::OutcomeKind::redirect: return "redirect";
    case routing::OutcomeKind::reply: return "reply";
    case routing::OutcomeKind::handshake_refused: break;
  }
  return "handshake_refused";
}

const char* to_name(PolicySource source) {
  switch (source) {
    case PolicySource::annotation: return "annotation";
    case PolicySource::config_map: return "configmap";
    case PolicySource::standard: break;
  }
  return "default";
}

json::value iso_time(std::chrono::system_clock::time_point time) {
  if (time == std::chrono::system_clock::time_point{}) return nullptr;
  return json::value(fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(std::chrono::system_clock::to_time_t(time))));
}

json::object to_value(const Place& place) {
  json::object object{{"ingress", place.ingress_namespace + "/" + place.ingress_name},
                      {"field", place.field},
                      {"host", place.host},
                      {"path", place.path},
                      {"path_type", place.path_type},
                      {"service", place.service},
                      {"port", place.port}};
  object["created"] = place.created_at == 0 ? json::value(nullptr) : iso_time(std::chrono::system_clock::from_time_t(place.created_at));
  return object;
}

json::object to_value(const routing::AskedRequest& request, const Explanation& explanation) {
  return {{"url", request.url},   {"scheme", request.scheme},
          {"host", request.host}, {"path", request.path},
          {"query", request.query}, {"normalised_path", explanation.normalised_path},
          {"server_name", request.server_name}};
}

json::object to_value(const Winner& winner) {
  json::object object = to_value(winner.place);
  object["matched_host"] = winner.matched_host;
  object["expression"] = winner.is_expression;
  object["placeholder"] = winner.is_placeholder;
  return object;
}

json::object to_value(const EndpointUse& endpoint) {
  return {{"address", endpoint.address}, {"port", endpoint.port},    {"state", to_text(endpoint.state)},
          {"slice", endpoint.slice},     {"used", endpoint.is_used}, {"reason", endpoint.why_not}};
}

json::object to_value(const ServiceUse& use, const std::string& stands_in_for) {
  json::array endpoints;
  for (const EndpointUse& endpoint : use.endpoints) endpoints.push_back(to_value(endpoint));
  return {{"name", use.service_namespace + "/" + use.service},
          {"port", use.port},
          {"port_name", use.port_name},
          {"external_name", use.external_name},
          {"stands_in_for", stands_in_for},
          {"problem", use.problem},
          {"used", use.used},
          {"total", use.total},
          {"endpoints", std::move(endpoints)}};
}

json::object to_value(const CertificateUse& use) {
  json::array names;
  for (const auto& name : use.names) names.emplace_back(name);
  return {{"server_name", use.server_name},
          {"default", use.is_default},
          {"reason", use.reason},
          {"secret", use.secret},
          {"names", std::move(names)},
          {"subject", use.subject},
          {"issuer", use.issuer},
          {"not_before", iso_time(use.not_before)},
          {"expiry", iso_time(use.expiry)},
          {"expired", use.is_expired}};
}

json::array to_value(const std::vector<Policy>& policies) {
  json::array list;
  for (const Policy& policy : policies)
    list.push_back(json::object{{"setting", policy.setting}, {"effect", policy.effect}, {"source", to_name(policy.source)}, {"from", policy.from}});
  return list;
}

json::array to_value(const std::vector<Candidate>& candidates) {
  json::array list;
  for (const Candidate& candidate : candidates) {
    json::object object = to_value(candidate.place);
    object["loss"] = to_text(candidate.loss);
    object["reason"] = candidate.reason;
    list.push_back(std::move(object));
  }
  return list;
}

json::array to_value(const std::vector<routing::Diagnostic>& findings) {
  json::array list;
  for (const routing::Diagnostic& d : findings)
    list.push_back(json::object{{"kind", d.kind}, {"namespace", d.object_namespace}, {"name", d.name}, {"field", d.field}, {"reason", d.reason},
                                {"severity", d.severity == routing::Severity::refused ? "refused" : "changed"}});
  return list;
}

// Escapes may be needed for bytes that are no UTF-8: a path can hold any.
std::string valid_utf8(std::string text) {
  for (std::size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i]);
    const std::size_t length = lead < 0x80 ? 1 : lead >= 0xc2 && lead < 0xe0 ? 2 : (lead & 0xf0) == 0xe0 ? 3 : lead >= 0xf0 && lead < 0xf5 ? 4 : 0;
    bool is_whole = length != 0 && i + length <= text.size();
    for (std::size_t k = 1; is_whole && k < length; ++k) is_whole = (static_cast<unsigned char>(text[i + k]) & 0xc0) == 0x80;
    if (!is_whole) text[i] = '?';
    i += is_whole ? length : 1;
  }
  return text;
}

}  // namespace

std::string to_json(const Explanation& explanation) {
  json::object object{{"request", to_value(explanation.request, explanation)}};
  object["routed"] = explanation.is_routed();
  json::object outcome{{"kind", to_name(explanation.kind)}};
  outcome["status"] = explanation.status == 0 ? json::value(nullptr) : json::value(explanation.status);
  outcome["reason"] = explanation.reason;
  outcome["location"] = explanation.location;
  outcome["upstream_target"] = explanation.upstream_target;
  object["outcome"] = std::move(outcome);
  object["winner"] = explanation.winner ? json::value(to_value(*explanation.winner)) : json::value(nullptr);
  object["policies"] = to_value(explanation.policies);
  object["service"] = explanation.service ? json::value(to_value(*explanation.service, explanation.stands_in_for)) : json::value(nullptr);
  object["certificate"] = explanation.certificate ? json::value(to_value(*explanation.certificate)) : json::value(nullptr);
  object["default_backend"] = explanation.default_backend;
  object["candidates"] = to_value(explanation.candidates.listed);
  object["candidates_left_out"] = explanation.candidates.left_out;
  object["candidates_for_other_hosts"] = explanation.candidates.of_other_hosts;
  object["findings"] = to_value(explanation.findings);
  return valid_utf8(json::serialize(object));
}

}  // namespace controller::explain
