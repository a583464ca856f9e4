// One translation under way: the members that its files (translation, routes, certificate_assignment) share. Not for others.
#pragma once

#include "controller/dns_resolver.hpp"
#include "controller/options.hpp"
#include "controller/store.hpp"
#include "controller/translate/certificates.hpp"
#include "controller/translate/global_config.hpp"
#include "controller/translate/host_builder.hpp"
#include "controller/translate/translation.hpp"
#include "controller/translate/upstreams.hpp"
#include "routing/certificate_table.hpp"
#include "routing/route_table.hpp"

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>

namespace controller::translate {

class Translator {
 public:
  Translator(const Store& store, const Options& options, const DnsResolver::Answers& answers, CertificateCache& certificates)
      : store_(store), options_(options), answers_(answers), certificates_(certificates) {}

  Translation run(const Translation* previous, const std::set<kube::Key>* services);

 private:
  void find_config_map(const Translation* previous);
  void plan_ingresses();
  void merge(const PlannedIngress& planned);
  void merge_rule(const PlannedIngress& planned, const kube::IngressRule& rule);
  void merge_paths(const PlannedIngress& planned, const kube::IngressRule& rule, HostBuilder& host);
  void merge_path(const PlannedIngress& planned, const kube::IngressRule& rule, const kube::IngressPath& path, HostBuilder& host);
  void merge_catch_all(const PlannedIngress& planned);
  void claim(HostBuilder& host, Location location);
  HostBuilder& host_of(const std::string& name);
  void assign_certificates();
  void tell_unused_secrets();
  void assign_certificate(HostBuilder& host, const PlannedIngress& planned);
  void build_routes();
  void settle_paths(HostBuilder& host);
  void settle(HostBuilder& host, Location location);
  void reserve(const Location& location, const std::string& error, routing::PathIndex& paths);
  void reserve_meant(const Location& location, routing::PathIndex& paths);
  void close_meant(HostBuilder& host, Location meant, bool is_within_element);
  void build_host(HostBuilder& host);
  std::optional<routing::Route> build_route(const HostBuilder& host, const Location& location);
  bool add_rewrite(const Location& location, routing::Route& route);
  std::uint32_t upstream_of(UpstreamKey key, const Location* location);
  void build_fallback();
  void tell(const kube::Ingress& ingress, std::string field, std::string reason, routing::Severity severity = routing::Severity::refused) {
    translation_.route_diagnostics.push_back({"Ingress", ingress.metadata.object_namespace, ingress.metadata.name, std::move(field), std::move(reason), severity});
  }

  const Store& store_;
  const Options& options_;
  const DnsResolver::Answers& answers_;
  CertificateCache& certificates_;
  GlobalConfig config_;
  std::deque<PlannedIngress> planned_;  // stays where it is: locations point into it
  std::map<std::string, HostBuilder> hosts_;
  std::shared_ptr<routing::RouteTable> routes_ = std::make_shared<routing::RouteTable>();
  std::shared_ptr<routing::CertificateTable> certificate_table_ = std::make_shared<routing::CertificateTable>();
  std::set<std::pair<const kube::Ingress*, std::string>> told_secrets_;  // fields of TLS entries whose Secret was told of
  Translation translation_;
};

}  // namespace controller::translate
