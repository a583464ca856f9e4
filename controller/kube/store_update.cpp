#include "controller/kube/store_update.hpp"

#include "controller/translate/selection.hpp"

#include <type_traits>

namespace controller::kube {

namespace {

class Update {
 public:
  Update(const Options& options, Store& store, Changes& changes) : options_(options), store_(store), changes_(changes) {}

  template <typename T>
  void put(const Ptr<T>& object) {
    auto& slot = store_.of<T>()[object->metadata.key()];
    if (slot && *slot == *object) {
      note_status(*slot, *object);
      if constexpr (may_differ_though_equal<T>) slot = object;  // others know the rest by its address
      return;
    }
    if (slot) {
      note(*slot);
      note_status(*slot, *object);
    }
    if (slot && slot->metadata.uid != object->metadata.uid) changes_.gone.insert({kind_name(Ptr<T>{}), slot->metadata.key()});
    note(*object);
    slot = object;
  }
  template <typename T>
  void erase(const Ptr<T>&, const Key& key) {
    const auto found = store_.of<T>().find(key);
    if (found == store_.of<T>().end()) return;
    note(*found->second);
    changes_.gone.insert({kind_name(Ptr<T>{}), key});
    if constexpr (std::is_same_v<T, Ingress>) changes_.statuses.insert(key);
    store_.of<T>().erase(found);
  }

 private:
  template <typename T>
  static constexpr bool may_differ_though_equal = std::is_same_v<T, Ingress> || std::is_same_v<T, Service>;

  template <typename T>
  void note_status(const T& before, const T& now) {
    if constexpr (std::is_same_v<T, Ingress>)
      if (before.status.addresses != now.status.addresses) changes_.statuses.insert(now.metadata.key());
  }
  template <typename T>
  void note(const T& object) {
    if constexpr (std::is_same_v<T, Ingress>)
      if (!translate::is_of_concern(object, store_, options_)) return;
    controller::note(changes_, object);
  }

  const Options& options_;
  Store& store_;
  Changes& changes_;
};

// An empty Object of that kind, to choose by.
Object kind_at(std::size_t index) {
  static const Object kinds[] = {Ptr<Ingress>{}, Ptr<IngressClass>{}, Ptr<Service>{}, Ptr<EndpointSlice>{}, Ptr<Secret>{}, Ptr<ConfigMap>{}, Ptr<Namespace>{}};
  return kinds[index];
}

}  // namespace

void apply(std::vector<ObjectChange> arrived, const Options& options, Store& store, ObjectDiagnostics& diagnostics, Changes& changes) {
  Update update{options, store, changes};
  for (ObjectChange& change : arrived) {
    if (!change.arrived) {
      std::visit([&](const auto& kind) { update.erase(kind, change.key); }, kind_at(change.kind));
      diagnostics.erase({change.kind, change.key});
      continue;
    }
    const Object& object = change.arrived->object;
    std::visit([&](const auto& pointer) { update.put(pointer); }, object);
    const std::pair<std::size_t, Key> name{object.index(), key_of(object)};
    if (change.arrived->diagnostics.empty()) diagnostics.erase(name);
    else diagnostics[name] = std::move(change.arrived->diagnostics);
  }
}

}  // namespace controller::kube
