// Events on users' objects, written by one of several replicas to an API server.
#include "tests/support/child_process.hpp"
#include "tests/support/fake_kube_api.hpp"
#include "tests/support/replica.hpp"
#include "tests/support/temporary_directory.hpp"
#include "tests/support/translate_yaml.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>

namespace {

using namespace std::chrono_literals;

const std::string ingress_class = "---\napiVersion: networking.k8s.io/v1\nkind: IngressClass\nmetadata: {name: nginx}\nspec: {controller: k8s.io/ingress-nginx}\n";

class KubeEvents : public testing::Test {
 protected:
  KubeEvents() {
    files.write("config", api.kubeconfig());
    options.kubeconfig = (files.path() / "config").string();
    options.election_ttl = 3s;
    api.apply(ingress_class + test::service("web") + test::ingress({}));
  }

  // Events that hold all these parts.
  std::size_t count(const std::vector<std::string>& parts) const {
    const auto texts = api.texts_of("events");
    return static_cast<std::size_t>(std::count_if(texts.begin(), texts.end(), [&](const std::string& text) {
      return std::all_of(parts.begin(), parts.end(), [&](const std::string& part) { return text.find(part) != std::string::npos; });
    }));
  }
  std::unique_ptr<support::Replica> replica() { return std::make_unique<support::Replica>(options); }
  void break_it() { api.apply(test::ingress({.name = "bad", .host = "b.test", .service = "missing"})); }
  void mend_it() { api.apply(test::ingress({.name = "bad", .host = "b.test"})); }

  support::FakeKubeApi api;
  support::TemporaryDirectory files;
  controller::Options options;
};

}  // namespace

TEST_F(KubeEvents, TellOfADiagnosticAndOfItsEnd) {
  const auto one = replica();
  ASSERT_TRUE(support::eventually([&] { return one->published != 0; }));
  break_it();
  ASSERT_TRUE(support::eventually([&] { return count({"Warning", R"("name":"bad","uid":"uid-)", "missing"}) == 1; })) << testing::PrintToString(api.texts_of("events"));
  mend_it();
  ASSERT_TRUE(support::eventually([&] { return count({"Normal", "Resolved", "no longer", "missing"}) == 1; }));
  break_it();
  EXPECT_TRUE(support::eventually([&] { return count({"Warning", R"("series":{"count":2)"}) == 1; })) << "the same again is counted";
}

TEST_F(KubeEvents, AreToldAgainOfAnObjectThatWasMadeAgain) {
  const auto one = replica();
  ASSERT_TRUE(support::eventually([&] { return one->published != 0; }));
  break_it();
  ASSERT_TRUE(support::eventually([&] { return count({"Warning", "missing"}) == 1; }));
  api.stop();  // the next list has another object of that name
  api.remove("ingresses", "default", "bad");
  break_it();
  api.start();
  EXPECT_TRUE(support::eventually([&] { return count({"Warning", "missing"}) == 2; })) << testing::PrintToString(api.texts_of("events"));
  api.remove("ingresses", "default", "bad");  // or within one burst
  break_it();
  EXPECT_TRUE(support::eventually([&] { return count({"Warning", "missing"}) == 3; })) << testing::PrintToString(api.texts_of("events"));
}

TEST_F(KubeEvents, NameTheOlderIngressThatHasThePath) {
  api.apply(test::ingress({.name = "younger", .created = "2030-01-01T00:00:00Z"}));
  const auto one = replica();
  EXPECT_TRUE(support::eventually([&] { return count({"Warning", "NotAsWritten", R"("name":"younger")", "default/web"}) == 1; })) << testing::PrintToString(api.texts_of("events"));
}

TEST_F(KubeEvents, AreNotRepeatedByAnotherReplicaOrANewList) {
  break_it();
  {
    const auto first = replica();
    ASSERT_TRUE(support::eventually([&] { return count({"Warning", "missing"}) == 1; }));
    api.cut();  // every list and watch begins anew
    api.apply(test::ingress({.name = "more", .host = "m.test", .service = "absent"}));
    ASSERT_TRUE(support::eventually([&] { return count({"Warning", "absent"}) == 1; }));
    EXPECT_EQ(api.requests_with("POST /apis/events.k8s.io/"), 2u);
  }
  const auto second = replica();
  ASSERT_TRUE(support::eventually([&] { return api.requests_with("POST /apis/events.k8s.io/") >= 4u; })) << "it asks whether they are told";
  api.apply(test::ingress({.name = "last", .host = "l.test", .service = "nowhere"}));
  ASSERT_TRUE(support::eventually([&] { return count({"Warning", "nowhere"}) == 1; }));
  EXPECT_EQ(count({}), 3u);
  EXPECT_EQ(count({"series"}), 0u);
}

TEST_F(KubeEvents, NameTheRuleThatIsMissing) {
  api.forbid("events");
  const auto one = replica();
  ASSERT_TRUE(support::eventually([&] { return one->published != 0; }));
  break_it();
  EXPECT_TRUE(support::eventually([&] { return one->findings.hold(R"({apiGroups: ["events.k8s.io"], resources: ["events"], verbs: ["create", "patch"]} in a ClusterRole)"); }));
}
