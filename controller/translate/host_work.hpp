// What translation made of one host and from what: kept from one translation to the next, and used again while the claims on the
// host and all else that it was made from are the same.
#pragma once

#include "controller/kube/objects.hpp"
#include "controller/translate/field_place.hpp"
#include "controller/translate/judged_period.hpp"
#include "controller/translate/planned_ingress.hpp"
#include "routing/certificate_table.hpp"
#include "routing/diagnostic.hpp"
#include "routing/route_table.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace controller::translate {

// One rule of one Ingress, for this host.
struct Claim {
  const PlannedIngress* planned = nullptr;
  std::uint32_t rule = 0;  // its place in `planned`
  bool leaves = false;     // its Ingress is being deleted

  friend bool operator==(const Claim&, const Claim&) = default;
};

// Who refers to an upstream, for the diagnostic when it has a problem.
struct UpstreamReference {
  const PlannedIngress* planned = nullptr;
  std::uint32_t upstream = 0;
  FieldPlace place;
};

// The certificate of a host that an Ingress has a TLS section for.
struct HostCertificate {
  routing::CertificateEntry entry;
  std::vector<routing::Diagnostic> findings;
  std::vector<std::string> told_secrets;  // fields of TLS entries among those findings
  JudgedPeriod judged;
};

struct HostWork {
  std::vector<Claim> claims;  // in the order in which they are heard
  std::size_t heard = 0;      // of them, in the translation under way
  bool is_stale = true;       // the claims are not those of the translation before
  const PlannedIngress* with_tls = nullptr;  // the first of the claims whose Ingress has a TLS section

  std::unique_ptr<HostCertificate> certificate;  // null: no Ingress has a TLS section for it

  bool has_certificate = false;                      // as `entry` was built
  std::shared_ptr<const routing::HostEntry> entry;   // null: nothing is served
  std::uint32_t place = 0;                           // of the entry in the route table
  std::vector<routing::Diagnostic> findings;
  std::vector<UpstreamReference> references;
  std::vector<std::uint32_t> upstreams;              // that the routes forward to
  std::vector<kube::Key> services;                   // whose own fields went into the routes
};
using Hosts = std::map<std::string, HostWork>;  // by name, lower case
using Host = Hosts::value_type;

}  // namespace controller::translate
