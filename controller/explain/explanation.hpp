// The answer of `weir explain` as a value: who serves a request, under which policies, and why the others do not. Holds no
// secrets. text.hpp and json.hpp print it.
#pragma once

#include "routing/asked_request.hpp"
#include "routing/diagnostic.hpp"
#include "routing/outcome.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace controller::explain {

// A place in an Ingress that claims requests: a path of a rule, or spec.defaultBackend.
struct Place {
  std::string ingress_namespace, ingress_name;
  std::string field;               // "spec.rules[0].http.paths[1]" or "spec.defaultBackend"
  std::string host;                // as written; "" = every host
  std::string path;                // as written, "/" where there is none
  std::string path_type;           // "Exact", "Prefix", "ImplementationSpecific"; "" for a default backend
  std::string service, port;       // as written; "" for a resource backend
  std::int64_t created_at = 0;     // seconds since 1970; 0: not said

  friend bool operator==(const Place&, const Place&) = default;
};

struct Winner {
  Place place;                     // its field is "" where nothing is written: see is_placeholder
  std::string matched_host;        // the host entry that was chosen: a name, a wildcard, or "" for every host
  bool is_expression = false;      // the host's paths are expressions, so the path type means nothing
  bool is_placeholder = false;     // no path of the host matches, and no defaultBackend takes the rest
};

enum class Loss {
  longer_path,         // of two prefixes of one host the longer one wins
  exact_before_prefix,
  slash_redirect,      // "/foo/" is declared, "/foo" asked: the redirect comes before shorter prefixes
  expression_order,    // a host of expressions: another one is tried first
  path_taken,          // another Ingress, or an earlier line of this one, owns this host, path and type
  path_differs,        // of the right host, but the path does not match
  host_more_specific,  // a more specific host is declared, and its paths alone count
  other_host,
  other_class,
  namespace_not_watched,
  refused,             // a diagnostic says why
};
[[nodiscard]] std::string_view to_text(Loss loss) noexcept;  // its name, as in the JSON

struct Candidate {
  Place place;
  Loss loss = Loss::other_host;
  std::string reason;              // one line
};

struct Candidates {
  // Those that match the path come first, then those of the host, then those that merely look alike.
  static constexpr std::size_t max_unmatched = 20;    // of this host, with another path
  static constexpr std::size_t max_other_hosts = 5;   // of other hosts, with a matching path
  static constexpr std::size_t max_listed = 200;      // of all the others

  std::vector<Candidate> listed;
  std::size_t left_out = 0;        // of those that could be meant, beyond the limits
  std::size_t of_other_hosts = 0;  // all places for other hosts, listed or not
};

enum class PolicySource { annotation, config_map, standard };

struct Policy {
  std::string setting;             // the annotation without its prefix, or the key of the ConfigMap
  std::string effect;
  PolicySource source = PolicySource::standard;
  std::string from;                // "Ingress shop/web: metadata.annotations.<name>"; "" for a default

  friend bool operator==(const Policy&, const Policy&) = default;
};

enum class EndpointState { ready, serving_terminating, terminating, not_ready };
[[nodiscard]] std::string_view to_text(EndpointState state) noexcept;

struct EndpointUse {
  static constexpr std::size_t max_listed = 200;

  std::string address;
  std::int32_t port = 0;
  EndpointState state = EndpointState::ready;
  std::string slice;               // the EndpointSlice's name; "" for an ExternalName
  bool is_used = false;
  std::string why_not;             // "" when used
};

struct ServiceUse {
  std::string service_namespace, service, port;
  std::string port_name;           // of the Service port that was found
  std::string external_name;       // "" = not of type ExternalName
  std::string problem;             // why it has no endpoint; "" when it has
  std::vector<EndpointUse> endpoints;
  std::size_t used = 0, total = 0; // of all, listed or not
};

struct CertificateUse {
  std::string server_name;         // "" = the client sends none
  bool is_default = true;
  std::string reason;              // why it is this one
  std::string secret;              // "namespace/name"; "" = generated at start
  std::vector<std::string> names;
  std::string subject, issuer;     // empty for the generated one, which every start makes anew
  std::chrono::system_clock::time_point not_before{}, expiry{};
  bool is_expired = false, is_early = false;
};

struct Explanation {
  routing::AskedRequest request;
  std::string normalised_path;     // "" when nothing was matched
  routing::OutcomeKind kind = routing::OutcomeKind::reply;
  std::uint16_t status = 0;
  std::string reason, location, upstream_target;
  std::optional<Winner> winner;    // nothing: no Ingress declares this; the default backend of the process, if any, answers
  std::vector<Policy> policies;    // those that somebody set first
  std::optional<ServiceUse> service;
  std::string stands_in_for;       // the Service without endpoints that `service` stands in for; "" = none
  std::string default_backend;     // what answers requests that no Ingress declares
  std::optional<CertificateUse> certificate;  // nothing: the handshake is refused
  bool shows_certificate = false;  // the request, or where it is sent, is https
  Candidates candidates;
  std::vector<routing::Diagnostic> findings;  // about the objects above, as `weir check` tells them

  // Whether the request reaches an endpoint or a redirect that was asked for: the exit code.
  [[nodiscard]] bool is_routed() const noexcept {
    return kind == routing::OutcomeKind::forward || kind == routing::OutcomeKind::stand_in || kind == routing::OutcomeKind::redirect;
  }
};

}  // namespace controller::explain
