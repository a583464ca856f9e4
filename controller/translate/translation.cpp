#include "controller/translate/translation.hpp"

#include "controller/translate/translator.hpp"
#include "controller/translate/upstream_table.hpp"
#include "routing/content_hash.hpp"

#include <algorithm>
#include <utility>

namespace controller::translate {

using routing::Severity;

// One that is gone stays in force, as in ingress-nginx.
void Translator::find_config_map() {
  const kube::Ptr<kube::ConfigMap> before = translation_.config_map;
  if (!options_.config_map.empty()) {
    const auto key = kube::key_of(options_.config_map);
    const auto found = store_.config_maps.find(key);
    if (found != store_.config_maps.end()) translation_.config_map = found->second;
    else
      common_findings_.push_back({"ConfigMap", key.first, key.second, "--configmap",
                                  before ? "is gone: what it said last stays in force until it is back or Weir starts again"
                                         : "does not exist: the defaults are in force until it does",
                                  Severity::refused});
  }
  config_ = translate_config(translation_.config_map.get(), common_findings_);
  is_all_stale_ = translation_.config_map != before;
  if (is_all_stale_) translation_.common_plans.clear();
}

// Whether only the Ingresses that differ, and their hosts, have to be looked at.
bool Translator::may_be_partial() const {
  if (!changes_ || translation_.count == 1 || changes_->selection || is_all_stale_ || !changes_->secrets.empty()) return false;
  return translation_.judged.contains(std::chrono::system_clock::now());
}

void Translator::look_at_all_hosts() {
  looked_at_.clear();
  looked_at_.reserve(translation_.hosts.size());
  for (Host& host : translation_.hosts) looked_at_.push_back(&host);
}

// Tables that did not change stay the same objects.
void Translator::make_snapshot() {
  auto snapshot = std::make_shared<routing::Snapshot>();
  const routing::Snapshot* const before = translation_.snapshot.get();
  snapshot->routes = before && before->routes->content_hash == routes_->content_hash ? before->routes : std::move(routes_);
  snapshot->certificates = std::move(certificate_table_);
  snapshot->settings = before && *before->settings == config_.settings ? before->settings : std::make_shared<const routing::Settings>(config_.settings);
  snapshot->upstreams = make_upstreams(translation_, changes_ ? &changes_->services : nullptr, store_, options_, answers_);
  // By place, not by content: two ways of writing one port are two numbers, and their groups may look alike.
  if (before && before->upstreams->groups == snapshot->upstreams->groups) snapshot->upstreams = before->upstreams;
  snapshot->version = routing::version_of(*snapshot);
  translation_.snapshot = std::move(snapshot);
}

bool Translator::run() {
  ++translation_.count;
  translation_.ingress_states.clear();
  find_config_map();
  is_partial_ = may_be_partial();
  hear_ingresses();
  assign_certificates();
  build_routes();
  make_snapshot();
  translation_.common_findings = std::move(common_findings_);
  return !is_partial_ || std::any_of(forgotten_.begin(), forgotten_.end(), [](const auto& planned) { return !planned->certificates.empty(); });
}

void translate(Translation& translation, const Store& store, const Options& options, const DnsResolver::Answers& answers, CertificateCache& certificates,
               const Changes* changes) {
  const bool lets_certificates_go = Translator{translation, store, options, answers, certificates, changes}.run();
  if (lets_certificates_go) certificates.forget_unused();
}

Translation translate(const Store& store, const Options& options, const DnsResolver::Answers& answers, CertificateCache& certificates) {
  Translation translation;
  translate(translation, store, options, answers, certificates, nullptr);
  return translation;
}

void refresh_upstreams(Translation& translation, const std::set<kube::Key>& services, bool new_answers, const Store& store, const Options& options,
                       const DnsResolver::Answers& answers) {
  auto snapshot = std::make_shared<routing::Snapshot>(*translation.snapshot);
  snapshot->upstreams = update_upstreams(translation, services, new_answers, store, options, answers);
  snapshot->version = routing::version_of(*snapshot);
  translation.snapshot = std::move(snapshot);
}

}  // namespace controller::translate
