#include "controller/translate/diagnostics.hpp"
#include "tests/support/translate_yaml.hpp"

#include <gtest/gtest.h>

using namespace test;

namespace {

std::vector<std::string> endpoints_of(const Translated& result, std::string_view host = "a.test") {
  std::vector<std::string> texts;
  const auto* route = result.find(host, "/");
  const auto& group = *result.snapshot().upstreams->groups[std::get<routing::Forward>(route->action).upstream];
  for (const auto& endpoint : group.endpoints) texts.push_back(endpoint.address + ":" + std::to_string(endpoint.port));
  return texts;
}

std::string reason_of(const Translated& result) {
  return result.snapshot().upstreams->groups[std::get<routing::Forward>(result.find("a.test", "/")->action).upstream]->empty_reason;
}

std::string slice(const std::string& name, const std::string& endpoints, const std::string& ports = "{name: http, port: 8080}") {
  return "---\napiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata: {name: " + name + ", labels: {kubernetes.io/service-name: web}}\naddressType: IPv4\n"
         "endpoints: [" + endpoints + "]\nports: [" + ports + "]\n";
}

const std::string bare_service = "---\napiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {ports: [{name: http, port: 80, targetPort: 8080}]}\n";
using Texts = std::vector<std::string>;

}  // namespace

TEST(Services, AllSlicesAreMergedAndNothingCountsTwice) {
  const auto result = translate_yaml(bare_service + slice("b", "{addresses: [10.0.0.2, 10.0.0.1]}") + slice("a", "{addresses: [10.0.0.1]}") + ingress({}));
  EXPECT_EQ(endpoints_of(result), (Texts{"10.0.0.1:8080", "10.0.0.2:8080"}));
}

TEST(Services, TerminatingEndpointsServeOnlyWhenNobodyElseDoes) {
  const std::string leaving = "{addresses: [10.0.0.9], conditions: {ready: false, serving: true, terminating: true}}";
  const std::string broken = "{addresses: [10.0.0.8], conditions: {ready: false}}";

  EXPECT_EQ(endpoints_of(translate_yaml(bare_service + slice("a", leaving + ", " + broken + ", {addresses: [10.0.0.1]}") + ingress({}))), Texts{"10.0.0.1:8080"});
  EXPECT_EQ(endpoints_of(translate_yaml(bare_service + slice("a", leaving + ", " + broken) + ingress({}))), Texts{"10.0.0.9:8080"});
}

TEST(Services, PortsAreMatchedByNameAndProtocol) {
  const auto result = translate_yaml(bare_service + slice("a", "{addresses: [10.0.0.1]}", "{name: http, port: 53, protocol: UDP}, {name: adm, port: 9000}, {name: http, port: 8081}") + ingress({}));
  EXPECT_EQ(endpoints_of(result), Texts{"10.0.0.1:8081"});
}

TEST(Services, WhatIsMissingIsToldAndStaysReserved) {
  const auto missing = translate_yaml(ingress({}));
  EXPECT_EQ(reason_of(missing), "Service default/web does not exist: 503 until it does");
  EXPECT_EQ(missing.lines_with("Ingress default/web: spec.rules[0].http.paths[0].backend.service: Service default/web does not exist"), 1u);

  std::string other_port = bare_service;
  other_port.replace(other_port.find("port: 80,"), 9, "port: 81,");
  EXPECT_EQ(translate_yaml(other_port + ingress({})).lines_with("has no TCP port 80: 503; it has 81 (http)"), 1u);
}

TEST(Services, AResourceBackendAnswers404) {
  std::string text = ingress({});
  text.replace(text.find("backend: {service"), std::string::npos, "backend: {resource: {kind: Bucket, name: b}}\n");
  const auto result = translate_yaml(text);
  EXPECT_EQ(result.route_of("a.test", "/"), "404");
  EXPECT_EQ(result.lines_with("resource backends are not supported"), 1u);
}

TEST(Services, ExternalNamesBecomeTheirAddresses) {
  const auto external = [](const std::string& name) {
    return "---\napiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {type: ExternalName, externalName: " + name + "}\n" + ingress({});
  };
  const auto result = translate_yaml(external("Partner.Example.NET."), {}, {{"partner.example.net", {{"192.0.2.1", "192.0.2.2"}, {}, {}}}});
  EXPECT_EQ(endpoints_of(result), (Texts{"192.0.2.1:80", "192.0.2.2:80"}));
  EXPECT_EQ(result.translation.external_names, std::set<std::string>{"partner.example.net"});

  for (const auto name : {"localhost", "x.localhost", "localhost4", "ip6-localhost", "127.0.0.1", "127.1", "0.0.0.0", "'::1'", "'::'", "'::ffff:127.0.0.1'"}) EXPECT_EQ(translate_yaml(external(name)).lines_with("is this machine itself"), 1u) << name;
  for (const auto name : {"169.254.169.254", "'fe80::1'", "'::ffff:169.254.169.254'"}) EXPECT_EQ(translate_yaml(external(name)).lines_with("is a link-local address"), 1u) << name;
  EXPECT_EQ(reason_of(translate_yaml(external("nowhere.test"))), "Service default/web: the name nowhere.test does not resolve");
}

TEST(Services, ANameThatLeadsToThisMachineIsToldOfUntilItLeadsElsewhere) {
  const std::string text = "---\napiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {type: ExternalName, externalName: partner.test}\n" + ingress({});
  const auto translated = [&text](std::vector<std::string> addresses) {
    return translate_yaml(text, {}, {{"partner.test", controller::DnsResolver::judge("partner.test", std::move(addresses), controller::DnsResolver::Source::dns)}});
  };
  const auto refused = translated({"127.0.0.1", "169.254.169.254"});
  EXPECT_TRUE(endpoints_of(refused).empty());
  EXPECT_EQ(refused.lines_with("Service default/web: spec.externalName: the name partner.test leads to 127.0.0.1 (loopback), 169.254.169.254 (link-local)"), 1u);
  EXPECT_NE(reason_of(refused).find("127.0.0.1 (loopback)"), std::string::npos);

  const auto mixed = translated({"127.0.0.1", "192.0.2.1"});
  EXPECT_EQ(endpoints_of(mixed), Texts{"192.0.2.1:80"});
  EXPECT_EQ(mixed.lines_with("these are not used, since no name may lead there: 127.0.0.1 (loopback)"), 1u);

  EXPECT_TRUE(translated({"192.0.2.1"}).diagnostics.empty());
}

TEST(Services, AChangedEndpointLeavesTheRoutesAlone) {
  controller::Options options;
  auto before = translate_yaml(service("web", {"10.0.0.1"}) + service("other") + ingress({}) + ingress({.name = "o", .host = "b.test", .service = "other"}));
  const auto routes = before.snapshot().routes;
  const auto other = before.snapshot().upstreams->groups[std::get<routing::Forward>(before.find("b.test", "/")->action).upstream];
  const auto version = before.snapshot().version;

  controller::Store store;
  const auto web = std::make_shared<controller::kube::Service>();
  web->metadata.object_namespace = "default";
  web->metadata.name = "web";
  web->ports = {{"http", 80, 8080, "", true}};
  store.services[web->metadata.key()] = web;
  const auto moved = std::make_shared<controller::kube::EndpointSlice>();
  moved->metadata.object_namespace = "default";
  moved->metadata.name = "web-1";
  moved->service = "web";
  moved->endpoints = {{{"10.0.0.77"}, true, true, false}};
  moved->ports = {{"http", 8080, true}};
  store.slices[moved->metadata.key()] = moved;
  const std::set<controller::kube::Key> services = {{"default", "web"}};
  controller::translate::refresh_upstreams(before.translation, services, false, store, options, {});

  EXPECT_EQ(endpoints_of(before), Texts{"10.0.0.77:8080"});
  EXPECT_EQ(before.snapshot().routes, routes);
  EXPECT_EQ(before.snapshot().upstreams->groups[std::get<routing::Forward>(before.find("b.test", "/")->action).upstream], other);
  EXPECT_NE(before.snapshot().version, version);
}

// Each step changes what a Service or its slices say, or the Ingresses alone; only the named Services are looked at again.
TEST(Services, WhatIsMadeFromTheOneBeforeIsWhatIsMadeFromNothing) {
  struct Step {
    std::string objects;
    std::set<controller::kube::Key> services;  // that differ from the step before
  };
  const std::string other = service("other", {"10.0.0.2"}), of_other = ingress({.name = "o", .host = "b.test", .service = "other"});
  const std::string external = "---\napiVersion: v1\nkind: Service\nmetadata: {name: far}\nspec: {type: ExternalName, externalName: far.test, ports: [{port: 80}]}\n";
  const std::string of_far = ingress({.name = "f", .host = "a0.test", .service = "far"});
  const controller::kube::Key web_key{"default", "web"}, other_key{"default", "other"}, far_key{"default", "far"};
  const std::vector<Step> steps = {{other + ingress({}) + of_other, {}},
                                   {service("web") + other + ingress({}) + of_other, {web_key}},
                                   {service("web", {"10.0.0.9"}) + other + ingress({}) + of_other, {web_key}},
                                   {service("web", {"10.0.0.9"}) + other + ingress({}) + of_other + ingress({.name = "n", .host = "0.test"}), {}},
                                   {service("web", {"10.0.0.9"}) + other + external + of_far + ingress({}) + of_other, {far_key}},
                                   {service("web", {"10.0.0.9"}) + external + of_far + ingress({}) + of_other, {other_key}},
                                   {service("web", {"10.0.0.9"}) + external + of_far + of_other, {}},
                                   {external + of_far + of_other + ingress({}), {web_key}}};
  const std::set<controller::kube::Key> of_all = {{"default", "web"}, {"default", "o"}, {"default", "n"}, {"default", "f"}};
  const controller::Options options;
  const controller::DnsResolver::Answers answers{{"far.test", {{"192.0.2.7"}, {}, {}}}};
  controller::translate::CertificateCache certificates;
  controller::translate::Translation before;
  for (const Step& step : steps) {
    const controller::Store store = decode_yaml(step.objects).store;
    const controller::Changes changes{.routes = true, .ingresses = of_all, .services = step.services, .secrets = {}, .gone = {}, .statuses = {}};
    controller::translate::translate(before, store, options, answers, certificates, &changes);
    const auto fresh = controller::translate::translate(store, options, answers, certificates);
    EXPECT_EQ(routing::to_json(*before.snapshot), routing::to_json(*fresh.snapshot));
    EXPECT_EQ(controller::translate::diagnostics_of(before), controller::translate::diagnostics_of(fresh));
    EXPECT_EQ(before.external_names, fresh.external_names);
  }
}

TEST(Services, APortWithoutANameTakesThePortOfTheSliceWhateverItsName) {
  const std::string unnamed = "---\napiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {ports: [{port: 80}]}\n";
  EXPECT_EQ(endpoints_of(translate_yaml(unnamed + slice("a", "{addresses: [10.0.0.1]}", "{name: http, port: 3000}") + ingress({}))), Texts{"10.0.0.1:3000"});
}

TEST(Services, APortWrittenInTwoWaysIsTheNamedOne) {
  const std::string two_ports = "---\napiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {ports: [{name: http, port: 80}, {name: other, port: 81}]}\n";
  std::string both = ingress({});
  both.replace(both.find("number: 80"), 10, "number: 81, name: http");
  const auto result = translate_yaml(two_ports + slice("a", "{addresses: [10.0.0.1]}", "{name: http, port: 3000}") + both);
  EXPECT_EQ(result.lines_with("backend.service.port: has a name and a number, which the API refuses: the name \"http\" is used"), 1u);
  EXPECT_EQ(endpoints_of(result), Texts{"10.0.0.1:3000"});
}

TEST(Services, ABackendWithoutAPortIsToldOfOnce) {
  const auto with_port = [](const std::string& port) {
    std::string text = ingress({});
    return text.replace(text.find(", port: {number: 80}"), 20, port);
  };
  for (const auto port : {"", ", port: {}", ", port: {number: }"}) {
    const auto result = translate_yaml(service("web") + with_port(port));
    ASSERT_EQ(result.diagnostics.size(), 1u) << port;
    EXPECT_EQ(result.lines_with("backend.service.port: needs a number or a name"), 1u);
    EXPECT_TRUE(endpoints_of(result).empty());
  }
  for (const auto port : {"0", "65536", "4294967376", "-1", "x"}) {
    const auto result = translate_yaml(service("web") + with_port(std::string{", port: {number: "} + port + "}"));
    ASSERT_EQ(result.diagnostics.size(), 1u) << port;
    EXPECT_EQ(result.lines_with("must be a port from 1 to 65535"), 1u) << port;
    EXPECT_TRUE(endpoints_of(result).empty());
  }
}

TEST(Services, ASliceThatCannotBeUsedWholeIsOneLine) {
  const auto result = translate_yaml(bare_service + slice("a", "{addresses: [10.0.0.1, nowhere]}, {addresses: [10.0.0.300]}", "{name: http, port: 8080}, {name: x, port: 70000}") + ingress({}));
  EXPECT_EQ(result.lines_with("EndpointSlice default/a"), 1u);
  EXPECT_EQ(result.lines_with("endpoints[0].addresses[1]: \"nowhere\" is no IP address: not used; 2 more of this slice cannot be used either"), 1u);
  EXPECT_EQ(endpoints_of(result), Texts{"10.0.0.1:8080"});
  EXPECT_EQ(translate_yaml(bare_service + slice("a", "{addresses: [10.0.0.1]}", "{name: http, port: 0}")).lines_with("ports[0].port: must be a port from 1 to 65535, is \"0\""), 1u);
}
