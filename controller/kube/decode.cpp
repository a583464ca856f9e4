#include "controller/kube/decode.hpp"

#include "controller/kube/decode_kinds.hpp"

#include <memory>
#include <type_traits>
#include <utility>
#include <variant>

namespace controller::kube {

namespace {

// Without the labels and annotations that nobody reads: controllers keep changing them, which must not look like a change.
template <typename T>
Object share(T value) {
  constexpr bool keeps_annotations = std::is_same_v<T, Ingress> || std::is_same_v<T, IngressClass>;
  constexpr bool keeps_labels = std::is_same_v<T, Namespace>;
  if (!keeps_annotations) value.metadata.annotations = Pairs{};
  if (!keeps_labels) value.metadata.labels = Pairs{};
  return std::make_shared<const T>(std::move(value));
}

}  // namespace

Decoded decode(const boost::json::object& root) {
  Decoded result;
  Reader scalars{"Object", result.diagnostics};
  const std::string version = scalars.text(root, "apiVersion", "apiVersion");
  const std::string kind = scalars.text(root, "kind", "kind");
  const std::string group = version.find('/') == std::string::npos ? "" : version.substr(0, version.find('/'));
  Reader reader{kind, result.diagnostics};

  if (kind == "Ingress" && (version == "extensions/v1beta1" || version == "networking.k8s.io/v1beta1")) {
    (void)reader.metadata(root, true);
    reader.complain("apiVersion", version + " is gone since Kubernetes 1.22: write networking.k8s.io/v1 (backend.service.name, "
                                            "backend.service.port.number and a pathType for each path); not served");
    return result;
  }
  if (kind == "Ingress" && group == "networking.k8s.io") result.object = share(decode_ingress(root, reader));
  else if (kind == "IngressClass" && group == "networking.k8s.io") result.object = share(decode_ingress_class(root, reader));
  else if (kind == "Service" && version == "v1") result.object = share(decode_service(root, reader));
  else if (kind == "EndpointSlice" && group == "discovery.k8s.io") result.object = share(decode_endpoint_slice(root, reader));
  else if (kind == "Secret" && version == "v1") result.object = share(decode_secret(root, reader));
  else if (kind == "ConfigMap" && version == "v1") result.object = share(decode_config_map(root, reader));
  else if (kind == "Namespace" && version == "v1") result.object = share(decode_namespace(root, reader));
  else result.skipped_kind = version + " " + kind;

  const bool is_named = result.object && std::visit([](const auto& object) { return !object->metadata.name.empty(); }, *result.object);
  if (!is_named) result.object.reset();
  return result;
}

}  // namespace controller::kube
