// The fields we read of each Kubernetes kind, decoded once; nothing else of an object is kept. Values, shared as const.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace controller::kube {

// "namespace/name" order; cluster-scoped kinds have an empty namespace.
using Key = std::pair<std::string, std::string>;

// "ns/name" as flags have it; a name alone is in "default".
[[nodiscard]] inline Key key_of(std::string_view flag) {
  const auto slash = flag.find('/');
  return slash == std::string_view::npos ? Key{"default", flag} : Key{flag.substr(0, slash), flag.substr(slash + 1)};
}

using Pairs = std::vector<std::pair<std::string, std::string>>;  // labels, annotations, data: few, so no map

struct Metadata {
  std::string object_namespace, name;
  std::string uid;              // "" = not said
  std::int64_t created_at = 0;  // seconds since 1970; 0: not said, which counts as the oldest
  bool is_deleting = false;     // metadata.deletionTimestamp is set
  Pairs labels, annotations;
  std::vector<std::string> unreadable_annotations;  // names whose values are no text; "" stands for any name

  [[nodiscard]] Key key() const { return {object_namespace, name}; }
  friend bool operator==(const Metadata&, const Metadata&) = default;
};

// Null when absent.
[[nodiscard]] inline const std::string* find(const Pairs& pairs, std::string_view name) {
  for (const auto& [key, value] : pairs)
    if (key == name) return &value;
  return nullptr;
}

// A Service port, by number or by name; or a resource reference, which nobody serves.
struct Backend {
  std::string service;
  std::int32_t port_number = 0;
  std::string port_name;
  bool is_resource = false;

  friend bool operator==(const Backend&, const Backend&) = default;
};

enum class PathType : std::uint8_t { exact, prefix, implementation_specific };

struct IngressPath {
  std::size_t index = 0;    // where it stands among the paths of its rule
  std::string path;
  PathType type = PathType::prefix;
  Backend backend;
  bool is_refused = false;  // a diagnostic says why; `path` is what was meant, "" where nobody knows

  friend bool operator==(const IngressPath&, const IngressPath&) = default;
};

struct IngressRule {
  std::size_t index = 0;    // where it stands among the rules
  std::string host;
  bool is_refused = false;  // a diagnostic says why; `host` is what was meant, "" where nobody knows
  bool has_http = false;
  std::vector<IngressPath> paths;

  friend bool operator==(const IngressRule&, const IngressRule&) = default;
};

struct IngressTls {
  std::vector<std::string> hosts;
  std::string secret;

  friend bool operator==(const IngressTls&, const IngressTls&) = default;
};

// One of status.loadBalancer.ingress.
struct StatusAddress {
  std::string ip, hostname;

  friend auto operator<=>(const StatusAddress&, const StatusAddress&) = default;
};
using StatusAddresses = std::vector<StatusAddress>;  // sorted

// What others say of an Ingress. Nothing is served by it, so objects that differ in it alone count as equal.
struct IngressStatus {
  StatusAddresses addresses;

  friend bool operator==(const IngressStatus&, const IngressStatus&) { return true; }
};

// Where a Service is reached from outside, which serves nothing either.
struct Exposure {
  StatusAddresses addresses;
  std::string type, cluster_ip;
  std::vector<std::string> external_ips;

  friend bool operator==(const Exposure&, const Exposure&) { return true; }
};

struct Ingress {
  Metadata metadata;
  bool has_class = false;
  std::string class_name;
  bool has_default_backend = false;
  Backend default_backend;
  std::vector<IngressRule> rules;
  bool has_lost_rules = false;  // rules were written, or what may have been meant as rules, and none could be read
  bool has_lost_hosts = false;  // and they named hosts: they were not for every one
  std::vector<IngressTls> tls;
  IngressStatus status;

  friend bool operator==(const Ingress&, const Ingress&) = default;
};

struct IngressClass {
  Metadata metadata;
  std::string controller;

  friend bool operator==(const IngressClass&, const IngressClass&) = default;
};

struct ServicePort {
  std::string name;
  std::int32_t port = 0;
  std::int32_t target_number = 0;  // 0: by name or not said
  std::string target_name;
  bool is_tcp = true;

  friend bool operator==(const ServicePort&, const ServicePort&) = default;
};

struct Service {
  Metadata metadata;
  bool is_external_name = false;
  std::string external_name;
  std::vector<ServicePort> ports;
  Exposure exposure;

  friend bool operator==(const Service&, const Service&) = default;
};

struct SliceEndpoint {
  std::vector<std::string> addresses;
  bool is_ready = true, is_serving = true, is_terminating = false;

  friend bool operator==(const SliceEndpoint&, const SliceEndpoint&) = default;
};

struct SlicePort {
  std::string name;
  std::int32_t port = 0;
  bool is_tcp = true;

  friend bool operator==(const SlicePort&, const SlicePort&) = default;
};

struct EndpointSlice {
  Metadata metadata;
  std::string service;  // label kubernetes.io/service-name
  bool is_address = true;  // false: addressType FQDN
  std::vector<SliceEndpoint> endpoints;
  std::vector<SlicePort> ports;

  friend bool operator==(const EndpointSlice&, const EndpointSlice&) = default;
};

struct Secret {
  Metadata metadata;
  Pairs data;  // decoded; never printed

  friend bool operator==(const Secret&, const Secret&) = default;
};

struct ConfigMap {
  Metadata metadata;
  Pairs data;

  friend bool operator==(const ConfigMap&, const ConfigMap&) = default;
};

struct Namespace {
  Metadata metadata;

  friend bool operator==(const Namespace&, const Namespace&) = default;
};

template <typename T>
using Ptr = std::shared_ptr<const T>;
using Object = std::variant<Ptr<Ingress>, Ptr<IngressClass>, Ptr<Service>, Ptr<EndpointSlice>, Ptr<Secret>, Ptr<ConfigMap>, Ptr<Namespace>>;

[[nodiscard]] inline std::string_view kind_name(const Object& object) {
  static constexpr std::string_view names[] = {"Ingress", "IngressClass", "Service", "EndpointSlice", "Secret", "ConfigMap", "Namespace"};
  return names[object.index()];
}
using ObjectName = std::pair<std::string_view, Key>;  // kind_name() first
[[nodiscard]] inline Key key_of(const Object& object) {
  return std::visit([](const auto& pointer) { return pointer->metadata.key(); }, object);
}

}  // namespace controller::kube
