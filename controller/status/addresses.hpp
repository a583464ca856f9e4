// Under which addresses the world reaches the proxies: what goes into the status of Ingresses.
#pragma once

#include "controller/kube/objects.hpp"

#include <set>
#include <string>
#include <string_view>

namespace controller::status {

// Those of a Service: what its load balancer has been given and its external IPs; without any, its ClusterIP. Of a load balancer
// that has nothing yet there is nothing to say: its ClusterIP would go into somebody's DNS.
[[nodiscard]] kube::StatusAddresses addresses_of(const kube::Service& service);

// Of a Node, as the server's text: the external one, without it or when `internal` is asked for the internal one; "" = neither.
[[nodiscard]] std::string address_of_node(std::string_view node, bool internal);
// Of IPs and names.
[[nodiscard]] kube::StatusAddresses to_addresses(const std::set<std::string>& list);

// As a merge patch of an Ingress's status; no addresses: as one that clears it.
[[nodiscard]] std::string patch_of(const kube::StatusAddresses& addresses);

}  // namespace controller::status
