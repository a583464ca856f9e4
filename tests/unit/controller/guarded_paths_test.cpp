// What a guard was meant for stays closed when its path, its rule or its whole Ingress cannot be taken: beside it another
// Ingress, open and with "/", would take the requests.
#include "tests/support/translate_yaml.hpp"

#include <gtest/gtest.h>

#include <utility>

using namespace test;

namespace {

using Annotations = std::vector<std::pair<std::string, std::string>>;
const Annotations guarded{{"auth-url", "http://auth.test"}};

std::string open_host() { return service("web") + service("open") + ingress({.name = "open", .service = "open"}); }

// An Ingress of one path, beside the open one.
Translated beside_open(const std::string& path, const Annotations& annotations = guarded, const std::string& type = "Prefix") {
  return translate_yaml(open_host() + ingress({.name = "guarded", .path = path, .path_type = type, .created = "2024-02-01T00:00:00Z", .annotations = annotations}));
}

// The same with a part of its text replaced.
std::string changed(const std::string& from, const std::string& to, const Annotations& annotations = guarded) {
  std::string text = ingress({.name = "guarded", .path = "/admin", .created = "2024-02-01T00:00:00Z", .annotations = annotations});
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return open_host() + text.replace(at, from.size(), to);
}

}  // namespace

TEST(GuardedPaths, APathThatIsNoneIsClosedAsItWasMeant) {
  for (const std::string path : {"admin", "^/admin", " /admin", "/admin ", "https://a.test/admin", "/admin/x y"}) {
    const auto result = beside_open(path);
    EXPECT_EQ(result.route_of("a.test", "/admin/x"), "503") << path;
    EXPECT_EQ(result.route_of("a.test", "/shop"), "open/open") << path;
    EXPECT_EQ(result.lines_with("what begins with /admin answers 503"), 1u) << path;
    EXPECT_EQ(beside_open(path, {}).route_of("a.test", "/admin/x"), "open/open") << path;
  }
}

TEST(GuardedPaths, WhereNobodyKnowsThePathTheHostIsClosed) {
  const auto result = beside_open("/ad min");
  EXPECT_EQ(result.route_of("a.test", "/shop"), "503");
  EXPECT_EQ(result.lines_with("every path of host \"a.test\" answers 503"), 1u);
  EXPECT_EQ(translate_yaml(changed("path: '/admin'", "path: {a: b}")).route_of("a.test", "/shop"), "503");
  EXPECT_EQ(translate_yaml(changed("path: '/admin'", "Path: '/admin'")).route_of("a.test", "/shop"), "503");
  EXPECT_EQ(translate_yaml(changed("paths:", "path:")).route_of("a.test", "/shop"), "503");
  EXPECT_EQ(translate_yaml(changed("path: '/admin'", "Path: '/admin'", {})).route_of("a.test", "/shop"), "open/open");
}

TEST(GuardedPaths, AHostThatIsNoneIsClosedAsItWasMeant) {
  for (const std::string host : {"a.test:443", "https://a.test", "https://A.test/x", "a.test.", "' a.test'"}) {
    const auto result = translate_yaml(changed("host: \"a.test\"", "host: " + host));
    EXPECT_EQ(result.route_of("a.test", "/admin/x"), "503") << host;
    EXPECT_EQ(result.route_of("a.test", "/shop"), "open/open") << host;
    EXPECT_EQ(result.lines_with("its paths answer 503 on host \"a.test\""), 1u) << host;
    EXPECT_EQ(translate_yaml(changed("host: \"a.test\"", "host: " + host, {})).route_of("a.test", "/admin/x"), "open/open") << host;
  }
}

TEST(GuardedPaths, APathTypeThatIsNoneLeavesThePathClosed) {
  const auto result = beside_open("/admin", guarded, "Regex");
  EXPECT_EQ(result.route_of("a.test", "/admin/x"), "503");
  EXPECT_EQ(result.route_of("a.test", "/shop"), "open/open");
  EXPECT_EQ(beside_open("/admin", {}, "Regex").route_of("a.test", "/admin/x"), "open/open");
}

TEST(GuardedPaths, APathThatIsNotInItsNormalFormIsClosedInIt) {
  for (const auto& [path, normal] : std::vector<std::pair<std::string, std::string>>{{"/a//adm", "/a/adm"}, {"/%61dmin", "/admin"}, {"/x/../root", "/root"}, {"/admin?x=1", "/admin"}}) {
    const auto result = beside_open(path);
    EXPECT_EQ(result.route_of("a.test", normal + "/x"), "503") << path;
    EXPECT_EQ(result.route_of("a.test", "/shop"), "open/open") << path;
    EXPECT_EQ(result.lines_with("write \"" + normal + "\""), 1u) << path;
    EXPECT_EQ(beside_open(path, {}).route_of("a.test", normal), "open/open") << path;
  }
  EXPECT_TRUE(beside_open("/100%", {}).diagnostics.empty());  // may be asked for as /100%25
}

TEST(GuardedPaths, AClosedPathIsLostToAnOlderIngressAndKeptFromAYoungerOne) {
  const auto with = [](const std::string& created) {
    return translate_yaml(open_host() + service("other") + ingress({.name = "guarded", .path = "/a//b", .created = "2024-02-01T00:00:00Z", .annotations = guarded}) +
                          ingress({.name = "other", .path = "/a/b", .service = "other", .created = created}));
  };
  EXPECT_EQ(with("2023-01-01T00:00:00Z").route_of("a.test", "/a/b"), "other/other");
  EXPECT_EQ(with("2025-01-01T00:00:00Z").route_of("a.test", "/a/b"), "503");
  EXPECT_EQ(with("2025-01-01T00:00:00Z").lines_with("Ingress default/other: spec.rules[0].http.paths[0]: path /a/b"), 1u);
}

TEST(GuardedPaths, AnExpressionThatIsComparedLetterByLetterIsTold) {
  for (const std::string path : {"/i/*", "/i/(.*)", "/i(/|$)(.*)", "/i/.*"}) {
    EXPECT_EQ(beside_open(path, {}).lines_with("is compared letter by letter, not as an expression: write /i with pathType Prefix"), 1u) << path;
    EXPECT_EQ(beside_open(path, {}).route_of("a.test", "/i/x"), "open/open") << path;
    EXPECT_EQ(beside_open(path).route_of("a.test", "/i/x"), "503") << path;
  }
  EXPECT_TRUE(beside_open("/v1.0/a+b", {}).diagnostics.empty());
  EXPECT_EQ(beside_open("/i/(.*)", {{"use-regex", "true"}}, "ImplementationSpecific").lines_with("letter by letter"), 0u);
}

TEST(GuardedPaths, AnExpressionWithinAnElementClosesWhatBeginsWithItsLetters) {
  for (const std::string path : {"/admin.*", "/admin(.*)", "/admin$", "/admin\\\\.php", "/ad[m]in"}) {
    const auto result = beside_open(path, guarded, "ImplementationSpecific");
    for (const std::string asked : {"/admin", "/adminx", "/admin/x", "/ADMIN"}) EXPECT_EQ(result.route_of("a.test", asked), "503") << path << " " << asked;
    EXPECT_EQ(result.route_of("a.test", "/shop"), "open/open") << path;
    EXPECT_EQ(result.lines_with("write / with"), 0u) << path;
    EXPECT_EQ(beside_open(path, {}, "ImplementationSpecific").route_of("a.test", "/admin"), "open/open") << path;
  }
  const auto below = translate_yaml(open_host() + service("other") + ingress({.name = "other", .path = "/api", .service = "other"}) +
                                    ingress({.name = "guarded", .path = "/api/admin(.*)", .created = "2024-02-01T00:00:00Z", .annotations = guarded}) +
                                    ingress({.name = "longer", .path = "/api/admin/open", .service = "other", .created = "2024-03-01T00:00:00Z"}));
  EXPECT_EQ(below.route_of("a.test", "/api/admin"), "503");
  EXPECT_EQ(below.route_of("a.test", "/api/x"), "other/other");
  EXPECT_EQ(below.route_of("a.test", "/api/admin/open"), "longer/other") << "more of the path is named";
}

TEST(GuardedPaths, AnExpressionThatMayMeanAnythingClosesTheHostThatOthersHave) {
  for (const std::string path : {"/*", "/(admin|secret)", "/admin|/secret"}) {
    EXPECT_EQ(beside_open(path).route_of("a.test", "/shop"), "503") << path;
    EXPECT_EQ(beside_open(path, {}).route_of("a.test", "/shop"), "open/open") << path;
  }
}

TEST(GuardedPaths, AHostThatStandsForAllIsClosedWhereNoneIsNamed) {
  const auto result = translate_yaml(service("web") + service("open") + ingress({.name = "open", .host = "", .service = "open"}) +
                                     ingress({.name = "guarded", .host = "*", .path = "/admin", .created = "2024-02-01T00:00:00Z", .annotations = guarded}));
  EXPECT_EQ(result.route_of("unknown.test", "/admin"), "503");
  EXPECT_EQ(result.route_of("unknown.test", "/shop"), "open/open");
}

TEST(GuardedPaths, AnAnnotationThatIsNoTextMayBeAGuard) {
  const auto with = [](const std::string& annotation) { return translate_yaml(changed("    x/y: z", "    " + annotation, {})); };
  for (const std::string annotation : {"nginx.ingress.kubernetes.io/auth-type: {a: b}", "nginx.ingress.kubernetes.io/auth-url: [x]", "nginx.ingress.kubernetes.io/limit-rps: {}"}) {
    EXPECT_EQ(with(annotation).route_of("a.test", "/admin"), "503") << annotation;
    EXPECT_EQ(with(annotation).lines_with("must be a string"), 1u) << annotation;
    EXPECT_EQ(with(annotation).diagnostics.size(), 1u) << annotation;
  }
  EXPECT_EQ(with("nginx.ingress.kubernetes.io/enable-cors: {a: b}").route_of("a.test", "/admin"), "guarded/web");
  EXPECT_EQ(translate_yaml(changed("  annotations:", "  annotation:")).route_of("a.test", "/admin"), "503");
  EXPECT_EQ(translate_yaml(changed("    x/y: z", "    - x", {})).route_of("a.test", "/shop"), "open/open");
}

TEST(GuardedPaths, AnnotationsInAWrongPlaceMayBeGuards) {
  const std::string written = "annotations: {nginx.ingress.kubernetes.io/auth-type: basic}\n";
  const auto at_root = translate_yaml(changed("spec:", written + "spec:", {}));
  const auto in_spec = translate_yaml(changed("  rules:", "  " + written + "  rules:", {}));
  const auto in_rule = translate_yaml(changed("  - host:", "  - " + written + "    host:", {}));
  for (const auto& [result, field] : {std::pair{&at_root, "guarded: annotations"}, std::pair{&in_spec, "guarded: spec.annotations"}, std::pair{&in_rule, "guarded: spec.rules[0].annotations"}}) {
    EXPECT_EQ(result->route_of("a.test", "/admin"), "503") << field;
    EXPECT_EQ(result->lines_with(std::string{field} + ": is no field of the API: annotations stand in metadata"), 1u) << field;
    EXPECT_EQ(result->lines_with("no effect"), 0u) << field;
  }
}

TEST(GuardedPaths, ARefusedIngressKeepsWhatItGuards) {
  const std::string headers = "more_set_headers \"X-Frame-Options: DENY\";";
  EXPECT_EQ(beside_open("/admin", {{"configuration-snippet", headers}}).route_of("a.test", "/admin"), "open/open");
  EXPECT_EQ(beside_open("/admin", {{"configuration-snippet", "deny all;"}}).route_of("a.test", "/admin"), "503");
  EXPECT_EQ(beside_open("/admin", {{"configuration-snippet", headers}, {"auth-type", "basic"}}).route_of("a.test", "/admin"), "503");
  EXPECT_EQ(beside_open("/admin", {{"server-snippet", "if ($x) { return 403; }"}}).route_of("a.test", "/shop"), "503");
  EXPECT_EQ(beside_open("/admin", {{"default-backend", "NO NAME"}, {"auth-type", "basic"}}).route_of("a.test", "/admin"), "503");
  EXPECT_EQ(beside_open("/admin", {{"canary", "true"}, {"auth-type", "basic"}}).route_of("a.test", "/admin"), "open/open");
  EXPECT_EQ(beside_open("/admin", {{"configuration-snippet", "deny all;"}}).translation.ingresses_served(), 1u);
}

TEST(GuardedPaths, WhateverNobodyElseTakesIsClosedWithItsIngress) {
  const auto catch_all = [](const std::string& name, const std::string& created, const std::string& annotations, const std::string& spec = "") {
    return "---\napiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata:\n  name: " + name + "\n  creationTimestamp: \"" + created + "\"\n" + annotations +
           "spec:\n  ingressClassName: nginx\n  defaultBackend: {service: {name: web, port: {number: 80}}}\n" + spec;
  };
  const std::string open = service("web") + catch_all("open", "2025-01-01T00:00:00Z", "");
  const std::string refused = "  annotations: {nginx.ingress.kubernetes.io/configuration-snippet: deny all;}\n";
  const std::string misplaced = "  annotations: {nginx.ingress.kubernetes.io/auth-url: http://auth.test}\n";
  const std::string old = "2024-01-01T00:00:00Z", young = "2026-01-01T00:00:00Z";
  EXPECT_EQ(translate_yaml(open).route_of("x.test", "/"), "open/web");
  EXPECT_EQ(translate_yaml(open + catch_all("guarded", old, refused)).route_of("x.test", "/"), "503");
  EXPECT_EQ(translate_yaml(open + catch_all("guarded", old, "", misplaced)).route_of("x.test", "/"), "503");
  for (const auto rules : {"  rules: {host: b.test, http: {}}\n", "  rulse: [{host: b.test, http: {paths: []}}]\n", "  rules: [[{hosts: [b.test], paths: []}]]\n"})
    EXPECT_EQ(translate_yaml(open + catch_all("guarded", old, refused, rules)).route_of("x.test", "/"), "open/web") << "was for other hosts: " << rules;
  for (const auto rest : {"  tlss: []\n", "  backend: {serviceName: web, servicePort: 80}\n", "  rules: {http: {paths: []}}\n", "  rules: {a: b}\n", "  rules: text\n",
                          "  tlss: [{hosts: [b.test], secretName: y}]\n  tls: [{hosts: [b.test]}]\n",
                          "  rules: text-of-host\n", "  rules: {description: host}\n", "  note: this ghost is for all\n", "  backend: {serviceName: webhost}\n"}) {
    EXPECT_EQ(translate_yaml(open + catch_all("guarded", old, refused, rest)).route_of("x.test", "/"), "503") << "may have been for every host: " << rest;
    EXPECT_EQ(translate_yaml(open + catch_all("guarded", old, "", misplaced + rest)).route_of("x.test", "/"), "503") << rest;
    EXPECT_EQ(translate_yaml(open + catch_all("plain", old, "", rest)).route_of("x.test", "/"), "open/web") << "guards nothing: " << rest;
  }
  for (const auto written : {"  defaultBackend: web\n", "  defaultBackend: [{service: {name: web, port: {number: 80}}}]\n", "  backend: {serviceName: web, servicePort: 80}\n",
                             "  defaultbackend: {service: {name: web, port: {number: 80}}}\n", "  rulse: [{http: {paths: []}}]\n"}) {
    std::string guarding = catch_all("guarded", old, refused), plain = catch_all("plain", old, "");
    for (std::string* text : {&guarding, &plain}) *text = text->substr(0, text->find("  defaultBackend:")) + written;
    EXPECT_EQ(translate_yaml(open + guarding).route_of("x.test", "/"), "503") << written;
    EXPECT_EQ(translate_yaml(open + plain).route_of("x.test", "/"), "open/web") << written;
  }
  EXPECT_EQ(translate_yaml(open + catch_all("guarded", young, refused)).route_of("x.test", "/"), "open/web") << "the older one has it";
  controller::Options options;
  options.default_backend_service = "default/web";
  EXPECT_EQ(translate_yaml(service("web") + catch_all("guarded", old, refused), options).route_of("x.test", "/"), "503");
  options.disable_catch_all = true;
  EXPECT_NE(translate_yaml(service("web") + catch_all("guarded", old, refused), options).route_of("x.test", "/"), "503") << "no Ingress has it then";
}

TEST(GuardedPaths, AHostUnderAnotherNameIsClosedAndNeverEveryHost) {
  for (const auto& annotations : {guarded, Annotations{}}) {
    const auto result = translate_yaml(changed("- host: \"a.test\"", "- hosts: [\"a.test\", \"b.test\"]", annotations));
    EXPECT_EQ(result.route_of("c.test", "/admin"), "404");
    EXPECT_EQ(result.route_of("a.test", "/admin"), annotations.empty() ? "open/open" : "503");
    EXPECT_EQ(result.route_of("b.test", "/admin"), annotations.empty() ? "404" : "503");
    EXPECT_EQ(result.lines_with("spec.rules[0].hosts: is no field of the API, so it has no effect; did you mean host?"), 1u);
  }
}
