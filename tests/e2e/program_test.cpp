// The program's manners: changes are followed, exit codes are the promised ones, what is broken is said and heals.
#include "tests/e2e/serving.hpp"

#include <gtest/gtest.h>
#include <httplib.h>

#include <csignal>
#include <cstdio>
#include <string_view>

namespace e2e {
namespace {

std::string example(const std::string& name) { return support::read_repository_file("deploy/examples/" + name + ".yaml"); }

int admin_status(const support::WeirProcess& weir, const std::string& path) {
  httplib::Client client("127.0.0.1", weir.healthz_port());
  const auto response = client.Get(path);
  return response ? response->status : 0;
}

TEST(Program, FollowsAChangedFile) {
  Serving serving(example("single-service"));
  ASSERT_TRUE(serving.is_ready());
  ASSERT_EQ(serving.get("blog.example.com", "/").status, 404);
  serving.write("manifests.yaml", example("routing-by-host"));
  EXPECT_TRUE(support::eventually([&] { return serving.get("blog.example.com", "/").server == "blog"; })) << serving.weir().log();
  EXPECT_EQ(serving.get("shop.example.com", "/").server, "shop");
}

TEST(Program, KeepsServingWhatAFileHeldBeforeItBroke) {
  Serving serving(example("single-service"));
  ASSERT_TRUE(serving.is_ready());
  serving.write("manifests.yaml", "kind: [Ingress\n");
  serving.write("more.yaml", example("routing-by-path"));
  EXPECT_TRUE(support::eventually([&] { return serving.get("apps.example.com", "/shop/").status == 200; })) << serving.weir().log();
  EXPECT_EQ(serving.get("shop.example.com", "/").server, "shop");
}

TEST(Program, AnswersOnItsAdminPort) {
  Serving serving(example("single-service"));
  ASSERT_TRUE(serving.is_ready());
  EXPECT_EQ(admin_status(serving.weir(), "/healthz"), 200);
  EXPECT_EQ(admin_status(serving.weir(), "/metrics"), 200);
  EXPECT_EQ(admin_status(serving.weir(), "/debug/snapshot"), 200);
}

TEST(Program, SaysWhatItServesOnceItDoes) {
  Serving serving(example("routing-by-host"));
  ASSERT_TRUE(serving.is_ready());
  const auto has_started = [&] { return serving.weir().log().find("serves ") != std::string::npos; };
  ASSERT_TRUE(support::eventually(has_started)) << serving.weir().log();
  const std::string log = serving.weir().log();
  for (const std::string& part : {std::string{" hosts and "}, std::string{" routes after "}, "http " + std::to_string(serving.weir().http_port()),
                                  "health and metrics " + std::to_string(serving.weir().healthz_port()), std::string{"; 2 workers; manifests in "},
                                  std::string{"; no diagnostics"}})
    EXPECT_NE(log.find(part), std::string::npos) << part << "\n" << log;
}

// So many that telling them takes its time.
TEST(Program, SaysAtItsStartHowManyDiagnosticsThereAre) {
  std::string text;
  for (int i = 0; i < 1000; ++i)
    text += "---\napiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: i" + std::to_string(i) + "}\nspec: {defaultBackend: {service: {name: absent, port: {number: 80}}}}\n";
  Serving serving(text);
  ASSERT_TRUE(support::eventually([&] { return serving.weir().log().find(" hosts and ") != std::string::npos; }));
  EXPECT_NE(serving.weir().log().find("; 1000 diagnostics"), std::string::npos);
}

TEST(Program, WritesOneAccessLogLineForARequestAndLosesNoneWhenStopped) {
  Serving serving(example("single-service"));
  ASSERT_TRUE(serving.is_ready());
  ASSERT_EQ(serving.get("shop.example.com", "/remember-me").status, 200);
  ASSERT_EQ(serving.weir().stop(), 0) << serving.weir().output();
  EXPECT_NE(serving.weir().access_log().find("\"GET /remember-me HTTP/1.1\" 200"), std::string::npos) << serving.weir().output();
}

TEST(Program, LogsWhatCameFromTheEndpointWithItsHead) {
  Serving serving(example("single-service") +
                      "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\ndata:\n  log-format-upstream: received $upstream_bytes_received body $upstream_response_length\n",
                  {"--configmap=default/settings"});
  ASSERT_TRUE(serving.is_ready());
  ASSERT_EQ(serving.get("shop.example.com", "/").status, 200);
  ASSERT_EQ(serving.weir().stop(), 0) << serving.weir().output();
  unsigned received = 0, body = 0;
  ASSERT_EQ(std::sscanf(serving.weir().access_log().c_str(), "received %u body %u", &received, &body), 2) << serving.weir().output();
  EXPECT_GT(body, 0u);
  EXPECT_GT(received, body + std::string_view{"HTTP/1.1 200 OK\r\n\r\n"}.size());
}

TEST(Program, EndsWithZeroOnEitherSignal) {
  for (const int signal : {SIGTERM, SIGINT}) {
    Serving serving(example("single-service"));
    ASSERT_TRUE(serving.is_ready());
    serving.weir().send_signal(signal);
    EXPECT_EQ(serving.weir().wait_for_exit(), 0) << "signal " << signal << '\n' << serving.weir().output();
  }
}

TEST(Program, RefusesAnUnknownFlagByName) {
  const auto finished = support::run_weir({"--no-such-flag"});
  EXPECT_EQ(finished.exit_code, 2);
  EXPECT_NE(finished.errors.find("no-such-flag"), std::string::npos) << finished.errors;
}

TEST(Program, SaysItsVersionAndItsUsage) {
  EXPECT_EQ(support::run_weir({"version"}).exit_code, 0);
  EXPECT_EQ(support::run_weir({"--help"}).exit_code, 0);
  EXPECT_EQ(support::run_weir({"check", "--help"}).exit_code, 0);
}

TEST(Program, ChecksManifestsWithoutServing) {
  const support::TemporaryDirectory manifests;
  manifests.write("shop.yaml", example("single-service"));
  const auto clean = support::run_weir({"check", "--manifests=" + manifests.path().string()});
  EXPECT_EQ(clean.exit_code, 0) << clean.output << clean.errors;

  manifests.write("broken.yaml", "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: lost}\nspec:\n  ingressClassName: nginx\n  rules:\n"
                                 "  - {host: a.example.com, http: {paths: [{path: /, pathType: Prefix, backend: {service: "
                                 "{name: nowhere, port: {number: 80}}}}]}}\n");
  const auto found = support::run_weir({"check", "--manifests=" + manifests.path().string()});
  EXPECT_EQ(found.exit_code, 1);
  EXPECT_NE(found.output.find("nowhere"), std::string::npos) << found.output;

  EXPECT_EQ(support::run_weir({"check", "--manifests=" + (manifests.path() / "missing").string()}).exit_code, 2);
}

}  // namespace
}  // namespace e2e
