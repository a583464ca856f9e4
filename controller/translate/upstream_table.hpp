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

// Groups for the upstreams of the translation, whose findings and upstream_diagnostics are made with them. Groups that its snapshot
// has (there may be none yet) are kept, those of `services` and those that DNS names only where they are equal; `services` null:
// that goes for all.
[[nodiscard]] std::shared_ptr<const routing::UpstreamTable> make_upstreams(Translation& translation, const std::set<kube::Key>* services, const Store& store,
                                                                           const Options& options, const DnsResolver::Answers& answers);
// The table that the translation has, with the groups of these Services made anew and, with `new_answers`, those that DNS names.
[[nodiscard]] std::shared_ptr<const routing::UpstreamTable> update_upstreams(Translation& translation, const std::set<kube::Key>& services, bool new_answers,
                                                                             const Store& store, const Options& options, const DnsResolver::Answers& answers);

}  // namespace controller::translate
