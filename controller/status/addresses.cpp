#include "controller/status/addresses.hpp"

#include "controller/kube/plain_json.hpp"

#include <arpa/inet.h>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <cctype>

namespace controller::status {

namespace json = boost::json;

namespace {

bool is_ip(const std::string& text) {
  unsigned char bytes[16];
  return ::inet_pton(AF_INET, text.c_str(), bytes) == 1 || ::inet_pton(AF_INET6, text.c_str(), bytes) == 1;
}

// As the API takes names: in small letters, without the dot at the end.
std::string plain_name(std::string name) {
  std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  if (name.ends_with('.')) name.pop_back();
  return name;
}

void add(std::string address, kube::StatusAddresses& addresses) {
  address = plain_name(std::move(address));
  if (is_ip(address)) addresses.push_back({std::move(address), ""});
  else addresses.push_back({"", std::move(address)});
}

kube::StatusAddresses in_order(kube::StatusAddresses addresses) {
  std::sort(addresses.begin(), addresses.end());
  addresses.erase(std::unique(addresses.begin(), addresses.end()), addresses.end());
  return addresses;
}

}  // namespace

kube::StatusAddresses addresses_of(const kube::Service& service) {
  const kube::Exposure& exposure = service.exposure;
  kube::StatusAddresses addresses;
  for (const auto& [ip, hostname] : exposure.addresses)
    if (!ip.empty() || !hostname.empty()) addresses.push_back({ip, plain_name(hostname)});
  for (const std::string& address : exposure.external_ips) add(address, addresses);
  if (service.is_external_name && !service.external_name.empty()) add(service.external_name, addresses);
  const bool has_cluster_ip = !exposure.cluster_ip.empty() && exposure.cluster_ip != "None" && !service.is_external_name;
  if (addresses.empty() && has_cluster_ip && exposure.type != "LoadBalancer") add(exposure.cluster_ip, addresses);
  return in_order(std::move(addresses));
}

std::string address_of_node(std::string_view node, bool internal) {
  const boost::json::value value = kube::parse_plain(node);
  const json::array* const all = kube::array_in(kube::object_in(value.if_object(), "status"), "addresses");
  std::string internal_address;
  if (!all) return internal_address;
  for (const json::value& each : *all) {
    const json::object* const entry = each.if_object();
    const std::string type = kube::text_in(entry, "type"), address = kube::text_in(entry, "address");
    if (type == "ExternalIP" && !internal && !address.empty()) return address;
    if (type == "InternalIP" && internal_address.empty()) internal_address = address;
  }
  return internal_address;
}

kube::StatusAddresses to_addresses(const std::set<std::string>& list) {
  kube::StatusAddresses addresses;
  for (const std::string& address : list) add(address, addresses);
  return in_order(std::move(addresses));
}

std::string patch_of(const kube::StatusAddresses& addresses) {
  json::array list;
  for (const auto& [ip, hostname] : addresses) {
    json::object entry;
    if (!ip.empty()) entry["ip"] = ip;
    if (!hostname.empty()) entry["hostname"] = hostname;
    list.push_back(std::move(entry));
  }
  json::object balancer{{"ingress", addresses.empty() ? json::value(nullptr) : json::value(std::move(list))}};
  return json::serialize(json::object{{"status", json::object{{"loadBalancer", std::move(balancer)}}}});
}

}  // namespace controller::status
