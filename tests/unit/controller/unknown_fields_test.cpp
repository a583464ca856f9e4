#include "tests/support/translate_yaml.hpp"

#include <gtest/gtest.h>

using namespace test;

namespace {

Translated with(const std::string& from, const std::string& to) {
  std::string text = ingress({.tls_secret = "s"});
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return translate_yaml(service("web") + text.replace(at, from.size(), to));
}

}  // namespace

TEST(UnknownFields, AreToldWithTheRealName) {
  EXPECT_EQ(with("pathType:", "pathtype:").lines_with("spec.rules[0].http.paths[0].pathtype: is no field of the API, so it has no effect; did you mean pathType?"), 1u);
  EXPECT_EQ(with("secretName:", "secret:").lines_with("spec.tls[0].secret: is no field of the API, so it has no effect; did you mean secretName?"), 1u);
  EXPECT_EQ(with("service: {", "services: {").lines_with("backend.services: is no field of the API, so it has no effect; did you mean service?"), 1u);
  EXPECT_EQ(with("number: 80", "numbre: 80").lines_with("port.numbre: is no field of the API, so it has no effect; did you mean number?"), 1u);
  EXPECT_EQ(with("  ingressClassName", "  foo: 1\n  ingressClassName").lines_with("Ingress default/web: spec.foo: is no field of the API, so it has no effect"), 1u);
}

TEST(UnknownFields, RulesUnderAnotherNameMakeNoCatchAll) {
  const auto result = with("  rules:", "  defaultBackend: {service: {name: web, port: {number: 80}}}\n  rule:");
  EXPECT_EQ(result.route_of("b.test", "/"), "404");
  EXPECT_EQ(result.lines_with("spec.rule: is no field of the API, so it has no effect; did you mean rules?"), 1u);
}

TEST(UnknownFields, ABackendOfTheOldApiIsOneLine) {
  const auto result = with("{service: {name: web, port: {number: 80}}}", "{serviceName: web, servicePort: 80}");
  EXPECT_EQ(result.lines_with("paths[0].backend: serviceName and servicePort are of the old API: write service:"), 1u);
  EXPECT_EQ(result.lines_with("backend"), 1u);
  EXPECT_EQ(result.route_of("a.test", "/"), "web/");
}

TEST(UnknownFields, AFieldKeepsItsNumberBehindOneThatIsDropped) {
  const std::string text = "---\napiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: web}\nspec:\n  ingressClassName: nginx\n  rules:\n  - 5\n"
                           "  - host: a.test\n    http:\n      paths:\n      - {path: /a, pathType: Nonsense, backend: {service: {name: web, port: {number: 80}}}}\n"
                           "      - {path: /b, pathType: Prefix, backend: {service: {name: missing, port: {number: 80}}}}\n";
  EXPECT_EQ(translate_yaml(service("web") + text).lines_with("spec.rules[1].http.paths[1].backend.service: Service default/missing does not exist"), 1u);
}
