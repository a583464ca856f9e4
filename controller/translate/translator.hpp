// One translation under way: the members that its files (translation, claims, plans, certificate_assignment, merging, routes) share. Not for others.
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

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace controller::translate {

class Translator {
 public:
  Translator(Translation& translation, const Store& store, const Options& options, const DnsResolver::Answers& answers, CertificateCache& certificates,
             const Changes* changes)
      : translation_(translation), store_(store), options_(options), answers_(answers), certificates_(certificates), changes_(changes) {}

  // True: certificates may have been held by what ends with this, and by nobody else.
  [[nodiscard]] bool run();

 private:
  // translation.cpp
  void find_config_map();
  [[nodiscard]] bool may_be_partial() const;
  void look_at_all_hosts();
  void make_snapshot();

  // claims.cpp
  void hear_ingresses();
  void hear_all();
  void hear_again(const kube::Key& ingress, std::set<std::string>& hosts);
  void hear(PlannedRule& rule, const Claim& claim);
  void take_back_claims(const PlannedIngress& planned, std::set<std::string>& hosts);
  void add_claims(const PlannedIngress& planned, bool leaves, std::set<std::string>& hosts);
  void settle_claims(const std::set<std::string>& hosts);
  void settle_all_claims();
  [[nodiscard]] bool has_claims(HostWork& work);
  Hosts::iterator erase_host(Hosts::iterator at);

  // plans.cpp
  std::unique_ptr<PlannedIngress> take_equal_plan(const kube::Ptr<kube::Ingress>& ingress);
  PlannedIngress& planned(const kube::Ingress& ingress);
  void forget(std::unique_ptr<PlannedIngress> planned);
  void forget_unheard();
  void put_aside(std::unique_ptr<PlannedIngress> planned);

  // certificate_assignment.cpp
  void assign_certificates();
  void find_default_certificate();
  void find_certificates(PlannedIngress& planned);
  void assign_certificate(const std::string& host, HostWork& work);
  void choose_certificate(const std::string& host, const PlannedIngress& planned, HostCertificate& chosen);
  void judge(const kube::Ingress& ingress, std::size_t tls, HostCertificate& chosen);
  void fill_certificate_table();

  // merging.cpp
  void merge(const Claim& claim, HostBuilder& host);
  void merge_path(const Claim& claim, const PlannedRule& rule, const kube::IngressPath& path, HostBuilder& host);
  void merge_catch_all(const Claim& claim, HostBuilder& host);
  void place(HostBuilder& host, Location location);

  // routes.cpp
  void build_routes();
  void build_again(Host& host);
  void fill_route_table(const std::vector<Host*>& rebuilt);
  void build_fallback();
  [[nodiscard]] bool has_other_services(const HostWork& work) const;
  void build_host(const std::string& name, HostWork& work);
  void clear_host(HostWork& work);
  void build_entry(const HostBuilder& host, routing::HostEntry& entry);
  void settle_paths(HostBuilder& host);
  void settle(HostBuilder& host, Location location);
  void reserve(const Location& location, const std::string& error, routing::HostEntry& entry);
  void close_meant(HostBuilder& host, Location meant, bool is_within_element);
  std::optional<routing::Route> build_route(const HostBuilder& host, const Location& location);
  void forward(const Location& location, routing::Route& route);
  bool add_rewrite(const Location& location, routing::Route& route);
  [[nodiscard]] routing::Forward forward_to(const UpstreamKey& key, const Location* location);

  void tell(const kube::Ingress& ingress, std::string field, std::string reason, routing::Severity severity = routing::Severity::refused) {
    findings_->push_back({"Ingress", ingress.metadata.object_namespace, ingress.metadata.name, std::move(field), std::move(reason), severity});
  }

  Translation& translation_;
  const Store& store_;
  const Options& options_;
  const DnsResolver::Answers& answers_;
  CertificateCache& certificates_;
  const Changes* const changes_;  // null: anything may have changed
  GlobalConfig config_;
  bool is_all_stale_ = false;     // what every route depends on has changed
  bool is_partial_ = false;       // all else is as it was
  bool has_other_certificates_ = false;
  bool has_other_hosts_ = false;  // some name is served that was not, or the other way round
  std::vector<Host*> looked_at_;  // the hosts that may differ from what was made of them
  std::vector<std::unique_ptr<PlannedIngress>> forgotten_;
  std::vector<routing::Diagnostic> common_findings_;        // of no Ingress and no host
  std::vector<routing::Diagnostic>* findings_ = &common_findings_;  // where they go
  HostWork* work_ = nullptr;      // of the host that is built
  std::shared_ptr<routing::RouteTable> routes_ = std::make_shared<routing::RouteTable>();
  std::shared_ptr<const routing::CertificateTable> certificate_table_;
};

}  // namespace controller::translate
