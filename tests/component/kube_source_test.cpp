// The Kubernetes API as a source, against a server that does everything wrong a server can do.
#include "controller/source.hpp"
#include "tests/support/child_process.hpp"
#include "tests/support/fake_kube_api.hpp"
#include "tests/support/temporary_directory.hpp"
#include "tests/support/translate_yaml.hpp"

#include <gtest/gtest.h>
#include <poll.h>

#include <algorithm>
#include <filesystem>
#include <functional>
#include <memory>
#include <set>
#include <string>

namespace {

using controller::kube::Key;

const std::string ingress_class = "---\napiVersion: networking.k8s.io/v1\nkind: IngressClass\nmetadata: {name: nginx}\nspec: {controller: k8s.io/ingress-nginx}\n";

std::string secret(const std::string& name, const std::string& type = "kubernetes.io/tls") {
  return "---\napiVersion: v1\nkind: Secret\nmetadata: {name: " + name + "}\ntype: " + type + "\ndata: {tls.crt: YQ==}\n";
}

class KubeSource : public testing::Test {
 protected:
  void start() {
    files.write("config", kubeconfig.empty() ? api.kubeconfig() : kubeconfig);
    options.kubeconfig = (files.path() / "config").string();
    source = controller::make_source(options);
    ASSERT_EQ(source->start(), "");
  }
  void start_and_sync() {
    start();
    ASSERT_TRUE(eventually([this] { return source->is_synced(); })) << testing::PrintToString(source->problems()) << testing::PrintToString(api.requests());
  }

  // Takes what comes until it holds. `seen` gathers what that asked for.
  bool eventually(const std::function<bool()>& holds) {
    const auto deadline = std::chrono::steady_clock::now() + support::hang_limit;
    for (;;) {
      (void)source->take_changes();
      const controller::Changes changes = source->update();
      seen.routes = seen.routes || changes.routes;
      seen.services.insert(changes.services.begin(), changes.services.end());
      fewest = source->is_synced() ? std::min(fewest, source->store().ingresses.size()) : fewest;
      if (holds()) return true;
      if (std::chrono::steady_clock::now() > deadline) return false;
      pollfd polled{source->fd(), POLLIN, 0};
      ::poll(&polled, 1, static_cast<int>(std::min(source->until_check(), std::chrono::milliseconds{50}).count()));
    }
  }
  bool has_ingress(const std::string& name) const { return source->store().ingresses.contains(Key{"default", name}); }
  bool has_secret(const std::string& name) const { return source->store().secrets.contains(Key{"default", name}); }
  bool has_problem(const std::string& part) const {
    const auto all = source->problems();
    return std::any_of(all.begin(), all.end(), [&part](const auto& line) { return line.find(part) != std::string::npos; });
  }
  bool has_diagnostic(const std::string& part) const {
    const auto all = source->diagnostics();
    return std::any_of(all.begin(), all.end(), [&part](const auto& one) { return routing::to_line(one).find(part) != std::string::npos; });
  }

  support::FakeKubeApi api;
  support::TemporaryDirectory files;
  controller::Options options;
  std::string kubeconfig;
  std::unique_ptr<controller::Source> source;
  controller::Changes seen;
  std::size_t fewest = SIZE_MAX;  // Ingresses that were in the store since it was complete
};

}  // namespace

TEST_F(KubeSource, ReadsEverythingAndFollowsIt) {
  api.apply(ingress_class + test::service("web") + test::ingress({}));
  start_and_sync();
  EXPECT_EQ(source->store().ingresses.size(), 1u);
  EXPECT_EQ(source->store().services.size(), 1u);
  EXPECT_EQ(source->store().slices.size(), 1u);
  EXPECT_EQ(source->store().classes.size(), 1u);
  EXPECT_TRUE(source->problems().empty());

  api.apply(test::ingress({.name = "two", .host = "b.test"}));
  EXPECT_TRUE(eventually([this] { return has_ingress("two"); }));
  api.remove("ingresses", "default", "web");
  EXPECT_TRUE(eventually([this] { return !has_ingress("web"); }));
  EXPECT_EQ(api.requests_with("limit="), 0u) << "the server offers lists as streams";
}

TEST_F(KubeSource, ReadsPagesWhereListsDoNotComeAsStreams) {
  api.stream_lists(false);
  api.limit_pages(2);
  for (const char* name : {"a", "b", "c", "d", "e"}) api.apply(test::ingress({.name = name, .host = std::string{name} + ".test"}));
  start_and_sync();
  EXPECT_EQ(source->store().ingresses.size(), 5u);
  EXPECT_EQ(api.requests_with("ingresses?continue="), 2u);
  api.apply(test::ingress({.name = "f"}));
  EXPECT_TRUE(eventually([this] { return has_ingress("f"); }));
}

TEST_F(KubeSource, BeginsAListAnewWhoseContinuationIsTooOld) {
  api.stream_lists(false);
  api.limit_pages(2);
  for (const char* name : {"a", "b", "c"}) api.apply(test::ingress({.name = name}));
  api.expire_next_page();
  start_and_sync();
  EXPECT_EQ(source->store().ingresses.size(), 3u);
}

TEST_F(KubeSource, ListsAnewWithoutAGapWhenItsVersionIsTooOld) {
  for (const char* name : {"a", "b", "c"}) api.apply(test::ingress({.name = name}));
  start_and_sync();
  ASSERT_TRUE(eventually([this] { return api.open_watches() == 6; }));
  api.stop();
  api.remove("ingresses", "default", "b");
  api.apply(test::ingress({.name = "d"}));
  api.compact();
  api.start();
  EXPECT_TRUE(eventually([this] { return has_ingress("d") && !has_ingress("b"); }));
  EXPECT_GE(fewest, 3u);
  EXPECT_TRUE(eventually([this] { return source->problems().empty(); }));
}

TEST_F(KubeSource, KeepsWhatItHasWhileTheServerIsAway) {
  api.apply(test::service("web") + test::ingress({}));
  start_and_sync();
  api.stop();
  EXPECT_TRUE(eventually([this] { return has_problem("cannot connect to " + api.url()); }));
  EXPECT_TRUE(source->is_synced());
  EXPECT_TRUE(has_ingress("web"));
  api.apply(test::ingress({.name = "two"}));
  api.start();
  EXPECT_TRUE(eventually([this] { return has_ingress("two") && source->problems().empty(); }));
}

TEST_F(KubeSource, FollowsAServerThatWasRestoredToAnOlderState) {
  api.apply(test::ingress({}));
  const auto saved = api.version();
  api.apply(test::ingress({.name = "later"}));
  start_and_sync();
  ASSERT_TRUE(has_ingress("later"));
  ASSERT_TRUE(eventually([this] { return api.open_watches() == 6; }));
  api.stop();
  api.go_back_to(saved);
  api.start();
  EXPECT_TRUE(eventually([this] { return !has_ingress("later"); }));
  EXPECT_TRUE(has_ingress("web"));
}

TEST_F(KubeSource, GoesOnWhereItWasWhenAConnectionBreaks) {
  api.apply(test::ingress({}));
  start_and_sync();
  ASSERT_TRUE(eventually([this] { return api.open_watches() == 6; }));
  api.cut();
  api.apply(test::ingress({.name = "two"}));
  EXPECT_TRUE(eventually([this] { return has_ingress("two"); }));
  EXPECT_EQ(api.requests_with("ingresses?allowWatchBookmarks=true&resourceVersionMatch="), 1u) << "one list is enough";
}

TEST_F(KubeSource, FollowsAWatchThatEndsWithAnother) {
  start_and_sync();
  ASSERT_TRUE(eventually([this] { return api.open_watches() == 6; }));
  api.end_watches();
  api.apply(test::ingress({.name = "two"}));
  EXPECT_TRUE(eventually([this] { return has_ingress("two"); }));
  EXPECT_TRUE(source->problems().empty());
}

TEST_F(KubeSource, NamesTheRuleThatIsMissing) {
  api.forbid("endpointslices");
  start();
  EXPECT_TRUE(eventually([this] { return has_problem("EndpointSlice: the server answers 403"); }));
  EXPECT_TRUE(has_diagnostic("{apiGroups: [\"discovery.k8s.io\"], resources: [\"endpointslices\"], verbs: [\"list\", \"watch\"]} in a ClusterRole"));
  EXPECT_FALSE(source->is_synced());
  api.forbid("endpointslices", false);
  EXPECT_TRUE(eventually([this] { return source->is_synced() && source->diagnostics().empty() && source->problems().empty(); }));
}

TEST_F(KubeSource, DoesWithoutNamespacesUnlessTheirLabelsAreAskedFor) {
  api.forbid("namespaces");
  start_and_sync();
  EXPECT_TRUE(has_diagnostic("resources: [\"namespaces\"]"));
  options.watch_namespace_selector = "a=b";
  start();
  EXPECT_TRUE(eventually([this] { return has_problem("Namespace: the server answers 403"); }));
  EXPECT_FALSE(source->is_synced());
}

TEST_F(KubeSource, ReadsARotatedTokenAgain) {
  files.write("token", "good-token\n");
  kubeconfig = api.kubeconfig();
  const std::string inline_token = "token: good-token";
  kubeconfig.replace(kubeconfig.find(inline_token), inline_token.size(), "tokenFile: token");
  start_and_sync();
  files.write("token", "next-token");
  api.set_token("next-token");
  api.cut();
  api.apply(test::ingress({.name = "two"}));
  EXPECT_TRUE(eventually([this] { return has_ingress("two"); }));
}

TEST_F(KubeSource, AsksAnExecPluginForItsToken) {
  files.write("plugin", "#!/bin/sh\necho '{\"kind\":\"ExecCredential\",\"apiVersion\":\"client.authentication.k8s.io/v1\",\"status\":{\"token\":\"good-token\"}}'; echo >> \"$0.runs\"\n");
  std::filesystem::permissions(files.path() / "plugin", std::filesystem::perms::owner_all);
  kubeconfig = api.kubeconfig();
  const std::string inline_token = "token: good-token";
  kubeconfig.replace(kubeconfig.find(inline_token), inline_token.size(), "exec: {apiVersion: client.authentication.k8s.io/v1, command: ./plugin}");
  api.apply(test::ingress({}));
  start_and_sync();
  EXPECT_TRUE(has_ingress("web"));
  EXPECT_EQ(std::filesystem::file_size(files.path() / "plugin.runs"), 1u) << "one run serves all requests";
}

TEST_F(KubeSource, TrustsARotatedAuthority) {
  files.write("ca.crt", api.authority_pem());
  kubeconfig = api.kubeconfig();
  const auto at = kubeconfig.find("certificate-authority-data: ");
  kubeconfig.replace(at, kubeconfig.find('}', at) - at, "certificate-authority: ca.crt");
  start_and_sync();
  api.stop();
  api.rotate_authority();
  api.start();
  EXPECT_TRUE(eventually([this] { return has_problem("the server's certificate is not accepted"); }));
  files.write("ca.crt", api.authority_pem());
  api.apply(test::ingress({.name = "two"}));
  EXPECT_TRUE(eventually([this] { return has_ingress("two"); }));
}

TEST_F(KubeSource, KeepsTheDataOfSecretsThatAreNamed) {
  api.apply(secret("named") + secret("other") + secret("release", "helm.sh/release.v1") + test::ingress({.tls_secret = "named"}));
  start_and_sync();
  EXPECT_TRUE(has_secret("named"));
  EXPECT_FALSE(has_secret("other"));
  EXPECT_EQ(api.requests_with("secrets?fieldSelector=") + api.requests_with("fieldSelector=type!=helm.sh/release.v1"), api.requests_with("fieldSelector=type!=helm.sh/release.v1"));
  EXPECT_GE(api.requests_with("fieldSelector=type!=helm.sh/release.v1"), 1u);

  api.apply(test::ingress({.name = "two", .host = "b.test", .tls_secret = "other"}));
  ASSERT_TRUE(eventually([this] { return has_ingress("two"); }));
  EXPECT_TRUE(has_secret("other")) << "an Ingress comes with the Secret that it names";
  api.remove("ingresses", "default", "two");
  EXPECT_TRUE(eventually([this] { return !has_secret("other"); }));
  api.remove("secrets", "default", "named");
  EXPECT_TRUE(eventually([this] { return !has_secret("named"); }));
}

TEST_F(KubeSource, NamesTheRightToReadASecretThatIsNamedLater) {
  api.apply(secret("other"));
  start_and_sync();
  ASSERT_TRUE(eventually([this] { return api.open_watches() == 6; }));
  api.forbid("secrets");
  api.apply(test::ingress({.tls_secret = "other"}));
  EXPECT_TRUE(eventually([this] { return has_diagnostic(R"(resources: ["secrets"], verbs: ["list", "watch"])"); }));
  EXPECT_TRUE(eventually([this] { return has_ingress("web"); })) << "it does not wait for ever";
  api.forbid("secrets", false);
  EXPECT_TRUE(eventually([this] { return has_secret("other") && source->diagnostics().empty(); }));
}

TEST_F(KubeSource, WhatNobodyReadsChangesNothing) {
  api.apply(ingress_class + test::service("web") + test::ingress({}));
  start_and_sync();
  seen = {};
  for (const char* plural : {"ingresses", "services", "ingressclasses"}) api.touch(plural, std::string{plural} == "ingressclasses" ? "" : "default", std::string{plural} == "ingressclasses" ? "nginx" : "web");
  api.apply(test::ingress({.name = "foreign", .class_line = "ingressClassName: other"}) +
            "---\napiVersion: networking.k8s.io/v1\nkind: IngressClass\nmetadata: {name: other}\nspec: {controller: example.com/other}\n");
  ASSERT_TRUE(eventually([this] { return has_ingress("foreign") && source->store().classes.size() == 2; }));
  seen = {};
  api.apply(test::ingress({.name = "foreign", .host = "c.test", .class_line = "ingressClassName: other"}));
  api.touch("ingresses", "default", "web");
  ASSERT_TRUE(eventually([this] { return source->store().ingresses.at(Key{"default", "foreign"})->rules[0].host == "c.test"; }));
  EXPECT_FALSE(seen.any());
  api.apply(test::service("web", {"10.0.0.2"}));
  ASSERT_TRUE(eventually([this] { return !seen.services.empty(); }));
  EXPECT_FALSE(seen.routes) << "of a changed EndpointSlice alone the groups";
}

TEST_F(KubeSource, OneNamespaceNeedsRightsInThatNamespaceOnly) {
  options.watch_namespace = "default";
  options.default_ssl_certificate = "elsewhere/cert";
  api.forbid("ingressclasses");
  api.forbid("namespaces");
  api.apply(test::ingress({}) + "---\napiVersion: v1\nkind: Secret\nmetadata: {name: cert, namespace: elsewhere}\ndata: {tls.crt: YQ==}\n");
  start_and_sync();
  EXPECT_TRUE(has_ingress("web"));
  ASSERT_EQ(source->store().classes.size(), 1u);
  EXPECT_EQ(source->store().classes.begin()->second->controller, "k8s.io/ingress-nginx");
  EXPECT_TRUE(source->diagnostics().empty());
  ASSERT_EQ(source->notices().size(), 1u);
  EXPECT_NE(source->notices()[0].find("is assumed"), std::string::npos);
  EXPECT_TRUE(source->store().secrets.contains(Key{"elsewhere", "cert"}));
  for (const std::string& request : api.requests())
    EXPECT_TRUE(request.find("/namespaces/default/") != std::string::npos || request.find("/namespaces/elsewhere/secrets?") != std::string::npos ||
                request.find("/ingressclasses") != std::string::npos)
        << request;
}

TEST_F(KubeSource, ReadsOnce) {
  files.write("config", api.kubeconfig());
  options.kubeconfig = (files.path() / "config").string();
  api.apply(secret("named") + test::service("web") + test::ingress({.tls_secret = "named"}));
  api.limit_pages(1);
  const controller::Objects objects = controller::read_objects(options);
  EXPECT_EQ(objects.error, "");
  EXPECT_EQ(objects.store.ingresses.size(), 1u);
  EXPECT_EQ(objects.store.secrets.size(), 1u);
  EXPECT_EQ(api.requests_with("watch=true"), 0u);

  api.forbid("services");
  EXPECT_NE(controller::read_objects(options).error.find("resources: [\"services\"]"), std::string::npos);
  api.forbid("services", false);
  api.set_token("another");
  EXPECT_NE(controller::read_objects(options).error.find("401"), std::string::npos);
  api.stop();
  EXPECT_NE(controller::read_objects(options).error.find("cannot connect to"), std::string::npos);
}

TEST_F(KubeSource, EndsWhileNothingAnswers) {
  api.freeze(true);
  start();
  ASSERT_TRUE(eventually([this] { return !api.requests().empty(); }));
  EXPECT_FALSE(source->is_synced());
  EXPECT_TRUE(has_problem("not read yet"));
  source.reset();
  api.freeze(false);
}
