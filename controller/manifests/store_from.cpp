#include "controller/manifests/store_from.hpp"

#include <fmt/format.h>

#include <map>
#include <type_traits>
#include <utility>

namespace controller::manifests {

namespace {

using Name = std::pair<std::size_t, kube::Key>;  // kind and key

Name name_of(const kube::Object& object) { return {object.index(), kube::key_of(object)}; }

template <typename T>
bool is_equal(const Store& store, const std::shared_ptr<T>& pointer) {
  return *store.of<std::remove_const_t<T>>().at(pointer->metadata.key()) == *pointer;
}

void tell_copies(const Directory& directory, Loaded& loaded) {
  std::map<Name, std::string> used;  // the file of each object that has copies
  for (const Copy& copy : loaded.copies) used.emplace(name_of(copy.object), "");
  directory.each_object([&](const kube::Object& object, const std::string& file) {
    const auto slot = used.find(name_of(object));
    if (slot != used.end() && slot->second.empty()) slot->second = file;
  });
  for (Copy& copy : loaded.copies) {
    copy.is_equal = std::visit([&](const auto& pointer) { return is_equal(loaded.store, pointer); }, copy.object);
    if (copy.is_equal) continue;
    const auto& [kind, key] = name_of(copy.object);
    const std::string& winner = used[{kind, key}];
    loaded.diagnostics.push_back({std::string{kube::kind_name(copy.object)}, key.first, key.second, "metadata.name",
                                  winner == copy.file ? fmt::format("stands twice in {}: the first is used", winner)
                                                      : fmt::format("is a duplicate: {} has it too, and comes first; the copy in {} is not used", winner, copy.file),
                                  routing::Severity::refused});
  }
}

}  // namespace

Loaded store_from(const Directory& directory) {
  Loaded loaded;
  directory.each_object([&](const kube::Object& object, const std::string& file) {
    std::visit([&](const auto& pointer) {
      using T = std::remove_const_t<typename std::decay_t<decltype(pointer)>::element_type>;
      if (!loaded.store.of<T>().try_emplace(pointer->metadata.key(), pointer).second) loaded.copies.push_back({object, file, false});
    }, object);
  });
  if (!loaded.copies.empty()) tell_copies(directory, loaded);
  return loaded;
}

namespace {

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
bool apply(const Delta& delta, Store& store, Changes& changes) {
  Kind<T> added, removed;
  if (!of_kind(delta.added, added) || !of_kind(delta.removed, removed)) return false;
  Kind<T>& all = store.of<T>();
  for (auto& [key, pointer] : added) {
    const auto old = removed.find(key);
    if (old == removed.end()) {
      if (!all.try_emplace(key, pointer).second) return false;
      note(changes, *pointer);
      continue;
    }
    const bool is_same = *old->second == *pointer;
    if (!is_same) {
      note(changes, *old->second);
      note(changes, *pointer);
      all[key] = pointer;
    }
    removed.erase(old);
  }
  for (auto& [key, pointer] : removed) {
    note(changes, *pointer);
    all.erase(key);
  }
  return true;
}

}  // namespace

Changes update(Loaded& loaded, Directory& directory) {
  const Delta delta = directory.take_delta();
  Changes changes;
  const bool may_swap = delta.is_reordered && !loaded.copies.empty();
  if (delta.added.empty() && delta.removed.empty() && !may_swap) return changes;
  Store& store = loaded.store;
  const bool is_applied = loaded.copies.empty() && apply<kube::Ingress>(delta, store, changes) && apply<kube::IngressClass>(delta, store, changes) &&
                          apply<kube::Service>(delta, store, changes) && apply<kube::EndpointSlice>(delta, store, changes) &&
                          apply<kube::Secret>(delta, store, changes) && apply<kube::ConfigMap>(delta, store, changes) &&
                          apply<kube::Namespace>(delta, store, changes);
  if (is_applied) return changes;
  loaded = store_from(directory);
  changes.routes = changes.is_unbounded = true;
  return changes;
}

}  // namespace controller::manifests
