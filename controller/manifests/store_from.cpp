#include "controller/manifests/store_from.hpp"

#include <fmt/format.h>

namespace controller::manifests {

namespace {

std::string_view kind_name(const kube::Object& object) {
  static constexpr std::string_view names[] = {"Ingress", "IngressClass", "Service", "EndpointSlice", "Secret", "ConfigMap", "Namespace"};
  return names[object.index()];
}

}  // namespace

Loaded store_from(const Directory& directory, const Store& previous) {
  Loaded loaded;
  Store& before = const_cast<Store&>(previous);  // of<T>() has no const form; nothing is written
  directory.each_object([&](const kube::Object& object, const std::string& file) {
    std::visit([&](const auto& pointer) {
      using T = std::remove_const_t<typename std::decay_t<decltype(pointer)>::element_type>;
      const kube::Key key = pointer->metadata.key();
      const auto known = before.of<T>().find(key);
      const bool is_same = known != before.of<T>().end() && (known->second == pointer || *known->second == *pointer);
      const auto [slot, is_new] = loaded.store.of<T>().try_emplace(key, is_same ? known->second : pointer);
      if (is_new || *slot->second == *pointer) return;
      loaded.diagnostics.push_back({std::string{kind_name(object)}, key.first, key.second, "metadata.name",
                                    fmt::format("stands twice; the copy in {} is not used", std::filesystem::path{file}.filename().string()),
                                    routing::Severity::refused});
    }, object);
  });
  return loaded;
}

Changes changes_between(const Store& before, const Store& after) {
  Changes changes;
  changes.routes = before.ingresses != after.ingresses || before.classes != after.classes || before.services != after.services ||
                   before.secrets != after.secrets || before.config_maps != after.config_maps || before.namespaces != after.namespaces;
  changes.endpoints = before.slices != after.slices;
  return changes;
}

}  // namespace controller::manifests
