#include "controller/kube/api/access.hpp"

#include "controller/kube/api/exec_plugin.hpp"
#include "tests/support/temporary_directory.hpp"

#include <gmock/gmock.h>

#include <atomic>
#include <cstdlib>
#include <string>

using controller::kube::Access;
using controller::kube::FoundAccess;
using testing::HasSubstr;

namespace {

class Kubeconfig : public testing::Test {
 protected:
  // Of one context, cluster and user, given as YAML flow.
  FoundAccess read(const std::string& cluster, const std::string& user) {
    files.write("config", "apiVersion: v1\nkind: Config\ncurrent-context: here\ncontexts: [{name: there, context: {cluster: none, user: none}}, "
                          "{name: here, context: {cluster: c, user: u, namespace: shop}}]\nclusters: [{name: c, cluster: {" + cluster + "}}]\nusers: [{name: u, user: {" + user + "}}]\n");
    return controller::kube::read_kubeconfig(files.path() / "config");
  }
  std::string error_of(const std::string& cluster, const std::string& user) { return read(cluster, user).error; }

  support::TemporaryDirectory files;
  const std::string server = "server: https://10.0.0.1:6443";
};

}  // namespace

TEST_F(Kubeconfig, GivesItsCurrentContext) {
  const auto found = read(server + "/prefix/, certificate-authority-data: YWJj, tls-server-name: kube.test", "token: secret");
  ASSERT_TRUE(found.access) << found.error;
  EXPECT_EQ(found.access->host, "10.0.0.1");
  EXPECT_EQ(found.access->port, 6443);
  EXPECT_EQ(found.access->path, "/prefix");
  EXPECT_EQ(found.access->peer_name, "kube.test");
  EXPECT_EQ(found.access->authority.text, "abc");
  EXPECT_EQ(found.access->token.text, "secret");
  EXPECT_EQ(found.access->own_namespace, "shop");
  EXPECT_TRUE(found.access->verifies);
}

TEST_F(Kubeconfig, TakesFilesFromWhereItLies) {
  const auto found = read(server + ", certificate-authority: pki/ca.crt", "client-certificate: /etc/c.crt, client-key: c.key, tokenFile: token");
  ASSERT_TRUE(found.access) << found.error;
  EXPECT_EQ(found.access->authority.file, files.path() / "pki/ca.crt");
  EXPECT_EQ(found.access->certificate.file, "/etc/c.crt");
  EXPECT_EQ(found.access->key.file, files.path() / "c.key");
  EXPECT_EQ(found.access->token.file, files.path() / "token");
}

TEST_F(Kubeconfig, NamesWhatIsNotSupported) {
  EXPECT_THAT(error_of(server + ", proxy-url: http://proxy", ""), HasSubstr("clusters[c].cluster.proxy-url is not supported"));
  EXPECT_THAT(error_of(server, "auth-provider: {name: gcp}"), HasSubstr("users[u].user.auth-provider is not supported"));
  EXPECT_THAT(error_of(server, "username: a, password: b"), HasSubstr("users[u].user.username is not supported"));
  EXPECT_THAT(error_of(server, "as: admin"), HasSubstr("users[u].user.as is not supported"));
  EXPECT_THAT(error_of(server, "exec: {apiVersion: client.authentication.k8s.io/v1alpha1, command: x}"), HasSubstr("v1alpha1\" is not supported"));
  EXPECT_THAT(error_of(server, "exec: {apiVersion: client.authentication.k8s.io/v1, command: x, interactiveMode: Always}"), HasSubstr("there is no terminal"));
}

TEST_F(Kubeconfig, SaysWhatIsWrongWithIt) {
  EXPECT_THAT(error_of("server: 10.0.0.1", ""), HasSubstr("clusters[c].cluster.server \"10.0.0.1\" is no http or https URL"));
  EXPECT_THAT(error_of(server + ", certificate-authority-data: '?'", ""), HasSubstr("certificate-authority-data is not base64"));
  EXPECT_THAT(error_of(server + ", insecure-skip-tls-verify: maybe", ""), HasSubstr("must be true or false"));
  EXPECT_THAT(error_of(server + ", insecure-skip-tls-verify: true, certificate-authority: x", ""), HasSubstr("exclude each other"));
  EXPECT_THAT(error_of(server, "client-certificate: c.crt"), HasSubstr("belong together"));
  files.write("config", "current-context: lost\n");
  EXPECT_THAT(controller::kube::read_kubeconfig(files.path() / "config").error, HasSubstr("there is no \"lost\" in contexts"));
  files.write("config", "a: [\n");
  EXPECT_THAT(controller::kube::read_kubeconfig(files.path() / "config").error, HasSubstr("line "));
  EXPECT_THAT(controller::kube::read_kubeconfig(files.path() / "missing").error, HasSubstr("missing"));
}

TEST_F(Kubeconfig, KnowsServersInAllTheirForms) {
  Access access;
  EXPECT_TRUE(controller::kube::take_server("https://[fd00::1]:6443", access));
  EXPECT_EQ(access.host, "fd00::1");
  EXPECT_EQ(access.port, 6443);
  EXPECT_TRUE(controller::kube::take_server("http://localhost", access));
  EXPECT_FALSE(access.is_tls);
  EXPECT_EQ(access.port, 80);
  for (const char* bad : {"", "https://", "ftp://a", "https://a:0", "https://a:b", "https://a?x", "https://u@a", "https://[a"}) EXPECT_FALSE(controller::kube::take_server(bad, access)) << bad;
}

TEST_F(Kubeconfig, APodHasAServiceAccount) {
  ::unsetenv("KUBERNETES_SERVICE_HOST");
  EXPECT_THAT(controller::kube::in_cluster(files.path()).error, HasSubstr("--kubeconfig FILE"));
  ::setenv("KUBERNETES_SERVICE_HOST", "fd00::a", 1);
  ::setenv("KUBERNETES_SERVICE_PORT", "443", 1);
  EXPECT_THAT(controller::kube::in_cluster(files.path()).error, HasSubstr("automountServiceAccountToken"));
  files.write("token", "t");
  files.write("ca.crt", "c");
  files.write("namespace", "ingress");
  const auto found = controller::kube::in_cluster(files.path());
  ::unsetenv("KUBERNETES_SERVICE_HOST");
  ASSERT_TRUE(found.access) << found.error;
  EXPECT_EQ(found.access->host, "fd00::a");
  EXPECT_EQ(found.access->token.file, files.path() / "token");
  EXPECT_EQ(found.access->own_namespace, "ingress");
}

TEST_F(Kubeconfig, FlagsStandAboveIt) {
  (void)read(server, "token: t");
  controller::Options options;
  options.kubeconfig = (files.path() / "config").string();
  options.apiserver_host = "https://other:1";
  options.certificate_authority = "/ca.crt";
  const auto found = controller::kube::find_access(options);
  ASSERT_TRUE(found.access) << found.error;
  EXPECT_EQ(found.access->host, "other");
  EXPECT_EQ(found.access->peer_name, "other");
  EXPECT_EQ(found.access->authority.file, "/ca.crt");
  EXPECT_EQ(found.access->token.text, "t");
  options.apiserver_host = "other";
  EXPECT_THAT(controller::kube::find_access(options).error, HasSubstr("--apiserver-host"));
}

namespace {

class ExecPluginTest : public Kubeconfig {
 protected:
  controller::kube::ExecCredential run(const std::string& script, const std::string& more = "") {
    files.write("plugin", "#!/bin/sh\n" + script);
    std::filesystem::permissions(files.path() / "plugin", std::filesystem::perms::owner_all);
    const auto found = read(server, "exec: {apiVersion: client.authentication.k8s.io/v1, command: ./plugin, args: [a b], env: [{name: WORD, value: w}]" + more + "}");
    EXPECT_TRUE(found.access) << found.error;
    const std::atomic<bool> stopping{false};
    return controller::kube::run_exec_plugin(*found.access, stopping);
  }
  const std::string head = R"(echo '{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","status":)";
};

}  // namespace

TEST_F(ExecPluginTest, GivesAToken) {
  const auto credential = run(head + R"({"token":"'"$1 $WORD"'","expirationTimestamp":"2030-01-01T00:00:00Z"}}')");
  EXPECT_EQ(credential.error, "");
  EXPECT_EQ(credential.token, "a b w");
  EXPECT_EQ(credential.expires_at, std::chrono::system_clock::from_time_t(1'893'456'000));
}

TEST_F(ExecPluginTest, IsToldOfTheCluster) {
  const auto credential = run(R"(case "$KUBERNETES_EXEC_INFO" in *10.0.0.1:6443*) T=told ;; *) T=untold ;; esac
)" + head + R"({"token":"'$T'"}}')", ", provideClusterInfo: true");
  EXPECT_EQ(credential.token, "told");
}

TEST_F(ExecPluginTest, SaysWhatWentWrong) {
  EXPECT_THAT(run("exit 3").error, HasSubstr("ended with 3"));
  EXPECT_THAT(run("kill -9 $$").error, HasSubstr("signal 9"));
  EXPECT_THAT(run("echo nonsense").error, HasSubstr("did not print an ExecCredential"));
  EXPECT_THAT(run(head + "{}}'").error, HasSubstr("neither a token nor a certificate"));
  const auto found = read(server, "exec: {apiVersion: client.authentication.k8s.io/v1, command: no-such-program-anywhere, installHint: install it}");
  ASSERT_TRUE(found.access);
  const std::atomic<bool> stopping{false};
  EXPECT_THAT(controller::kube::run_exec_plugin(*found.access, stopping).error, HasSubstr("install it"));
}
