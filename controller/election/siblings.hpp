// The pods of the same workload as our own: they say on which nodes it runs, and whether somebody goes on when this one ends.
#pragma once

#include "controller/findings.hpp"
#include "controller/kube/api/client.hpp"
#include "controller/kube/objects.hpp"

#include <boost/asio/awaitable.hpp>

#include <optional>
#include <set>
#include <string>
#include <string_view>

namespace controller::election {

// The selector of the pods that do the same, by the labels of `pod` (as text): those that Kubernetes recommends for naming an
// application, where they stand; else all but those that say which rollout, which of them or where it is. None when nothing is
// left: then all pods would be meant.
[[nodiscard]] std::optional<std::string> selector_of_siblings(std::string_view pod);

// The pods that do the same as `pod`, as the server's text; "" when that cannot be known. A missing right is a finding.
[[nodiscard]] boost::asio::awaitable<std::string> list_siblings(kube::Client& client, Findings& findings, const kube::Key& pod);

// Whether `list` holds a pod that lives and is not `own_name`. What cannot be read counts as if it did.
[[nodiscard]] bool has_others(std::string_view list, std::string_view own_name);
// The nodes of those of `list` that run.
[[nodiscard]] std::set<std::string> nodes_of(std::string_view list);

}  // namespace controller::election
