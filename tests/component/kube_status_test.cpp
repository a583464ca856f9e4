// The status of Ingresses, written by one of several replicas to an API server.
#include "controller/status/statuses.hpp"
#include "tests/support/child_process.hpp"
#include "tests/support/fake_kube_api.hpp"
#include "tests/support/replica.hpp"
#include "tests/support/temporary_directory.hpp"
#include "tests/support/translate_yaml.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <memory>
#include <string>

namespace {

using namespace std::chrono_literals;

const std::string ingress_class = "---\napiVersion: networking.k8s.io/v1\nkind: IngressClass\nmetadata: {name: nginx}\nspec: {controller: k8s.io/ingress-nginx}\n";
const std::string ours = R"({"loadBalancer":{"ingress":[{"ip":"192.0.2.1"}]}})";

class KubeStatus : public testing::Test {
 protected:
  KubeStatus() {
    files.write("config", api.kubeconfig());
    options.kubeconfig = (files.path() / "config").string();
    options.publish_status_addresses = {"192.0.2.1"};
    options.election_ttl = 3s;
    api.apply(ingress_class + test::service("web") + test::ingress({}));
  }
  ~KubeStatus() override { ::unsetenv("POD_NAME"); }

  std::unique_ptr<support::Replica> replica() { return std::make_unique<support::Replica>(options); }
  std::string status_of(const std::string& name) const { return api.text_of("ingresses", "default", name, "status"); }
  bool is_ours(const std::string& name) const { return status_of(name) == ours; }
  bool has_holder() const {
    const std::string spec = api.text_of("leases", "default", options.election_id, "spec");
    return !spec.empty() && spec.find(R"("holderIdentity":"")") == std::string::npos;
  }

  support::FakeKubeApi api;
  support::TemporaryDirectory files;
  controller::Options options;
};

}  // namespace

TEST_F(KubeStatus, IsWrittenOnceByTheLeaderAlone) {
  api.apply(test::ingress({.name = "two", .host = "b.test"}) + test::ingress({.name = "foreign", .class_line = "ingressClassName: other"}));
  const auto first = replica();
  ASSERT_TRUE(support::eventually([&] { return is_ours("web") && is_ours("two"); })) << testing::PrintToString(api.requests());
  const auto second = replica();
  api.apply(test::ingress({.name = "three", .host = "c.test"}));
  ASSERT_TRUE(support::eventually([&] { return second->published != 0 && is_ours("three"); }));
  api.cut();  // every list and watch begins anew
  api.apply(test::ingress({.name = "four", .host = "d.test"}));
  ASSERT_TRUE(support::eventually([&] { return is_ours("four"); }));
  EXPECT_EQ(api.requests_with("PATCH "), 4u) << testing::PrintToString(api.requests());
  EXPECT_EQ(status_of("foreign"), "");
}

TEST_F(KubeStatus, WaitsUntilTheRoutesAreInForce) {
  const auto one = std::make_unique<support::Replica>(options);
  ASSERT_TRUE(support::eventually([&] { return is_ours("web"); }));
  one->may_serve = false;
  const auto before = one->published.load();
  api.apply(test::ingress({.name = "two", .host = "b.test"}));
  ASSERT_TRUE(support::eventually([&] { return one->published != before; }));
  const auto renewals = api.requests_with("PUT ");
  ASSERT_TRUE(support::eventually([&] { return api.requests_with("PUT ") > renewals; })) << "it goes on leading";
  EXPECT_EQ(status_of("two"), "");
  one->may_serve = true;
  EXPECT_TRUE(support::eventually([&] { return is_ours("two"); }));
}

TEST_F(KubeStatus, IsMendedAndClearedWithTheClass) {
  const auto one = replica();
  ASSERT_TRUE(support::eventually([&] { return is_ours("web"); }));
  api.touch("ingresses", "default", "web");  // somebody overwrites it
  ASSERT_TRUE(support::eventually([&] { return status_of("web").find("192.0.2.1") != std::string::npos; }));
  api.apply(test::ingress({.name = "two", .host = "b.test"}));
  ASSERT_TRUE(support::eventually([&] { return is_ours("two"); }));
  std::string moved = test::ingress({.name = "two", .host = "b.test", .class_line = "ingressClassName: other"});
  api.apply(moved + "status: " + ours + "\n");
  EXPECT_TRUE(support::eventually([&] { return status_of("two") == R"({"loadBalancer":{}})"; })) << status_of("two");
}

TEST_F(KubeStatus, SomebodyElseWhoKeepsWritingItIsToldOf) {
  const auto one = replica();
  const std::string theirs = R"({"loadBalancer":{"ingress":[{"ip":"192.0.2.9"}]}})";
  const auto is_told = [&] { return one->findings.hold("Ingress default/web: status: somebody else keeps writing"); };
  // Two writes that are seen as one do not count, so more rounds may be needed than it takes.
  for (unsigned round = 0; round < 3 * controller::status::Statuses::told_from_contests && !is_told(); ++round) {
    ASSERT_TRUE(support::eventually([&] { return is_ours("web") || is_told(); })) << round;
    api.apply(test::ingress({}) + "status: " + theirs + "\n");
  }
  EXPECT_TRUE(support::eventually(is_told));
}

TEST_F(KubeStatus, WhatIsWrongWithAWriteIsForgottenWithTheIngress) {
  api.apply(test::ingress({.name = "two", .host = "b.test"}));
  const auto one = replica();
  ASSERT_TRUE(support::eventually([&] { return is_ours("web") && is_ours("two"); }));
  api.refuse_writes("ingresses", 422);
  api.apply(test::ingress({.name = "two", .host = "b.test", .class_line = "ingressClassName: other"}) + "status: " + ours + "\n");
  ASSERT_TRUE(support::eventually([&] { return one->findings.hold("Ingress default/two: status: cannot be written"); }));
  api.remove("ingresses", "default", "two");
  EXPECT_TRUE(support::eventually([&] { return !one->findings.hold("cannot be written"); }));
}

TEST_F(KubeStatus, AnotherLeadsWhenTheLeaderIsGone) {
  api.apply("---\napiVersion: coordination.k8s.io/v1\nkind: Lease\nmetadata: {name: ingress-controller-leader}\n"
            "spec: {holderIdentity: dead, leaseDurationSeconds: 2, renewTime: '2024-01-01T00:00:00.000000Z', leaseTransitions: 7}\n");
  const auto one = replica();
  EXPECT_TRUE(support::eventually([&] { return is_ours("web"); }));
  const std::string spec = api.text_of("leases", "default", options.election_id, "spec");
  EXPECT_EQ(spec.find("dead"), std::string::npos) << spec;
}

TEST_F(KubeStatus, TheLeaseIsReleasedOnTheWayOut) {
  auto first = replica();
  ASSERT_TRUE(support::eventually([&] { return is_ours("web"); }));
  first->reconciler.leave();
  EXPECT_TRUE(support::eventually([&] { return !has_holder(); }));
  EXPECT_TRUE(is_ours("web")) << "whether it was the last is not known outside of a pod";
  first.reset();
}

TEST_F(KubeStatus, TheLastReplicaClearsIt) {
  ::setenv("POD_NAME", "weir-1", 1);
  const auto pod = [](const std::string& name) { return "---\napiVersion: v1\nkind: Pod\nmetadata: {name: " + name + ", labels: {app: weir}}\n"; };
  api.apply(pod("weir-1") + pod("weir-2"));
  auto one = replica();
  ASSERT_TRUE(support::eventually([&] { return is_ours("web"); }));
  one.reset();
  EXPECT_TRUE(is_ours("web")) << "weir-2 still serves";
  api.remove("pods", "default", "weir-2");
  one = replica();
  ASSERT_TRUE(support::eventually([&] { return has_holder() && one->published != 0; }));
  one.reset();
  EXPECT_EQ(status_of("web"), R"({"loadBalancer":{}})");
}

TEST_F(KubeStatus, HoldsTheAddressesOfNodesWhereNothingElseIsSaid) {
  ::setenv("POD_NAME", "weir-1", 1);
  options.publish_status_addresses.clear();
  api.apply("---\napiVersion: v1\nkind: Pod\nmetadata: {name: weir-1, labels: {app: weir}}\nspec: {nodeName: n1}\nstatus: {phase: Running}\n"
            "---\napiVersion: v1\nkind: Node\nmetadata: {name: n1}\nstatus: {addresses: [{type: InternalIP, address: 10.0.0.1}, {type: ExternalIP, address: 192.0.2.1}]}\n");
  api.forbid("nodes");
  {
    const auto one = replica();
    EXPECT_TRUE(support::eventually([&] { return one->findings.hold(R"(resources: ["nodes"], verbs: ["get"]} in a ClusterRole)"); }));
  }
  api.forbid("nodes", false);
  const auto one = replica();
  EXPECT_TRUE(support::eventually([&] { return is_ours("web"); })) << status_of("web");
}

TEST_F(KubeStatus, NeedsNoLeaseWhenItIsToldThatItIsAlone) {
  options.elects_leader = false;
  api.forbid("leases");
  const auto one = replica();
  EXPECT_TRUE(support::eventually([&] { return is_ours("web"); }));
  EXPECT_FALSE(one->findings.hold("RBAC"));
}

TEST_F(KubeStatus, NamesTheRulesThatAreMissing) {
  api.forbid("ingresses/status");
  api.forbid("leases");
  const auto one = replica();
  EXPECT_TRUE(support::eventually([&] { return one->findings.hold(R"(resources: ["leases"], verbs: ["get", "create", "update"]} in a Role of namespace default)"); }));
  api.forbid("leases", false);
  EXPECT_TRUE(support::eventually([&] { return one->findings.hold(R"(resources: ["ingresses/status"], verbs: ["patch"]} in a ClusterRole)"); }));
  api.forbid("ingresses/status", false);
  EXPECT_TRUE(support::eventually([&] { return is_ours("web") && !one->findings.hold("RBAC"); }));
}
