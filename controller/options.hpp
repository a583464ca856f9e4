// What the command line says to the controller. Values only; proxy/options parses them.
#pragma once

#include <cstdint>
#include <string>

namespace controller {

struct Options {
  std::string manifests;                        // --manifests DIR
  std::string ingress_class = "nginx";          // --ingress-class: the accepted annotation value
  std::string controller_class = "k8s.io/ingress-nginx";
  bool ingress_class_by_name = false;
  bool watch_ingress_without_class = false;
  std::string watch_namespace;                  // "" = all
  std::string watch_namespace_selector;         // Kubernetes label selector syntax
  std::string config_map;                       // --configmap ns/name
  std::string default_backend_service;          // ns/name
  std::string default_ssl_certificate;          // ns/name
  std::string annotations_prefix = "nginx.ingress.kubernetes.io";
  bool disable_catch_all = false;
  bool disable_svc_external_name = false;
};

// What a command says that was told of no objects.
inline constexpr const char* no_source = "no objects to read: give --manifests DIR, a directory of manifests (a Kubernetes API server as the source is not supported yet)";

}  // namespace controller
