#include "controller/kube/decode_kinds.hpp"

#include <charconv>

namespace controller::kube {

namespace json = boost::json;

namespace {

ServicePort decode_port(const json::object& root, const std::string& path, Reader& reader) {
  ServicePort port;
  port.name = reader.text(root, "name", path + ".name");
  port.port = reader.port(root, "port", path + ".port");
  const std::string protocol = reader.text(root, "protocol", path + ".protocol");
  port.is_tcp = protocol.empty() || protocol == "TCP";
  const std::string target = reader.text(root, "targetPort", path + ".targetPort");
  const auto [end, error] = std::from_chars(target.data(), target.data() + target.size(), port.target_number);
  if (error != std::errc{} || end != target.data() + target.size()) {
    port.target_number = 0;
    port.target_name = target;
  }
  return port;
}

}  // namespace

Service decode_service(const json::object& root, Reader& reader) {
  Service service;
  service.metadata = reader.metadata(root, true);
  const json::object* const spec = reader.object(root, "spec", "spec");
  if (!spec) return service;
  service.is_external_name = reader.text(*spec, "type", "spec.type") == "ExternalName";
  service.external_name = reader.text(*spec, "externalName", "spec.externalName");
  if (const json::array* ports = reader.array(*spec, "ports", "spec.ports"))
    for (std::size_t i = 0; i < ports->size(); ++i)
      if (const json::object* port = (*ports)[i].if_object())
        service.ports.push_back(decode_port(*port, "spec.ports[" + std::to_string(i) + "]", reader));
  return service;
}

EndpointSlice decode_endpoint_slice(const json::object& root, Reader& reader) {
  EndpointSlice slice;
  slice.metadata = reader.metadata(root, true);
  if (const std::string* service = find(slice.metadata.labels, "kubernetes.io/service-name")) slice.service = *service;
  slice.is_address = reader.text(root, "addressType", "addressType") != "FQDN";
  if (const json::array* endpoints = reader.array(root, "endpoints", "endpoints"))
    for (std::size_t i = 0; i < endpoints->size(); ++i) {
      const json::object* const entry = (*endpoints)[i].if_object();
      if (!entry) continue;
      const std::string at = "endpoints[" + std::to_string(i) + "]";
      SliceEndpoint endpoint;
      if (const json::array* addresses = reader.array(*entry, "addresses", at + ".addresses"))
        for (const json::value& address : *addresses)
          if (address.is_string()) endpoint.addresses.emplace_back(address.get_string());
      if (const json::object* conditions = reader.object(*entry, "conditions", at + ".conditions")) {
        endpoint.is_ready = reader.boolean(*conditions, "ready", true, at + ".conditions.ready");
        endpoint.is_serving = reader.boolean(*conditions, "serving", endpoint.is_ready, at + ".conditions.serving");
        endpoint.is_terminating = reader.boolean(*conditions, "terminating", false, at + ".conditions.terminating");
      }
      slice.endpoints.push_back(std::move(endpoint));
    }
  if (const json::array* ports = reader.array(root, "ports", "ports"))
    for (std::size_t i = 0; i < ports->size(); ++i) {
      const json::object* const entry = (*ports)[i].if_object();
      if (!entry) continue;
      const std::string at = "ports[" + std::to_string(i) + "]";
      const std::string protocol = reader.text(*entry, "protocol", at + ".protocol");
      slice.ports.push_back({reader.text(*entry, "name", at + ".name"),
                             reader.port(*entry, "port", at + ".port"), protocol.empty() || protocol == "TCP"});
    }
  return slice;
}

}  // namespace controller::kube
