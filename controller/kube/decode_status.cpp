#include "controller/kube/decode_kinds.hpp"
#include "controller/kube/plain_json.hpp"

#include <algorithm>

namespace controller::kube {

StatusAddresses decode_status(const boost::json::object& root) {
  StatusAddresses addresses;
  const boost::json::array* const list = array_in(object_in(object_in(&root, "status"), "loadBalancer"), "ingress");
  if (!list) return addresses;
  for (const boost::json::value& value : *list)
    if (const boost::json::object* const entry = value.if_object()) addresses.push_back({text_in(entry, "ip"), text_in(entry, "hostname")});
  std::sort(addresses.begin(), addresses.end());
  return addresses;
}

}  // namespace controller::kube
