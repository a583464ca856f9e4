// One path of one Ingress: where it came from, what to do, under which policies.
#pragma once

#include "routing/action.hpp"
#include "routing/policies/body_limit.hpp"
#include "routing/policies/retry.hpp"
#include "routing/policies/rewrite.hpp"
#include "routing/policies/timeouts.hpp"
#include "routing/policies/tls_redirect.hpp"

#include <optional>
#include <string>

namespace routing {

enum class PathType { exact, prefix };  // ImplementationSpecific is prefix; regex is a property of the host (0.4)

// For log variables ($namespace, $ingress_name, $service_name), diagnostics and explain.
struct RouteOrigin {
  std::string ingress_namespace, ingress_name;
  std::string host;   // as declared; "" = any
  std::string path;   // as declared
  PathType type = PathType::prefix;
  std::string service, port;
};

struct Policies {
  TlsRedirect tls_redirect;
  BodyLimit body_limit;
  Timeouts timeouts;
  Retry retry;
  std::optional<Rewrite> rewrite;
  // default-backend annotation: group that stands in when the route's group has no endpoints; it is sent X-Code and the
  // other X-* headers of custom errors.
  std::optional<Forward> stand_in;
  bool access_log = true;  // enable-access-log

  friend bool operator==(const Policies&, const Policies&) = default;
};

// Immutable in a RouteTable.
struct Route {
  RouteOrigin origin;
  Action action;
  Policies policies;
};

}  // namespace routing
