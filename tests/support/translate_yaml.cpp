#include "tests/support/translate_yaml.hpp"

#include "controller/kube/decode.hpp"
#include "controller/manifests/yaml.hpp"
#include "controller/translate/diagnostics.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace test {

Decoded decode_yaml(std::string_view text) {
  Decoded result;
  for (const auto& document : controller::manifests::split_documents(text)) {
    const auto parsed = controller::manifests::parse_document(document);
    if (!parsed.value.is_object()) {
      result.diagnostics.push_back({"File", "", "", "", "does not parse: " + parsed.error});
      continue;
    }
    auto decoded = controller::kube::decode(parsed.value.get_object());
    for (auto& diagnostic : decoded.diagnostics) result.diagnostics.push_back(std::move(diagnostic));
    if (!decoded.object) continue;
    std::visit([&result](const auto& pointer) {
      using T = std::remove_const_t<typename std::decay_t<decltype(pointer)>::element_type>;
      result.store.of<T>()[pointer->metadata.key()] = pointer;
    }, *decoded.object);
  }
  return result;
}

Translated translate_yaml(std::string_view text, const controller::Options& options, const controller::DnsResolver::Answers& answers) {
  const Decoded decoded = decode_yaml(text);
  Translated result;
  for (const auto& diagnostic : decoded.diagnostics) result.diagnostics.push_back(routing::to_line(diagnostic));
  controller::translate::CertificateCache certificates;
  result.translation = controller::translate::translate(decoded.store, options, answers, certificates);
  for (const auto& diagnostic : controller::translate::diagnostics_of(result.translation)) result.diagnostics.push_back(routing::to_line(diagnostic));
  std::sort(result.diagnostics.begin(), result.diagnostics.end());
  return result;
}

const routing::Route* Translated::find(std::string_view host, std::string_view path) const {
  const auto match = snapshot().routes->match({host, path});
  return match.kind == routing::MatchKind::route ? match.route : nullptr;
}

std::string Translated::route_of(std::string_view host, std::string_view path) const {
  const auto match = snapshot().routes->match({host, path});
  if (match.kind == routing::MatchKind::add_slash) return "add_slash";
  const routing::Route& route = match.route ? *match.route : snapshot().routes->fallback;
  if (const auto* reply = std::get_if<routing::Reply>(&route.action)) return std::to_string(reply->status);
  return route.origin.ingress_name + "/" + route.origin.service;
}

std::size_t Translated::lines_with(std::string_view text) const {
  return static_cast<std::size_t>(std::count_if(diagnostics.begin(), diagnostics.end(), [text](const auto& line) { return line.find(text) != std::string::npos; }));
}

std::string ingress(const IngressText& text) {
  std::string annotations;
  for (const auto& [name, value] : text.annotations)
    fmt::format_to(std::back_inserter(annotations), "    {}{}: '{}'\n", name.find('/') == std::string::npos ? "nginx.ingress.kubernetes.io/" : "", name, value);
  return fmt::format(R"(---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: {}
  creationTimestamp: "{}"
  annotations:
{}    x/y: z
spec:
  {}
{}  rules:
  - host: "{}"
    http:
      paths:
      - path: '{}'
        pathType: {}
        backend: {{service: {{name: {}, port: {{number: 80}}}}}}
)", text.name, text.created, annotations, text.class_line, text.tls_secret.empty() ? "" : fmt::format("  tls: [{{hosts: ['{}'], secretName: {}}}]\n", text.host, text.tls_secret),
                     text.host, text.path, text.path_type, text.service);
}

std::string service(const std::string& name, const std::vector<std::string>& addresses) {
  std::string list;
  for (const auto& address : addresses) fmt::format_to(std::back_inserter(list), "{}\"{}\"", list.empty() ? "" : ", ", address);
  return fmt::format(R"(---
apiVersion: v1
kind: Service
metadata: {{name: {0}}}
spec: {{ports: [{{name: http, port: 80, targetPort: 8080}}]}}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {{name: {0}-1, labels: {{kubernetes.io/service-name: {0}}}}}
addressType: IPv4
endpoints: [{{addresses: [{1}]}}]
ports: [{{name: http, port: 8080}}]
)", name, list);
}

std::string config_map(const std::vector<std::pair<std::string, std::string>>& data) {
  std::string text = "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: conf}\ndata:\n";
  for (const auto& [key, value] : data) fmt::format_to(std::back_inserter(text), "  {}: '{}'\n", key, value);
  return text;
}

}  // namespace test
