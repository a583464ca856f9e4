#include "controller/kube/resources.hpp"

#include <fmt/format.h>

#include <iterator>
#include <utility>

namespace controller::kube {

namespace {

// Helm keeps every release in a Secret: large, many, and nothing for us.
constexpr const char* no_helm_releases = "type!=helm.sh/release.v1";

}  // namespace

std::string escape(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' || c == '~';
    if (is_plain) out += c;
    else fmt::format_to(std::back_inserter(out), "%{:02X}", static_cast<unsigned char>(c));
  }
  return out;
}

std::string path_of(const Resource& resource, std::string_view object_namespace, std::string_view name) {
  std::string path = fmt::format("/{}/{}", resource.group().empty() ? "api" : "apis", resource.api_version);
  if (!object_namespace.empty()) path += "/namespaces/" + escape(object_namespace);
  path.append("/").append(resource.plural);
  if (!name.empty()) path += "/" + escape(name);
  return path;
}

std::string Watched::name() const {
  return object_namespace.empty() ? std::string{resource->kind} : fmt::format("{} of namespace {}", resource->kind, object_namespace);
}

std::vector<Watched> watched_by(const Options& options) {
  const std::string& only = options.watch_namespace;
  std::vector<Watched> all{
      {&ingresses, only, "", "", false},
      {&ingress_classes, "", "", "", !only.empty()},
      {&services, only, "", "", false},
      {&endpoint_slices, only, "", "", false},
      {&secrets, only, no_helm_releases, "", false},
  };
  // Which namespaces are being deleted is good to know; which labels they have may be asked for.
  if (only.empty()) all.push_back({&namespaces, "", "", "", options.watch_namespace_selector.empty()});
  const auto add_named = [&](const std::string& flag, const Resource& resource, std::string_view label) {
    if (flag.empty()) return;
    const auto [object_namespace, name] = key_of(flag);
    const std::string field = "metadata.name=" + name;
    all.push_back({&resource, object_namespace, label.empty() ? field : "", label.empty() ? "" : fmt::format("{}={}", label, name), false});
  };
  const auto is_outside = [&only](const std::string& flag) { return !flag.empty() && !only.empty() && key_of(flag).first != only; };
  add_named(options.config_map, config_maps, "");
  if (is_outside(options.default_ssl_certificate)) add_named(options.default_ssl_certificate, secrets, "");
  if (is_outside(options.default_backend_service)) {
    add_named(options.default_backend_service, services, "");
    add_named(options.default_backend_service, endpoint_slices, "kubernetes.io/service-name");
  }
  if (options.update_status && options.publish_status_addresses.empty() && is_outside(options.publish_service)) {
    add_named(options.publish_service, services, "");
    all.back().is_dispensable = true;  // the status goes without; what is served does not
  }
  return all;
}

}  // namespace controller::kube
