#include "controller/election/siblings.hpp"

#include "controller/kube/missing_rule.hpp"
#include "controller/kube/plain_json.hpp"
#include "controller/kube/resources.hpp"

#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <array>
#include <utility>

namespace controller::election {

namespace json = boost::json;
using kube::object_in;
using kube::text_in;

namespace {

constexpr std::array<std::string_view, 3> of_application{"app.kubernetes.io/name", "app.kubernetes.io/instance", "app.kubernetes.io/component"};
constexpr std::array<std::string_view, 5> of_one_rollout{"pod-template-hash", "controller-revision-hash", "pod-template-generation", "statefulset.kubernetes.io/pod-name",
                                                         "apps.kubernetes.io/pod-index"};
constexpr std::string_view of_place = "topology.kubernetes.io/";

bool says_which_application(std::string_view label) { return std::find(of_application.begin(), of_application.end(), label) != of_application.end(); }

bool says_which_pod(std::string_view label) {
  return label.starts_with(of_place) || std::find(of_one_rollout.begin(), of_one_rollout.end(), label) != of_one_rollout.end();
}

template <typename Wanted>
std::string selector_of(const json::object& labels, Wanted wanted) {
  std::string selector;
  for (const auto& label : labels) {
    const std::string name{label.key()};
    if (label.value().is_string() && wanted(name)) selector += (selector.empty() ? "" : ",") + name + "=" + std::string{label.value().get_string()};
  }
  return selector;
}

std::string phase_of(const json::object* pod) { return text_in(object_in(pod, "status"), "phase"); }

bool is_leaving(const json::object* pod) {
  const json::object* const metadata = object_in(pod, "metadata");
  return metadata && metadata->contains("deletionTimestamp");
}

}  // namespace

std::optional<std::string> selector_of_siblings(std::string_view pod) {
  const json::value value = kube::parse_plain(pod);
  const json::object* const labels = object_in(object_in(value.if_object(), "metadata"), "labels");
  if (!labels) return {};
  std::string selector = selector_of(*labels, says_which_application);
  if (selector.empty()) selector = selector_of(*labels, [](std::string_view name) { return !says_which_pod(name); });
  if (selector.empty()) return {};
  return selector;
}

boost::asio::awaitable<std::string> list_siblings(kube::Client& client, Findings& findings, const kube::Key& pod) {
  kube::Request request;
  request.target = kube::path_of(kube::pods, pod.first, pod.second);
  kube::Client::Response response = co_await client.send(request);
  const auto selector = response.failure ? std::nullopt : selector_of_siblings(response.body);
  if (selector) {
    request.target = kube::path_of(kube::pods, pod.first) + "?labelSelector=" + kube::escape(*selector);
    response = co_await client.send(request);
  }
  const bool is_forbidden = response.failure && kube::is_missing_rule(*response.failure);
  if (is_forbidden || !response.failure)
    findings.set("pods", is_forbidden ? std::optional{kube::missing_rule(kube::pods, kube::pods.plural, "\"get\", \"list\"", pod.first, response.failure->text)} : std::nullopt);
  co_return selector && !response.failure ? std::move(response.body) : "";
}

bool has_others(std::string_view list, std::string_view own_name) {
  const json::value value = kube::parse_plain(list);
  const json::array* const items = kube::array_in(value.if_object(), "items");
  if (!items) return true;
  return std::any_of(items->begin(), items->end(), [own_name](const json::value& item) {
    const json::object* const pod = item.if_object();
    const std::string phase = phase_of(pod);
    return !is_leaving(pod) && phase != "Succeeded" && phase != "Failed" && text_in(object_in(pod, "metadata"), "name") != own_name;
  });
}

std::set<std::string> nodes_of(std::string_view list) {
  std::set<std::string> nodes;
  const json::value value = kube::parse_plain(list);
  const json::array* const items = kube::array_in(value.if_object(), "items");
  if (!items) return nodes;
  for (const json::value& item : *items) {
    const json::object* const pod = item.if_object();
    const std::string node = text_in(object_in(pod, "spec"), "nodeName");
    if (!node.empty() && !is_leaving(pod) && phase_of(pod) == "Running") nodes.insert(node);
  }
  return nodes;
}

}  // namespace controller::election
