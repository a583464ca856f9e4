// The main ConfigMap (--configmap) as values: what holds for the process, and the defaults that annotations override.
#pragma once

#include "controller/kube/objects.hpp"
#include "routing/diagnostic.hpp"
#include "routing/route.hpp"
#include "routing/settings.hpp"

#include <string>
#include <vector>

namespace controller::translate {

struct GlobalConfig {
  routing::Settings settings;
  routing::Policies policies;            // defaults of every route; tls_redirect.active is not meant here
  bool ssl_redirect = true, force_ssl_redirect = false;
  bool retry_non_idempotent = false;
  std::vector<std::string> no_tls_redirect_locations = {"/.well-known/acme-challenge"};
  std::string closes_everything;         // why every path answers 503; "" = it does not
  bool drops_snippets = false;           // their text is ignored and the Ingress served (ingress-nginx 1.8), else it is refused
};

// Null: no ConfigMap, defaults. A value that cannot be used keeps its default and gives a diagnostic.
[[nodiscard]] GlobalConfig translate_config(const kube::ConfigMap* map, std::vector<routing::Diagnostic>& diagnostics);

// Whether a ConfigMap is meant as one of these, when nobody says which is: by one of its usual names, or because it has a key of
// ingress-nginx and speaks of nginx or ingress in its name or namespace (and of no other controller), or because half of its
// keys and more than one are ingress-nginx's.
[[nodiscard]] bool looks_like_config(const kube::ConfigMap& map);

}  // namespace controller::translate
