// The last known objects of every kind, by namespace and name. A value: translation reads one, the source makes the next.
#pragma once

#include "controller/kube/objects.hpp"

#include <map>
#include <string>
#include <tuple>
#include <vector>

namespace controller {

template <typename T>
using Kind = std::map<kube::Key, kube::Ptr<T>>;

struct Store {
  Kind<kube::Ingress> ingresses;
  Kind<kube::IngressClass> classes;
  Kind<kube::Service> services;
  Kind<kube::EndpointSlice> slices;
  Kind<kube::Secret> secrets;
  Kind<kube::ConfigMap> config_maps;
  Kind<kube::Namespace> namespaces;

  // The map of a kind, chosen by the object's type.
  template <typename T>
  [[nodiscard]] Kind<T>& of() {
    return std::get<Kind<T>&>(std::tie(ingresses, classes, services, slices, secrets, config_maps, namespaces));
  }
  template <typename T>
  [[nodiscard]] const Kind<T>& of() const {
    return std::get<const Kind<T>&>(std::tie(ingresses, classes, services, slices, secrets, config_maps, namespaces));
  }
};

}  // namespace controller
