#include "tests/support/snapshot_maker.hpp"

#include "tests/support/make_certificate.hpp"

namespace test {

SnapshotMaker::SnapshotMaker()
    : routes_(std::make_shared<routing::RouteTable>()), upstreams_(std::make_shared<routing::UpstreamTable>()),
      settings_(std::make_shared<routing::Settings>()), certificates_(std::make_shared<routing::CertificateTable>()) {
  static const auto fallback = *tls::Certificate::self_signed();
  certificates_->fallback = fallback;
  routes_->fallback.action = routing::Reply{404, "no such host"};
  settings_->access_log.enabled = false;
}

SnapshotMaker& SnapshotMaker::host(std::string name, std::vector<std::uint16_t> ports, EditPolicies edit) {
  auto group = std::make_shared<routing::UpstreamGroup>();
  group->name = "default-" + name + "-80";
  for (const std::uint16_t port : ports) group->endpoints.push_back({"127.0.0.1", port});
  routing::Route route;
  route.origin.ingress_namespace = "default";
  route.origin.ingress_name = route.origin.host = name;
  route.origin.path = "/";
  route.origin.service = "web";
  route.action = routing::Forward{static_cast<std::uint32_t>(upstreams_->groups.size())};
  if (edit) edit(route.policies);
  upstreams_->groups.push_back(std::move(group));
  routing::HostEntry entry;
  entry.name = name;
  entry.paths.insert("/", routing::PathType::prefix, 0);
  entry.paths.freeze();
  entry.routes.push_back(std::move(route));
  routes_->add(std::make_shared<const routing::HostEntry>(std::move(entry)));
  return *this;
}

SnapshotMaker& SnapshotMaker::settings(EditSettings edit) {
  edit(*settings_);
  return *this;
}

SnapshotMaker& SnapshotMaker::certificate(const std::string& host, const std::string& common_name) {
  tls::testing::CertificateSpec spec;
  spec.names = {host};
  spec.common_name = common_name;
  const tls::testing::Pem pem = tls::testing::make_certificate(spec);
  certificates_->index.insert(host, static_cast<std::uint32_t>(certificates_->entries.size()));
  certificates_->entries.push_back({host, "default/" + common_name, *tls::Certificate::parse(pem.chain, pem.key)});
  return *this;
}

std::shared_ptr<const routing::Snapshot> SnapshotMaker::build() {
  auto snapshot = std::make_shared<routing::Snapshot>();
  snapshot->routes = routes_;
  snapshot->upstreams = upstreams_;
  snapshot->certificates = certificates_;
  snapshot->settings = settings_;
  return snapshot;
}

}  // namespace test
