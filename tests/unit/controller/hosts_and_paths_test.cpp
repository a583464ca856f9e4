#include "tests/support/translate_yaml.hpp"

#include <gtest/gtest.h>

using namespace test;

TEST(HostsAndPaths, TheOlderIngressKeepsAPathAndTheLoserIsTold) {
  const auto result = translate_yaml(service("a") + service("b") + ingress({.name = "new", .service = "b", .created = "2024-02-01T00:00:00Z"}) +
                                     ingress({.name = "old", .service = "a", .created = "2024-01-01T00:00:00Z"}));

  EXPECT_EQ(result.route_of("a.test", "/x"), "old/a");
  EXPECT_EQ(result.lines_with("Ingress default/new: spec.rules[0].http.paths[0]: path / of host \"a.test\" belongs to Ingress default/old"), 1u);
}

TEST(HostsAndPaths, OfOneAgeTheGreaterNameWins) {
  const auto result = translate_yaml(service("a") + ingress({.name = "aaa", .service = "a"}) + ingress({.name = "bbb", .service = "a"}));

  EXPECT_EQ(result.route_of("a.test", "/"), "bbb/a");
}

TEST(HostsAndPaths, ClassesSelect) {
  const std::string classes = "---\napiVersion: networking.k8s.io/v1\nkind: IngressClass\nmetadata: {name: ours}\nspec: {controller: k8s.io/ingress-nginx}\n"
                              "---\napiVersion: networking.k8s.io/v1\nkind: IngressClass\nmetadata: {name: theirs}\nspec: {controller: example.com/x}\n";
  const auto served = [&](const std::string& class_line, const std::string& annotation, const controller::Options& options) {
    IngressText text{.class_line = class_line};
    if (!annotation.empty()) text.annotations.emplace_back("kubernetes.io/ingress.class", annotation);
    return translate_yaml(classes + service("web") + ingress(text), options).route_of("a.test", "/") == "web/web";
  };
  controller::Options adopt;
  adopt.watch_ingress_without_class = true;

  EXPECT_TRUE(served("ingressClassName: ours", "", {}));
  EXPECT_TRUE(served("ingressClassName: ours", "other", {}));
  EXPECT_FALSE(served("ingressClassName: theirs", "nginx", {}));
  EXPECT_FALSE(served("ingressClassName: ghost", "", {}));
  EXPECT_TRUE(served("", "nginx", {}));
  EXPECT_FALSE(served("", "other", adopt));
  EXPECT_FALSE(served("", "", {}));
  EXPECT_TRUE(served("", "", adopt));
}

TEST(HostsAndPaths, OneRegexOrRewriteMakesTheWholeHostOne) {
  const auto result = translate_yaml(service("web") + ingress({.name = "exact", .path = "/foo", .path_type = "Exact"}) +
                                     ingress({.name = "regex", .path = "/id/[0-9]+", .path_type = "ImplementationSpecific", .annotations = {{"use-regex", "true"}}}));

  EXPECT_EQ(result.route_of("a.test", "/FOObar"), "exact/web");
  EXPECT_EQ(result.route_of("a.test", "/id/7x"), "regex/web");
}

TEST(HostsAndPaths, APatternThatRe2CannotHoldCostsItsPathOnly) {
  const auto result = translate_yaml(service("web") + ingress({.name = "bad", .path = "/(?!x)", .path_type = "ImplementationSpecific", .annotations = {{"use-regex", "true"}}}) +
                                     ingress({.name = "good", .path = "/good"}));

  EXPECT_EQ(result.route_of("a.test", "/good"), "good/web");
  EXPECT_EQ(result.lines_with("Ingress default/bad: spec.rules[0].http.paths[0].path:"), 1u);
}

TEST(HostsAndPaths, DefaultBackendsServeWhatIsLeftOfTheirHosts) {
  std::string text = ingress({.path = "/app"});
  text.replace(text.find("  ingressClassName: nginx"), 25, "  ingressClassName: nginx\n  defaultBackend: {service: {name: rest, port: {number: 80}}}");
  const auto result = translate_yaml(service("web") + service("rest") + text);

  EXPECT_EQ(result.route_of("a.test", "/app"), "web/web");
  EXPECT_EQ(std::get<routing::Forward>(result.find("a.test", "/zzz")->action).upstream, 1u);
  EXPECT_EQ(result.route_of("b.test", "/"), "404");
}

TEST(HostsAndPaths, HostsThatAreNoneAndPathsThatAreNoneAreTold) {
  const auto result = translate_yaml(service("web") + ingress({.name = "host", .host = "a_b.*.test"}) + ingress({.name = "path", .path = "no-slash"}) + ingress({.name = "fine"}));

  EXPECT_EQ(result.lines_with("Ingress default/host: spec.rules[0].host"), 1u);
  EXPECT_EQ(result.lines_with("Ingress default/path: spec.rules[0].http.paths[0].path"), 1u);
  EXPECT_EQ(result.route_of("a.test", "/"), "fine/web");
}

TEST(HostsAndPaths, TlsDecidesTheRedirectAndAMissingSecretIsTold) {
  const auto result = translate_yaml(service("web") + ingress({.tls_secret = "missing"}) + ingress({.name = "plain", .host = "b.test"}));

  EXPECT_TRUE(result.find("a.test", "/")->policies.tls_redirect.active);
  EXPECT_FALSE(result.find("b.test", "/")->policies.tls_redirect.active);
  EXPECT_EQ(result.lines_with("Ingress default/web: spec.tls[0].secretName: Secret default/missing does not exist"), 1u);
}

TEST(HostsAndPaths, OldApiVersionsAreTold) {
  const auto result = translate_yaml("apiVersion: extensions/v1beta1\nkind: Ingress\nmetadata: {name: old}\n");
  EXPECT_EQ(result.lines_with("Ingress default/old: apiVersion: extensions/v1beta1 is gone"), 1u);
}

TEST(HostsAndPaths, EqualObjectsGiveAnEqualVersion) {
  const std::string one = service("a") + service("b") + ingress({.name = "x", .service = "a"}) + ingress({.name = "y", .host = "b.test", .service = "b"});
  const std::string other = ingress({.name = "y", .host = "b.test", .service = "b"}) + service("b") + service("a") + ingress({.name = "x", .service = "a"});

  EXPECT_EQ(translate_yaml(one).snapshot().version, translate_yaml(other).snapshot().version);
  EXPECT_NE(translate_yaml(one).snapshot().version, translate_yaml(one + service("c") + ingress({.name = "z", .host = "c.test", .service = "c"})).snapshot().version);
}

TEST(HostsAndPaths, ADefaultBackendIsFoundInItsOwnNamespaceUnderItsOwnAnnotations) {
  const std::string first = service("web") + ingress({.path = "/app", .created = "2023-01-01T00:00:00Z"});
  const auto second = [](const std::string& annotations) {
    return "---\napiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: rest, namespace: other, annotations: {" + annotations +
           "}}\nspec:\n  ingressClassName: nginx\n  defaultBackend: {service: {name: rest, port: {number: 80}}}\n  rules: [{host: a.test}]\n";
  };
  EXPECT_EQ(translate_yaml(first + second("")).find("a.test", "/x")->origin.ingress_namespace, "other");
  EXPECT_EQ(translate_yaml(first + second("nginx.ingress.kubernetes.io/auth-url: 'http://a'")).route_of("a.test", "/x"), "503");
  EXPECT_EQ(translate_yaml(first + second("nginx.ingress.kubernetes.io/auth-url: 'http://a'")).route_of("a.test", "/app"), "web/web");
}

TEST(HostsAndPaths, AnExpressionThatCannotBeUsedKeepsItsPathsFromOthers) {
  const auto regex = [](const std::string& path) {
    return translate_yaml(service("web") + service("open") + ingress({.name = "open", .service = "open"}) +
                          ingress({.path = path, .path_type = "ImplementationSpecific", .annotations = {{"use-regex", "true"}}}));
  };
  const auto result = regex("/admin/(?!login).*");
  EXPECT_EQ(result.route_of("a.test", "/admin/users"), "503");
  EXPECT_EQ(result.route_of("a.test", "/shop"), "open/open");
  EXPECT_EQ(result.lines_with("answer 503"), 1u);
  EXPECT_EQ(regex("/api/(?!a|b)").route_of("a.test", "/shop"), "open/open");
  EXPECT_EQ(regex("/admin?(?!x)").route_of("a.test", "/admi"), "503");
  EXPECT_EQ(regex("/a(?!x)|/b").route_of("a.test", "/b"), "503");
}

TEST(HostsAndPaths, AnExpressionThatCannotBeUsedIsTriedWhereItWouldHaveBeen) {
  std::vector<std::pair<std::string, std::string>> annotations{{"use-regex", "true"}, {"auth-url", "http://auth.test"}};
  const auto beside = [&](const std::string& path) {
    return translate_yaml(service("web") + service("open") + ingress({.name = "open", .path = path, .service = "open"}) +
                          ingress({.path = "/api/(?!login).*", .path_type = "ImplementationSpecific", .annotations = annotations}));
  };
  EXPECT_EQ(beside("/api/users").route_of("a.test", "/api/users"), "503");  // shorter than the expression, so it would not have been asked
  EXPECT_EQ(beside("/api/users/of/everybody").route_of("a.test", "/api/users/of/everybody"), "open/open");
  EXPECT_EQ(beside("/apis").route_of("a.test", "/apis"), "open/open");
  annotations.pop_back();  // without a guard nothing opens
  EXPECT_EQ(beside("/api/users").route_of("a.test", "/api/users"), "open/open");
  EXPECT_EQ(beside("/api").route_of("a.test", "/api/users"), "503");
}

TEST(HostsAndPaths, ASolverOfAcmeIsAskedOverPlainHttp) {
  const std::string solver = "/.well-known/acme-challenge/TOKEN";
  const auto result = translate_yaml(service("web") + service("solver") + ingress({.tls_secret = "tls"}) +
                                     ingress({.name = "solver", .path = solver, .path_type = "ImplementationSpecific", .service = "solver", .created = "2025-01-01T00:00:00Z"}));
  EXPECT_EQ(result.route_of("a.test", solver), "solver/solver");
  EXPECT_FALSE(result.find("a.test", solver)->policies.tls_redirect.active);
  EXPECT_TRUE(result.find("a.test", "/.well-known/acme-challenge/other")->policies.tls_redirect.active);  // by location, as in ingress-nginx
}

TEST(HostsAndPaths, ASecretWithoutACertificateIsToldThoughAnotherEntryNamesTheHost) {
  std::string text = ingress({.tls_secret = "missing"});
  text.replace(text.find("secretName: missing}]"), 21, "secretName: missing}, {hosts: [a.test], secretName: garbage}]");
  const auto result = translate_yaml("---\napiVersion: v1\nkind: Secret\nmetadata: {name: garbage}\nstringData: {tls.crt: x, tls.key: y}\n" + service("web") + text);
  EXPECT_EQ(result.lines_with("spec.tls[0].secretName: Secret default/missing does not exist"), 1u);
  EXPECT_EQ(result.lines_with("spec.tls[1].secretName: Secret default/garbage"), 1u);
}
