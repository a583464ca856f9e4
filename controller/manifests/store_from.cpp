#include "controller/manifests/store_from.hpp"

#include <fmt/format.h>

namespace controller::manifests {

namespace {

std::string_view kind_name(const kube::Object& object) {
  static constexpr std::string_view names[] = {"Ingress", "IngressClass", "Service", "EndpointSlice", "Secret", "ConfigMap", "Namespace"};
  return names[object.index()];
}

}  // namespace

Loaded store_from(const Directory& directory) {
  Loaded loaded;
  directory.each_object([&](const kube::Object& object, const std::string& file) {
    std::visit([&](const auto& pointer) {
      using T = std::remove_const_t<typename std::decay_t<decltype(pointer)>::element_type>;
      const kube::Key key = pointer->metadata.key();
      const auto [slot, is_new] = loaded.store.of<T>().try_emplace(key, pointer);
      if (is_new || *slot->second == *pointer) return;
      loaded.diagnostics.push_back({std::string{kind_name(object)}, key.first, key.second, "metadata.name",
                                    fmt::format("stands twice; the copy in {} is not used", std::filesystem::path{file}.filename().string()),
                                    routing::Severity::refused});
    }, object);
  });
  return loaded;
}

namespace {

template <typename T>
void note(Changes& changes, const kube::Ptr<T>&) {
  changes.routes = true;
}
void note(Changes& changes, const kube::Ptr<kube::EndpointSlice>& slice) { changes.services.insert({slice->metadata.object_namespace, slice->service}); }

// The objects of one kind in a list; false when one stands twice.
template <typename T>
bool of_kind(const std::vector<kube::Object>& objects, Kind<T>& out) {
  bool unique = true;
  for (const kube::Object& object : objects)
    if (const auto* pointer = std::get_if<kube::Ptr<T>>(&object)) unique = out.try_emplace((*pointer)->metadata.key(), *pointer).second && unique;
  return unique;
}

// False: names are not unique, so the order of files decides and everything has to be looked at.
template <typename T>
bool apply(const Directory::Delta& delta, Store& store, Changes& changes) {
  Kind<T> added, removed;
  if (!of_kind(delta.added, added) || !of_kind(delta.removed, removed)) return false;
  Kind<T>& all = store.of<T>();
  for (auto& [key, pointer] : added) {
    const auto old = removed.find(key);
    if (old == removed.end()) {
      if (!all.try_emplace(key, pointer).second) return false;
      note(changes, pointer);
      continue;
    }
    const bool is_same = *old->second == *pointer;
    if (!is_same) {
      note(changes, old->second);
      note(changes, pointer);
      all[key] = pointer;
    }
    removed.erase(old);
  }
  for (auto& [key, pointer] : removed) {
    note(changes, pointer);
    all.erase(key);
  }
  return true;
}

}  // namespace

Changes update(Loaded& loaded, Directory& directory) {
  const Directory::Delta delta = directory.take_delta();
  Changes changes;
  if (delta.added.empty() && delta.removed.empty()) return changes;
  Store& store = loaded.store;
  const bool is_applied = loaded.diagnostics.empty() && apply<kube::Ingress>(delta, store, changes) && apply<kube::IngressClass>(delta, store, changes) &&
                          apply<kube::Service>(delta, store, changes) && apply<kube::EndpointSlice>(delta, store, changes) &&
                          apply<kube::Secret>(delta, store, changes) && apply<kube::ConfigMap>(delta, store, changes) &&
                          apply<kube::Namespace>(delta, store, changes);
  if (is_applied) return changes;
  loaded = store_from(directory);
  changes.routes = true;
  return changes;
}

}  // namespace controller::manifests
