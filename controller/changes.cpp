#include "controller/changes.hpp"

namespace controller {

void note(Changes& changes, const kube::Ingress& ingress) {
  changes.routes = true;
  changes.ingresses.insert(ingress.metadata.key());
}

void note(Changes& changes, const kube::IngressClass&) { changes.routes = changes.selection = true; }

void note(Changes& changes, const kube::Service& service) {
  changes.routes = true;
  changes.services.insert(service.metadata.key());
}

// Endpoints alone: the routes stay as they are.
void note(Changes& changes, const kube::EndpointSlice& slice) { changes.services.insert({slice.metadata.object_namespace, slice.service}); }

void note(Changes& changes, const kube::Secret& secret) {
  changes.routes = true;
  changes.secrets.insert(secret.metadata.key());
}

void note(Changes& changes, const kube::ConfigMap&) { changes.routes = true; }

void note(Changes& changes, const kube::Namespace&) { changes.routes = changes.selection = true; }

}  // namespace controller
