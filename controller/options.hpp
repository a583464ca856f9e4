// What the command line says to the controller. Values only; proxy/options parses them.
#pragma once

#include <cstdint>
#include <string>

namespace controller {

struct Options {
  std::string manifests;                        // --manifests DIR; "" = the Kubernetes API
  std::string kubeconfig;                       // --kubeconfig FILE; "" = the pod's service account
  std::string apiserver_host;                   // --apiserver-host URL
  std::string certificate_authority;            // --certificate-authority FILE
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

}  // namespace controller
