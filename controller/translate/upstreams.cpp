#include "controller/translate/upstreams.hpp"

#include "controller/annotations/values.hpp"
#include "controller/special_address.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <iterator>

namespace controller::translate {

namespace {

bool is_address(const std::string& text) {
  unsigned char bytes[16];
  return ::inet_pton(AF_INET, text.c_str(), bytes) == 1 || ::inet_pton(AF_INET6, text.c_str(), bytes) == 1;
}

// What names this machine itself, however its hosts file is written.
bool is_loopback_name(std::string_view name) {
  static constexpr std::string_view names[] = {"localhost", "localhost.localdomain", "localhost4", "localhost4.localdomain4", "localhost6",
                                               "localhost6.localdomain6", "ip6-localhost", "ip6-loopback"};
  return name.ends_with(".localhost") || name.starts_with("127.") || std::find(std::begin(names), std::end(names), name) != std::end(names);
}

// By number (the port's own, then its targetPort, as ingress-nginx allows) or by name.
const kube::ServicePort* find_port(const kube::Service& service, const UpstreamKey& key) {
  const auto first = [&service](auto fits) -> const kube::ServicePort* {
    for (const auto& port : service.ports)
      if (port.is_tcp && fits(port)) return &port;
    return nullptr;
  };
  if (!key.port_name.empty()) {
    if (const auto* by_name = first([&key](const auto& port) { return port.name == key.port_name; })) return by_name;
    return first([&key](const auto& port) { return port.target_name == key.port_name; });
  }
  if (const auto* by_port = first([&key](const auto& port) { return port.port == key.port_number; })) return by_port;
  return first([&key](const auto& port) { return port.target_number == key.port_number; });
}

std::string port_text(const UpstreamKey& key) { return key.port_name.empty() ? std::to_string(key.port_number) : key.port_name; }

std::string join(const std::vector<std::string>& words) {
  std::string text;
  for (const auto& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

// The addresses of a name, and what is to be said of the Service when they are not what it asks for.
void take_answer(const kube::Service& service, const std::string& name, std::uint16_t port, const DnsResolver::Answer& answer, ResolvedUpstream& result) {
  for (const auto& address : answer.addresses) result.group.endpoints.push_back({address, port});
  const auto tell = [&](std::string reason, routing::Severity severity) {
    result.service_diagnostic = routing::Diagnostic{"Service", service.metadata.object_namespace, service.metadata.name, "spec.externalName", std::move(reason), severity};
  };
  if (!answer.failure.empty()) {
    tell(fmt::format("the name {} {}: 503 until it does", name, answer.failure), routing::Severity::refused);
  } else if (answer.addresses.empty() && !answer.refused.empty()) {
    tell(fmt::format("the name {} leads to {}, which no name may lead to: 503 until its DNS answer is another", name, join(answer.refused)), routing::Severity::refused);
    result.group.empty_reason = fmt::format("Service {}/{}: the name {} leads to {}", service.metadata.object_namespace, service.metadata.name, name, join(answer.refused));
  } else if (!answer.refused.empty()) {
    tell(fmt::format("of the addresses of the name {} these are not used, since no name may lead there: {}", name, join(answer.refused)), routing::Severity::changed);
  }
}

void resolve_external(const kube::Service& service, const UpstreamKey& key, const DnsResolver::Answers& answers, bool is_allowed,
                      ResolvedUpstream& result) {
  const std::string object = fmt::format("Service {}/{}", key.service_namespace, key.service);
  std::string name = annotations::to_lower(service.external_name);
  if (name.ends_with('.')) name.pop_back();
  std::int32_t port = key.port_number;
  if (const auto* declared = find_port(service, key)) port = declared->port;
  const std::string_view range = special_range(name);
  if (!is_allowed) result.problem = object + " is of type ExternalName, which --disable-svc-external-name forbids: 503";
  else if (name.empty()) result.problem = object + " has no spec.externalName: 503";
  else if (is_loopback_name(name) || range == "loopback" || range == "unspecified")
    result.problem = object + fmt::format(": spec.externalName \"{}\" is this machine itself, which is refused: 503", name);
  else if (!range.empty()) result.problem = object + fmt::format(": spec.externalName \"{}\" is a {} address, which is refused: 503", name, range);
  else if (port <= 0 || port > 65535) result.problem = object + fmt::format(" has no port {}: 503", port_text(key));
  if (!result.problem.empty()) return;
  if (is_address(name)) {
    result.group.endpoints.push_back({name, static_cast<std::uint16_t>(port)});
    return;
  }
  result.external_name = name;
  if (const auto found = answers.find(name); found != answers.end()) take_answer(service, name, static_cast<std::uint16_t>(port), found->second, result);
  if (result.group.endpoints.empty() && result.group.empty_reason.empty()) result.group.empty_reason = fmt::format("{}: the name {} does not resolve", object, name);
}

// Ready endpoints; without any, those that still serve while they terminate.
void collect(const std::vector<const kube::EndpointSlice*>& slices, const kube::ServicePort& port, std::vector<routing::Endpoint>& out) {
  for (const bool is_last_resort : {false, true}) {
    for (const kube::EndpointSlice* slice : slices) {
      if (!slice->is_address) continue;
      for (const auto& slice_port : slice->ports) {
        // A port of a Service may go without a name when it is the only one: then names do not tell ports apart.
        const bool is_meant = port.name.empty() || slice_port.name == port.name;
        if (!slice_port.is_tcp || !is_meant || slice_port.port <= 0 || slice_port.port > 65535) continue;
        for (const auto& endpoint : slice->endpoints) {
          const bool counts = is_last_resort ? endpoint.is_serving && endpoint.is_terminating : endpoint.is_ready;
          if (!counts) continue;
          for (const auto& address : endpoint.addresses)
            if (is_address(address)) out.push_back({address, static_cast<std::uint16_t>(slice_port.port)});
        }
      }
    }
    if (!out.empty()) break;
  }
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
}

}  // namespace

const kube::ServicePort* service_port(const kube::Service& service, const UpstreamKey& key) { return find_port(service, key); }

WantedServices::WantedServices(const std::set<kube::Key>& services) : services_(services) {
  for (const auto& [ns, name] : services) names_.insert(name);
}

bool WantedServices::contains(const std::string& service_namespace, const std::string& name) const {
  return names_.contains(name) && services_.contains({service_namespace, name});
}

SliceIndex index_slices(const Store& store, const std::set<kube::Key>& services) {
  SliceIndex index;
  const WantedServices wanted{services};
  for (const auto& [key, slice] : store.slices) {
    const std::string& ns = slice->metadata.object_namespace;
    if (!slice->service.empty() && wanted.contains(ns, slice->service)) index[{ns, slice->service}].push_back(slice.get());
  }
  return index;
}

ResolvedUpstream resolve(const UpstreamKey& key, const Store& store, const SliceIndex& slices, const DnsResolver::Answers& answers,
                         bool is_external_allowed) {
  ResolvedUpstream result;
  auto& group = result.group;
  group.service_namespace = key.service_namespace;
  group.service = key.service;
  group.port = port_text(key);
  group.name = fmt::format("{}-{}-{}", key.service_namespace, key.service, group.port);
  const auto found = store.services.find({key.service_namespace, key.service});
  if (found == store.services.end()) {
    result.problem = fmt::format("Service {}/{} does not exist: 503 until it does", key.service_namespace, key.service);
  } else if (found->second->is_external_name) {
    resolve_external(*found->second, key, answers, is_external_allowed, result);
  } else if (const auto* port = find_port(*found->second, key); !port) {
    std::string there;
    for (const auto& one : found->second->ports) there += fmt::format("{}{}{}", there.empty() ? "" : ", ", one.port, one.name.empty() ? "" : " (" + one.name + ")");
    result.problem = fmt::format("Service {}/{} has no TCP port {}: 503; it has {}", key.service_namespace, key.service, group.port,
                                 there.empty() ? "none" : there);
  } else {
    const auto with_slices = slices.find({key.service_namespace, key.service});
    if (with_slices != slices.end()) collect(with_slices->second, *port, group.endpoints);
    if (group.endpoints.empty()) group.empty_reason = fmt::format("Service {}/{} has no ready endpoint", key.service_namespace, key.service);
  }
  if (group.empty_reason.empty() && group.endpoints.empty()) group.empty_reason = result.problem;
  return result;
}

}  // namespace controller::translate
