// The annotations of one Ingress as values.
#pragma once

#include "controller/kube/objects.hpp"
#include "controller/translate/global_config.hpp"
#include "routing/diagnostic.hpp"
#include "routing/route.hpp"

#include <string>
#include <vector>

namespace controller::annotations {

struct IngressPlan {
  routing::Policies policies;       // rewrite and tls_redirect.active are decided per path
  bool use_regex = false;
  std::string rewrite_target;       // valid, or empty
  bool ssl_redirect = true, force_ssl_redirect = false;
  std::string default_backend;      // Service in the same namespace
  bool is_refused = false;          // the Ingress is not served
  bool is_canary = false;           // refused because it only varies another Ingress, whose guards stay
  bool is_guarded = false;          // what it guards stays closed even where it, or a path of it, cannot be taken
  std::string closes_paths;         // why its paths answer 503; "" = they do not
  std::string closes_hosts;         // why its hosts answer 503 whole

  friend bool operator==(const IngressPlan&, const IngressPlan&) = default;
};

// `prefix` without its slash. Every annotation of the prefix is either read or told of.
[[nodiscard]] IngressPlan plan_of(const kube::Ingress& ingress, std::string_view prefix, const translate::GlobalConfig& config,
                                  std::vector<routing::Diagnostic>& diagnostics);

}  // namespace controller::annotations
