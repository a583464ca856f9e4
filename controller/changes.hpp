// What has changed in a store, by what it asks for.
#pragma once

#include "controller/kube/objects.hpp"

#include <set>

namespace controller {

struct Changes {
  bool routes = false;                // anything that needs a whole translation
  bool is_unbounded = false;          // a whole translation, and more may differ than is named below
  bool selection = false;             // which Ingresses are ours, or which are leaving, may differ by other objects than themselves
  std::set<kube::Key> ingresses;      // that differ
  std::set<kube::Key> services;       // that differ themselves or in their EndpointSlices
  std::set<kube::Key> secrets;        // that differ
  std::set<kube::ObjectName> gone;    // from the store; others of their names may be there already. Of the API alone
  std::set<kube::Key> statuses;       // Ingresses whose status differs, or that are gone; no reason to translate anything
  [[nodiscard]] bool any() const noexcept { return routes || !services.empty(); }
};

// Takes down what depends on an object that is new, gone, or another now (then on both).
void note(Changes& changes, const kube::Ingress& ingress);
void note(Changes& changes, const kube::IngressClass&);
void note(Changes& changes, const kube::Service& service);
void note(Changes& changes, const kube::EndpointSlice& slice);
void note(Changes& changes, const kube::Secret& secret);
void note(Changes& changes, const kube::ConfigMap&);
void note(Changes& changes, const kube::Namespace&);

}  // namespace controller
