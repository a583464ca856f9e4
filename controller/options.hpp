// What the command line says to the controller. Values only; proxy/options parses them.
#pragma once

#include <chrono>
#include <cstdint>
#include <set>
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
  bool update_status = true;                    // --update-status: of Ingresses, when the objects come from the Kubernetes API
  bool update_status_on_shutdown = true;        // cleared by the last replica
  std::string publish_service;                  // ns/name; whose addresses go into the status
  std::set<std::string> publish_status_addresses;  // IPs and DNS names, in small letters; win over publish_service
  bool report_node_internal_address = false;    // without the two above: of the nodes, the internal one
  bool elects_leader = true;                    // --disable-leader-election: writes without asking for the Lease
  std::string election_id = "ingress-controller-leader";  // name of the Lease
  std::chrono::seconds election_ttl{30};        // how long after its end a leader is missed
};

}  // namespace controller
