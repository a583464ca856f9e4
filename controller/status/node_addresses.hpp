// The addresses of the nodes that our pods run on: where neither a Service nor a flag says how the proxies are reached.
#pragma once

#include "controller/findings.hpp"
#include "controller/kube/api/client.hpp"
#include "controller/kube/objects.hpp"

#include <boost/asio/awaitable.hpp>

#include <optional>
#include <string>

namespace controller::status {

class NodeAddresses {
 public:
  static constexpr std::chrono::seconds interval{60};       // between looks, as ingress-nginx's --status-update-interval
  static constexpr std::chrono::seconds short_interval{2};  // while none is known: our pod may not be said to run yet

  // Our own pod, and which of a node's addresses is meant (--report-node-internal-ip-address).
  NodeAddresses(kube::Client& client, Findings& findings, kube::Key pod, bool internal)
      : client_(client), findings_(findings), pod_(std::move(pod)), internal_(internal) {}

  // None when there are none, or they could not be found out.
  [[nodiscard]] boost::asio::awaitable<std::optional<kube::StatusAddresses>> find();

 private:
  // The Node as the server's text; "" when it cannot be had. A missing right is a finding.
  [[nodiscard]] boost::asio::awaitable<std::string> read(const std::string& node);

  kube::Client& client_;
  Findings& findings_;
  kube::Key pod_;
  bool internal_;
};

}  // namespace controller::status
