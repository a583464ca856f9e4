#include "controller/status/node_addresses.hpp"

#include "controller/election/siblings.hpp"
#include "controller/kube/missing_rule.hpp"
#include "controller/status/addresses.hpp"

#include <boost/asio/use_awaitable.hpp>

#include <set>
#include <utility>

namespace controller::status {

namespace asio = boost::asio;

asio::awaitable<std::string> NodeAddresses::get(std::string target, const kube::Resource& resource, const char* verbs) {
  kube::Request request;
  request.target = std::move(target);
  kube::Client::Response response = co_await client_.send(request);
  const bool is_forbidden = response.failure && kube::is_missing_rule(*response.failure);
  const std::string where = &resource == &kube::pods ? pod_.first : "";
  if (is_forbidden || !response.failure)
    findings_.set("addresses from " + std::string{resource.plural},
                  is_forbidden ? std::optional{kube::missing_rule(resource, resource.plural, verbs, where, response.failure->text)} : std::nullopt);
  co_return response.failure ? "" : std::move(response.body);
}

asio::awaitable<std::optional<kube::StatusAddresses>> NodeAddresses::find() {
  constexpr const char* pod_verbs = "\"get\", \"list\"";
  std::string text = co_await get(kube::path_of(kube::pods, pod_.first, pod_.second), kube::pods, pod_verbs);
  const auto selector = election::selector_of_siblings(text);
  if (!selector) co_return std::nullopt;
  text = co_await get(kube::path_of(kube::pods, pod_.first) + "?labelSelector=" + kube::escape(*selector), kube::pods, pod_verbs);
  const std::set<std::string> nodes = election::nodes_of(text);
  std::set<std::string> addresses;
  for (const std::string& node : nodes) {
    text = co_await get(kube::path_of(kube::nodes, "", node), kube::nodes, "\"get\"");
    if (std::string address = address_of_node(text, internal_); !address.empty()) addresses.insert(std::move(address));
  }
  if (addresses.empty()) co_return std::nullopt;
  co_return to_addresses(addresses);
}

}  // namespace controller::status
