// What is read from the API server: kinds, their addresses, and which of them the flags ask for.
#pragma once

#include "controller/kube/objects.hpp"
#include "controller/options.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace controller::kube {

struct Resource {
  std::string_view kind, api_version, plural;

  [[nodiscard]] std::string_view group() const noexcept {
    const auto slash = api_version.find('/');
    return slash == std::string_view::npos ? std::string_view{} : api_version.substr(0, slash);
  }
};

inline constexpr Resource ingresses{"Ingress", "networking.k8s.io/v1", "ingresses"};
inline constexpr Resource ingress_classes{"IngressClass", "networking.k8s.io/v1", "ingressclasses"};
inline constexpr Resource services{"Service", "v1", "services"};
inline constexpr Resource endpoint_slices{"EndpointSlice", "discovery.k8s.io/v1", "endpointslices"};
inline constexpr Resource secrets{"Secret", "v1", "secrets"};
inline constexpr Resource config_maps{"ConfigMap", "v1", "configmaps"};
inline constexpr Resource leases{"Lease", "coordination.k8s.io/v1", "leases"};
inline constexpr Resource pods{"Pod", "v1", "pods"};
inline constexpr Resource nodes{"Node", "v1", "nodes"};
inline constexpr Resource events{"Event", "events.k8s.io/v1", "events"};
inline constexpr Resource namespaces{"Namespace", "v1", "namespaces"};

// "/apis/networking.k8s.io/v1/namespaces/shop/ingresses"; "" = in all namespaces. With a name, that object.
[[nodiscard]] std::string path_of(const Resource& resource, std::string_view object_namespace, std::string_view name = {});
// With everything but unreserved characters as %XX (RFC 3986, 2.3).
[[nodiscard]] std::string escape(std::string_view text);

// A list and a watch of its own.
struct Watched {
  const Resource* resource = nullptr;
  std::string object_namespace;                // "" = all
  std::string field_selector, label_selector;  // "" = none
  bool is_dispensable = false;                 // without the right to read it the program does without

  [[nodiscard]] std::string path() const { return path_of(*resource, object_namespace); }
  // "Secret" or, of one object or namespace, "Secret of namespace shop".
  [[nodiscard]] std::string name() const;
};

// What an object is that may be named by flags and lie outside of the watched namespace is watched by name.
[[nodiscard]] std::vector<Watched> watched_by(const Options& options);

}  // namespace controller::kube
