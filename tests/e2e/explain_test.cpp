// `weir explain` says what the program does: both are asked the same, from the same manifests.
#include "tests/e2e/manifests.hpp"
#include "tests/e2e/serving.hpp"

#include <boost/json.hpp>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace e2e {
namespace {

std::string ingress(const std::string& name, const std::string& host, const std::string& annotations, const std::string& spec, const std::string& paths) {
  return "---\napiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: " + name + ", annotations: {" + annotations + "}}\n" +
         "spec: {ingressClassName: nginx, " + spec + "rules: [{host: " + host + ", http: {paths: [" + paths + "]}}]}\n";
}

std::string path(const std::string& text, const std::string& type, const std::string& service) {
  return "{path: '" + text + "', pathType: " + type + ", backend: {service: {name: " + service + ", port: {number: 80}}}}, ";
}

const std::string prefix = "nginx.ingress.kubernetes.io/";

std::string manifests() {
  return service_at("shop", 9001) + service_at("blog", 9002) +
         ingress("plain", "plain.test", "", "", path("/", "Prefix", "shop") + path("/blog", "Prefix", "blog") + path("/blog", "Exact", "shop") +
                                                    path("/docs/", "Prefix", "blog") + path("/gone", "Prefix", "nowhere")) +
         ingress("rewrite", "apps.test", prefix + "rewrite-target: /$2", "", path("/shop(/|$)(.*)", "ImplementationSpecific", "shop") + path("/files(.*)", "ImplementationSpecific", "blog")) +
         ingress("away", "away.test", prefix + "rewrite-target: 'https://new.test/$1'", "", path("/(.*)", "ImplementationSpecific", "shop")) +
         ingress("secure", "secure.test", "", "tls: [{hosts: [secure.test]}], ", path("/", "Prefix", "shop")) +
         ingress("forced", "forced.test", prefix + "force-ssl-redirect: 'true', " + prefix + "use-port-in-redirects: 'true'", "", path("/", "Prefix", "shop")) +
         ingress("closed", "closed.test", prefix + "auth-url: 'http://auth.test'", "", path("/", "Prefix", "shop")) +
         ingress("stand-in", "standin.test", prefix + "default-backend: blog", "", path("/", "Prefix", "nowhere")) +
         ingress("part", "part.test", "", "", path("/app", "Prefix", "shop"));
}

struct Question {
  std::string host, target;
};

const std::vector<Question> questions{
    {"plain.test", "/x?a=b"}, {"plain.test", "/blog"}, {"plain.test", "/blog/x"}, {"plain.test", "/blogs"}, {"plain.test", "//blog/./x"},
    {"plain.test", "/%62log/x"}, {"plain.test", "/docs?q=1"}, {"plain.test", "/docs/x"}, {"plain.test", "/gone"}, {"plain.test", "/%zz"},
    {"PLAIN.test", "/"}, {"apps.test", "/Shop/items?x=1"}, {"apps.test", "/shop"}, {"apps.test", "/other"}, {"away.test", "/here?x=1"},
    {"secure.test", "/a/"}, {"secure.test", "/.well-known/acme-challenge/t"}, {"forced.test", "/"}, {"closed.test", "/"}, {"standin.test", "/s"},
    {"part.test", "/app"}, {"part.test", "/rest"}, {"unknown.test", "/"}, {"unknown.test", "/healthz"}};

TEST(Explain, SaysWhatTheProgramDoes) {
  Serving serving(manifests());
  ASSERT_TRUE(serving.is_ready());
  for (const auto& [host, target] : questions) {
    SCOPED_TRACE(host + target);
    const Answer answer = serving.get(host, target);
    const auto said = support::run_weir({"explain", "--manifests", serving.manifests().string(), "--https-port", std::to_string(serving.weir().https_port()),
                                         "--output=json", "http://" + host + target});
    boost::system::error_code error;
    const auto value = boost::json::parse(said.output, error);
    ASSERT_FALSE(error) << said.output << said.errors;
    const auto& outcome = value.at("outcome").as_object();
    EXPECT_EQ(said.exit_code, value.at("routed").as_bool() ? 0 : 1);
    const bool is_forwarded = outcome.at("kind") == "forward" || outcome.at("kind") == "stand_in";
    EXPECT_EQ(answer.status, is_forwarded ? 200 : outcome.at("status").to_number<int>()) << answer.error;
    EXPECT_EQ(answer.location, outcome.at("location").as_string());
    if (!is_forwarded) continue;
    EXPECT_EQ(answer.target, outcome.at("upstream_target").as_string());
    EXPECT_EQ("default/" + answer.server, value.at("service").at("name").as_string());
  }
}

TEST(Explain, TakesTheHostFromAHeader) {
  const support::TemporaryDirectory files;
  files.write("all.yaml", manifests());
  const auto said = support::run_weir({"explain", "http://localhost:8080/blog/x", "-H", "Host: plain.test", "-H", "Authorization: Bearer sekret-4711",
                                       "--manifests=" + files.path().string()});
  EXPECT_EQ(said.exit_code, 0) << said.errors;
  EXPECT_NE(said.output.find("Ingress default/plain spec.rules[0].http.paths[1]"), std::string::npos) << said.output;
  EXPECT_EQ(said.output.find("sekret"), std::string::npos) << said.output;
}

TEST(Explain, EndsWithTwoWhereThereIsNothingToAsk) {
  const support::TemporaryDirectory files;
  for (const auto& words : std::vector<std::vector<std::string>>{{"explain", "http://a.test/"},
                                                                {"explain", "--manifests=" + (files.path() / "missing").string(), "http://a.test/"},
                                                                {"explain", "--manifests=" + files.path().string()},
                                                                {"explain", "--manifests=" + files.path().string(), "ftp://a.test/"}}) {
    const auto said = support::run_weir(words);
    EXPECT_EQ(said.exit_code, 2) << said.output << said.errors;
    EXPECT_NE(said.errors, "");
  }
}

}  // namespace
}  // namespace e2e
