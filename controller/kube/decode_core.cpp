// Secret, ConfigMap and Namespace.
#include "controller/kube/base64.hpp"
#include "controller/kube/decode_kinds.hpp"

namespace controller::kube {

namespace json = boost::json;

Secret decode_secret(const json::object& root, Reader& reader) {
  Secret secret;
  secret.metadata = reader.metadata(root, true);
  for (auto& [name, text] : reader.pairs(root, "data", "data")) {
    std::string value;
    if (decode_base64(std::move(text), value)) secret.data.emplace_back(name, std::move(value));
    else reader.complain("data." + name, "is not base64");
  }
  for (auto& [name, value] : reader.pairs(root, "stringData", "stringData")) {
    std::erase_if(secret.data, [&name = name](const auto& pair) { return pair.first == name; });
    secret.data.emplace_back(name, std::move(value));
  }
  return secret;
}

ConfigMap decode_config_map(const json::object& root, Reader& reader) {
  ConfigMap map;
  map.metadata = reader.metadata(root, true);
  map.data = reader.pairs(root, "data", "data");
  return map;
}

Namespace decode_namespace(const json::object& root, Reader& reader) {
  Namespace made;
  made.metadata = reader.metadata(root, false);
  return made;
}

}  // namespace controller::kube
