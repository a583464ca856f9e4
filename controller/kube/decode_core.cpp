// Secret, ConfigMap and Namespace.
#include "controller/kube/decode_kinds.hpp"

#include <openssl/evp.h>

namespace controller::kube {

namespace json = boost::json;

namespace {

// False for what is no base64. Line breaks, as `kubectl create -o yaml` folds them, are skipped.
bool decode_base64(std::string text, std::string& out) {
  std::erase_if(text, [](char c) { return c == '\n' || c == '\r' || c == ' ' || c == '\t'; });
  out.resize(text.size() / 4 * 3);
  if (text.empty()) return true;
  if (text.size() % 4) return false;
  const int bytes = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(out.data()), reinterpret_cast<const unsigned char*>(text.data()),
                                    static_cast<int>(text.size()));
  if (bytes < 0) return false;
  std::size_t padding = 0;
  while (padding < 2 && text[text.size() - 1 - padding] == '=') ++padding;
  out.resize(static_cast<std::size_t>(bytes) - padding);
  return true;
}

}  // namespace

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
