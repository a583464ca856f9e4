#include "controller/kube/decode_kinds.hpp"

#include <arpa/inet.h>

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

bool is_address(const std::string& text) {
  unsigned char bytes[16];
  return ::inet_pton(AF_INET, text.c_str(), bytes) == 1 || ::inet_pton(AF_INET6, text.c_str(), bytes) == 1;
}

// What is wrong with a slice, which may hold a thousand endpoints: the first of it, and how much more there is.
class SliceFaults {
 public:
  void add(std::string field, std::string reason) {
    if (count_++ > 0) return;
    field_ = std::move(field);
    reason_ = std::move(reason);
  }
  void tell(Reader& reader) {
    if (count_ > 1) reason_ += "; " + std::to_string(count_ - 1) + " more of this slice cannot be used either";
    if (count_ > 0) reader.complain(std::move(field_), std::move(reason_));
  }

 private:
  std::size_t count_ = 0;
  std::string field_, reason_;
};

void read_addresses(const json::array& addresses, const std::string& at, bool is_address_type, SliceFaults& faults, SliceEndpoint& endpoint) {
  for (std::size_t i = 0; i < addresses.size(); ++i) {
    const json::value& value = addresses[i];
    std::string text = value.is_string() ? std::string{value.get_string()} : "";
    if (is_address_type && !is_address(text)) faults.add(at + "[" + std::to_string(i) + "]", "\"" + text.substr(0, 80) + "\" is no IP address: not used");
    if (!text.empty()) endpoint.addresses.push_back(std::move(text));
  }
}

SlicePort decode_slice_port(const json::object& entry, const std::string& at, Reader& reader, SliceFaults& faults) {
  constexpr std::int32_t greatest = 65535;
  const std::string protocol = reader.text(entry, "protocol", at + ".protocol"), digits = reader.text(entry, "port", at + ".port");
  SlicePort port{reader.text(entry, "name", at + ".name"), 0, protocol.empty() || protocol == "TCP"};
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port.port);
  if (!digits.empty() && error == std::errc{} && end == digits.data() + digits.size() && port.port > 0 && port.port <= greatest) return port;
  port.port = 0;
  if (port.is_tcp) faults.add(at + ".port", digits.empty() ? "is missing: a port from 1 to 65535 is needed" : "must be a port from 1 to 65535, is \"" + digits.substr(0, 40) + "\"");
  return port;
}

}  // namespace

Service decode_service(const json::object& root, Reader& reader) {
  Service service;
  service.metadata = reader.metadata(root, true);
  const json::object* const spec = reader.object(root, "spec", "spec");
  if (!spec) return service;
  const std::string type = reader.text(*spec, "type", "spec.type");
  service.is_external_name = type == "ExternalName";
  service.external_name = reader.text(*spec, "externalName", "spec.externalName");
  service.exposure = {decode_status(root), type, reader.text(*spec, "clusterIP", "spec.clusterIP"), {}};
  if (const json::array* external = reader.array(*spec, "externalIPs", "spec.externalIPs"))
    for (const json::value& address : *external)
      if (address.is_string()) service.exposure.external_ips.emplace_back(address.get_string());
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
  SliceFaults faults;
  if (!slice.is_address) faults.add("addressType", "FQDN is not supported: its endpoints are not used; a Service of type ExternalName leads to a name");
  if (const json::array* endpoints = reader.array(root, "endpoints", "endpoints"))
    for (std::size_t i = 0; i < endpoints->size(); ++i) {
      const json::object* const entry = (*endpoints)[i].if_object();
      const std::string at = "endpoints[" + std::to_string(i) + "]";
      if (!entry) {
        faults.add(at, "must be an object: not used");
        continue;
      }
      SliceEndpoint endpoint;
      if (const json::array* addresses = reader.array(*entry, "addresses", at + ".addresses"))
        read_addresses(*addresses, at + ".addresses", slice.is_address, faults, endpoint);
      if (const json::object* conditions = reader.object(*entry, "conditions", at + ".conditions")) {
        endpoint.is_ready = reader.boolean(*conditions, "ready", true, at + ".conditions.ready");
        endpoint.is_serving = reader.boolean(*conditions, "serving", endpoint.is_ready, at + ".conditions.serving");
        endpoint.is_terminating = reader.boolean(*conditions, "terminating", false, at + ".conditions.terminating");
      }
      slice.endpoints.push_back(std::move(endpoint));
    }
  if (const json::array* ports = reader.array(root, "ports", "ports"))
    for (std::size_t i = 0; i < ports->size(); ++i)
      if (const json::object* const entry = (*ports)[i].if_object())
        slice.ports.push_back(decode_slice_port(*entry, "ports[" + std::to_string(i) + "]", reader, faults));
  faults.tell(reader);
  return slice;
}

}  // namespace controller::kube
