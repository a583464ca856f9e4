// The program with its objects from an API server: it serves, follows, and outlives the server.
#include "tests/e2e/manifests.hpp"
#include "tests/support/echo_server.hpp"
#include "tests/support/fake_kube_api.hpp"
#include "tests/support/temporary_directory.hpp"
#include "tests/support/weir_process.hpp"

#include <gmock/gmock.h>
#include <httplib.h>

#include <memory>
#include <string>
#include <vector>

using testing::HasSubstr;

namespace e2e {
namespace {

class KubeconfigTest : public testing::Test {
 protected:
  KubeconfigTest() {
    files.write("config", api.kubeconfig());
    api.apply("apiVersion: networking.k8s.io/v1\nkind: IngressClass\nmetadata: {name: nginx}\nspec: {controller: k8s.io/ingress-nginx}\n---\n" +
              service_at("shop", shop.port()) + ingress_for("a.test", "shop"));
  }

  void start() { weir = std::make_unique<support::WeirProcess>("", std::vector<std::string>{flag()}); }
  void start_and_wait() {
    start();
    ASSERT_TRUE(weir->wait_until_ready()) << weir->output();
  }
  std::string flag() const { return "--kubeconfig=" + (files.path() / "config").string(); }
  int status_of(const std::string& host) const {
    const auto response = httplib::Client("127.0.0.1", weir->http_port()).Get("/", httplib::Headers{{"Host", host}});
    return response ? response->status : 0;
  }
  bool serves(const std::string& host) const {
    return support::eventually([&] { return status_of(host) == 200; });
  }

  support::FakeKubeApi api;
  support::EchoServer shop{"shop"};
  support::TemporaryDirectory files;
  std::unique_ptr<support::WeirProcess> weir;
};

TEST_F(KubeconfigTest, ServesAndFollows) {
  start_and_wait();
  EXPECT_EQ(status_of("a.test"), 200);
  EXPECT_EQ(status_of("b.test"), 404);
  api.apply(ingress_for("b.test", "shop"));
  EXPECT_TRUE(serves("b.test")) << weir->log();
  EXPECT_EQ(weir->stop(), 0) << weir->output();
}

TEST_F(KubeconfigTest, OutlivesTheServer) {
  start_and_wait();
  api.stop();
  EXPECT_TRUE(support::eventually([&] { return weir->readiness().find("[+] objects not in step: ") != std::string::npos; })) << weir->readiness();
  EXPECT_THAT(weir->readiness(), HasSubstr("cannot connect to " + api.url()));
  EXPECT_EQ(status_of("a.test"), 200);
  api.apply(ingress_for("b.test", "shop"));
  api.start();
  EXPECT_TRUE(serves("b.test")) << weir->log();
  EXPECT_TRUE(support::eventually([&] { return weir->readiness().find("not in step") == std::string::npos; })) << weir->readiness();
}

TEST_F(KubeconfigTest, IsNotReadyBeforeEverythingIsRead) {
  api.forbid("endpointslices");
  start();
  EXPECT_TRUE(support::eventually([&] { return weir->readiness().find("[-] objects not in step: EndpointSlice: the server answers 403") != std::string::npos; })) << weir->readiness();
  EXPECT_TRUE(support::eventually([&] { return weir->log().find("verbs: [\"list\", \"watch\"]") != std::string::npos; })) << weir->log();
  EXPECT_NE(status_of("a.test"), 200);
  api.forbid("endpointslices", false);
  EXPECT_TRUE(weir->wait_until_ready()) << weir->output();
  EXPECT_EQ(status_of("a.test"), 200);
}

TEST_F(KubeconfigTest, IsChecked) {
  const auto clean = support::run_weir({"check", flag()});
  EXPECT_EQ(clean.exit_code, 0) << clean.output << clean.errors;
  EXPECT_THAT(clean.errors, HasSubstr("1 Ingresses served"));
  api.apply(ingress_for("b.test", "nowhere") + "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: ingress-nginx-controller}\ndata: {no-such-key: x}\n");
  const auto found = support::run_weir({"check", flag()});
  EXPECT_EQ(found.exit_code, 1);
  EXPECT_THAT(found.output, HasSubstr("Service default/nowhere does not exist"));
  EXPECT_THAT(found.output, HasSubstr("no-such-key"));
  api.forbid("services");
  const auto refused = support::run_weir({"check", flag()});
  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_THAT(refused.errors, HasSubstr("resources: [\"services\"]"));
}

TEST_F(KubeconfigTest, IsExplained) {
  const auto found = support::run_weir({"explain", flag(), "http://a.test/x"});
  EXPECT_EQ(found.exit_code, 0) << found.errors;
  EXPECT_THAT(found.output, HasSubstr("forwarded to Service default/shop"));
  EXPECT_EQ(support::run_weir({"explain", flag(), "http://c.test/"}).exit_code, 1);
  EXPECT_EQ(support::run_weir({"explain", "--kubeconfig=missing", "http://c.test/"}).exit_code, 2);
}

TEST_F(KubeconfigTest, EndsWhenItHasNoSource) {
  support::WeirProcess lost{"", {"--kubeconfig=" + (files.path() / "missing").string()}};
  EXPECT_EQ(lost.wait_for_exit(), 1);
  EXPECT_THAT(lost.log(), HasSubstr("missing"));
}

}  // namespace
}  // namespace e2e
