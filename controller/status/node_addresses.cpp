#include "controller/status/node_addresses.hpp"

#include "controller/election/siblings.hpp"
#include "controller/kube/missing_rule.hpp"
#include "controller/kube/resources.hpp"
#include "controller/status/addresses.hpp"

#include <boost/asio/use_awaitable.hpp>

#include <set>
#include <utility>

namespace controller::status {

namespace asio = boost::asio;

asio::awaitable<std::string> NodeAddresses::read(const std::string& node) {
  kube::Request request;
  request.target = kube::path_of(kube::nodes, "", node);
  kube::Client::Response response = co_await client_.send(request);
  const bool is_forbidden = response.failure && kube::is_missing_rule(*response.failure);
  if (is_forbidden || !response.failure)
    findings_.set("nodes", is_forbidden ? std::optional{kube::missing_rule(kube::nodes, kube::nodes.plural, "\"get\"", "", response.failure->text)} : std::nullopt);
  co_return response.failure ? "" : std::move(response.body);
}

asio::awaitable<std::optional<kube::StatusAddresses>> NodeAddresses::find() {
  const std::string siblings = co_await election::list_siblings(client_, findings_, pod_);
  const std::set<std::string> nodes = election::nodes_of(siblings);
  std::set<std::string> addresses;
  for (const std::string& node : nodes) {
    const std::string text = co_await read(node);
    if (std::string address = address_of_node(text, internal_); !address.empty()) addresses.insert(std::move(address));
  }
  if (addresses.empty()) co_return std::nullopt;
  co_return to_addresses(addresses);
}

}  // namespace controller::status
