#include "tests/e2e/manifests.hpp"

namespace e2e {

std::string service_at(const std::string& name, std::uint16_t port) {
  const auto number = std::to_string(port);
  return "---\napiVersion: v1\nkind: Service\nmetadata: {name: " + name + "}\n"
         "spec: {ports: [{name: http, port: 80, targetPort: " + number + "}]}\n"
         "---\napiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\n"
         "metadata: {name: " + name + "-1, labels: {kubernetes.io/service-name: " + name + "}}\n"
         "addressType: IPv4\nports: [{name: http, port: " + number + "}]\n"
         "endpoints: [{addresses: [127.0.0.1], conditions: {ready: true}}]\n";
}

std::string ingress_for(const std::string& host, const std::string& service, const std::string& annotations) {
  return "---\napiVersion: networking.k8s.io/v1\nkind: Ingress\n"
         "metadata: {name: " + host + ", annotations: {" + annotations + "}}\n"
         "spec: {ingressClassName: nginx, rules: [{host: " + host + ", http: {paths: [{path: /, pathType: Prefix, "
         "backend: {service: {name: " + service + ", port: {number: 80}}}}]}}]}\n";
}

}  // namespace e2e
