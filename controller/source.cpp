#include "controller/source.hpp"

#include "controller/kube/api_source.hpp"
#include "controller/manifests/manifest_source.hpp"

namespace controller {

std::unique_ptr<Source> make_source(const Options& options, Reading reading) {
  if (!options.manifests.empty()) return std::make_unique<manifests::ManifestSource>(options.manifests);
  return std::make_unique<kube::ApiSource>(options, reading);
}

Objects read_objects(const Options& options) {
  Objects objects;
  const auto source = make_source(options, Reading::once);
  objects.error = source->start();
  if (!objects.error.empty()) return objects;
  (void)source->take_changes();
  (void)source->update();
  objects.store = source->store();
  objects.diagnostics = source->diagnostics();
  objects.notices = source->notices();
  return objects;
}

std::string name_of_source(const Options& options) {
  if (!options.manifests.empty()) return "manifests in " + options.manifests;
  if (!options.kubeconfig.empty()) return "Kubernetes API by kubeconfig " + options.kubeconfig;
  return "Kubernetes API" + (options.apiserver_host.empty() ? "" : " at " + options.apiserver_host);
}

}  // namespace controller
