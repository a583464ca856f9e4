// The table of upstream groups, made whole or brought in line with what changed.
#pragma once

#include "controller/dns_resolver.hpp"
#include "controller/options.hpp"
#include "controller/store.hpp"
#include "controller/translate/translation.hpp"
#include "routing/upstream_group.hpp"

#include <memory>
#include <set>

namespace controller::translate {

// Groups for the upstream_keys of the translation, whose findings and upstream_diagnostics are made with them. Groups of
// `before` (may be null) are kept where they are equal.
[[nodiscard]] std::shared_ptr<const routing::UpstreamTable> make_upstreams(Translation& translation, const routing::UpstreamTable* before, const Store& store,
                                                                           const Options& options, const DnsResolver::Answers& answers);
// The same where only EndpointSlices of these Services have changed.
[[nodiscard]] std::shared_ptr<const routing::UpstreamTable> update_upstreams(Translation& translation, const routing::UpstreamTable& before,
                                                                             const std::set<kube::Key>& services, const Store& store, const Options& options,
                                                                             const DnsResolver::Answers& answers);

}  // namespace controller::translate
