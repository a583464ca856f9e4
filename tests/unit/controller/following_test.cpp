// A translation that follows changes is the one that is made from nothing, whatever went before: random changes to a small
// world in which everything refers to everything.
#include "controller/kube/store_update.hpp"
#include "controller/translate/diagnostics.hpp"
#include "tests/support/make_certificate.hpp"
#include "tests/support/translate_yaml.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

using namespace test;
namespace kube = controller::kube;
namespace translate = controller::translate;

namespace {

using Change = kube::ObjectChange;

// What may stand at one name, and how it is when there is nothing.
struct Slot {
  std::vector<kube::Object> variants;
  Change gone;
};

kube::Object object_of(const std::string& yaml) {
  const auto store = decode_yaml(yaml).store;
  if (!store.ingresses.empty()) return store.ingresses.begin()->second;
  if (!store.services.empty()) return store.services.begin()->second;
  if (!store.slices.empty()) return store.slices.begin()->second;
  if (!store.classes.empty()) return store.classes.begin()->second;
  if (!store.namespaces.empty()) return store.namespaces.begin()->second;
  return store.config_maps.begin()->second;
}

Slot slot_of(std::vector<kube::Object> variants) {
  Change gone;
  gone.kind = variants.front().index();
  gone.key = kube::key_of(variants.front());
  return {std::move(variants), std::move(gone)};
}

kube::Object secret(const std::string& name, const std::vector<std::string>& names, int days, bool has_key = true) {
  kube::Secret made;
  made.metadata.object_namespace = "default";
  made.metadata.name = name;
  const auto pem = tls::testing::make_certificate({.names = names, .days = days});
  made.data.emplace_back("tls.crt", pem.chain);
  if (has_key) made.data.emplace_back("tls.key", pem.key);
  return std::make_shared<const kube::Secret>(std::move(made));
}

// Every Ingress may be for every host, at every path, with whatever guards, rewrites, stands in, or cannot be read.
Slot ingress_slot(const std::string& name, std::mt19937& random) {
  const auto one_of = [&random](auto... values) {
    const std::vector<std::string> all{values...};
    return all[random() % all.size()];
  };
  std::vector<kube::Object> variants;
  for (int i = 0; i < 24; ++i) {
    IngressText text;
    text.name = name;
    text.host = one_of("a.test", "a.test", "b.test", "*.test", "c.a.test", "", "https://a.test", "*");
    text.path = one_of("/", "/", "/admin", "/admin/", "/x(.*)", "/a//b", "admin", "/(?!x)", "/x");
    text.path_type = one_of("Prefix", "Exact", "ImplementationSpecific");
    text.service = one_of("web", "other", "spare", "far", "none");
    text.created = one_of("2024-01-01T00:00:00Z", "2024-01-02T00:00:00Z", "2024-01-03T00:00:00Z");
    text.tls_secret = one_of("", "", "tls-a", "tls-b", "tls-none");
    text.class_line = one_of("ingressClassName: nginx", "ingressClassName: nginx", "ingressClassName: nginx", "ingressClassName: other", "ingressClassName: nobody");
    const std::vector<std::pair<std::string, std::string>> annotations[] = {
        {}, {}, {{"rewrite-target", "/$1"}}, {{"use-regex", "true"}}, {{"whitelist-source-range", "10.0.0.0/8"}}, {{"default-backend", "spare"}},
        {{"ssl-redirect", "false"}}, {{"canary", "true"}}, {{"auth-tls-secret", "default/ca"}}, {{"proxy-read-timeout", "5"}}, {{"proxy-read-timeout", "x"}},
        {{"default-backend", "Ä"}, {"auth-url", "http://x"}}};
    text.annotations = annotations[random() % std::size(annotations)];
    std::string yaml = ingress(text);
    if (random() % 8 == 0) yaml.replace(yaml.find("metadata:\n"), 10, "metadata:\n  deletionTimestamp: \"2024-02-01T00:00:00Z\"\n");
    if (name == "five") yaml.replace(yaml.find("metadata:\n"), 10, "metadata:\n  namespace: away\n");
    if (random() % 6 == 0) yaml += "  defaultBackend: {service: {name: spare, port: {number: 80}}}\n";
    if (random() % 12 == 0) yaml = yaml.substr(0, yaml.find("  rules:")) + "  defaultBackend: {service: {name: web, port: {name: http}}}\n";
    variants.push_back(object_of(yaml));
  }
  return slot_of(std::move(variants));
}

std::string class_of(const std::string& name, const std::string& controller) {
  return "---\napiVersion: networking.k8s.io/v1\nkind: IngressClass\nmetadata: {name: " + name + "}\nspec: {controller: " + controller + "}\n";
}

std::string bare(const std::string& name, const std::string& spec) {
  return "---\napiVersion: v1\nkind: Service\nmetadata: {name: " + name + "}\nspec: {" + spec + "}\n";
}

std::vector<Slot> world(std::mt19937& random) {
  std::vector<Slot> slots;
  for (const auto name : {"one", "two", "three", "four", "five"}) slots.push_back(ingress_slot(name, random));
  for (const std::string name : {"web", "other", "spare", "far"})
    slots.push_back(slot_of({object_of(bare(name, "ports: [{name: http, port: 80, targetPort: 8080}]")), object_of(bare(name, "ports: [{name: http, port: 81}]")),
                             object_of(bare(name, "type: ExternalName, externalName: far.test")), object_of(bare(name, "ports: []"))}));
  for (const std::string name : {"web", "other", "spare"}) {
    const auto slice = [&name](const std::string& address) {
      const std::string both = service(name, {address});
      return object_of(both.substr(both.rfind("---")));
    };
    slots.push_back(slot_of({slice("10.0.0.1"), slice("10.0.0.2")}));
  }
  slots.push_back(slot_of({secret("tls-a", {"a.test"}, 30), secret("tls-a", {"*.test"}, 30), secret("tls-a", {"a.test"}, 30, false), secret("tls-a", {"b.test"}, -1)}));
  slots.push_back(slot_of({secret("tls-b", {"*.test", "a.test"}, 30), secret("tls-b", {"z.test"}, 30)}));
  slots.push_back(slot_of({object_of(class_of("nginx", "k8s.io/ingress-nginx")), object_of(class_of("nginx", "example.com/other"))}));
  slots.push_back(slot_of({object_of(class_of("other", "example.com/other"))}));
  for (const std::string name : {"default", "away"})
    slots.push_back(slot_of({object_of("---\napiVersion: v1\nkind: Namespace\nmetadata: {name: " + name + "}\n"),
                             object_of("---\napiVersion: v1\nkind: Namespace\nmetadata: {name: " + name + ", deletionTimestamp: \"2024-02-01T00:00:00Z\"}\n")}));
  return slots;
}

// A configuration that is gone stays in force, so it only ever becomes another.
Change config_change(std::mt19937& random) {
  const std::vector<std::pair<std::string, std::string>> data[] = {{}, {{"ssl-redirect", "false"}}, {{"proxy-read-timeout", "7"}}, {{"proxy-read-timeout", "x"}},
                                                                   {{"denylist-source-range", "10.0.0.0/8"}}, {{"keep-alive", "10"}}};
  Change change;
  change.arrived = kube::Arrived{object_of(config_map(data[random() % std::size(data)])), {}};
  return change;
}

Change random_change(const std::vector<Slot>& slots, std::mt19937& random) {
  if (random() % 25 == 0) return config_change(random);
  const Slot& slot = slots[random() % slots.size()];
  if (random() % 5 == 0) return slot.gone;
  Change change;
  change.arrived = kube::Arrived{slot.variants[random() % slot.variants.size()], {}};
  return change;
}

// Its status alone: another object that says the same.
void touch(controller::Store& store, std::mt19937& random) {
  if (store.ingresses.empty()) return;
  auto& slot = std::next(store.ingresses.begin(), static_cast<std::ptrdiff_t>(random() % store.ingresses.size()))->second;
  kube::Ingress copy = *slot;
  copy.status.addresses = {{"192.0.2.1", ""}};
  slot = std::make_shared<const kube::Ingress>(std::move(copy));
}

class Following {
 public:
  explicit Following(unsigned seed) : random_(seed), slots_(world(random_)) {
    options_.config_map = "default/conf";
    if (seed % 3 == 0) options_.default_ssl_certificate = "default/tls-a";
    if (seed % 4 == 0) options_.default_backend_service = "default/spare";
  }
  void step() {
    controller::Changes changes;
    kube::ObjectDiagnostics unused;
    std::vector<Change> arrived;
    if (count_ == 0) arrived.push_back(config_change(random_));
    for (auto i = random_() % 3 + 1; i > 0; --i) arrived.push_back(random_change(slots_, random_));
    kube::apply(std::move(arrived), options_, store_, unused, changes);
    if (random_() % 2 == 0) touch(store_, random_);
    if (changes.routes || count_ == 0) translate::translate(followed_, store_, options_, answers_, certificates_, count_ % 40 == 0 ? nullptr : &changes);
    else if (!changes.services.empty()) translate::refresh_upstreams(followed_, changes.services, false, store_, options_, answers_);
    for (const auto& [ingress, state] : followed_.ingress_states) states_[ingress] = state;
    ++count_;
    compare();
  }

 private:
  void compare() {
    const auto fresh = translate::translate(store_, options_, answers_, certificates_);
    ASSERT_EQ(routing::to_json(*followed_.snapshot), routing::to_json(*fresh.snapshot));
    ASSERT_EQ(followed_.snapshot->version, fresh.snapshot->version);
    ASSERT_EQ(lines(translate::diagnostics_of(followed_)), lines(translate::diagnostics_of(fresh)));
    ASSERT_EQ(followed_.external_names, fresh.external_names);
    ASSERT_EQ(followed_.refused, fresh.refused);
    ASSERT_EQ(followed_.ingresses_served(), fresh.ingresses_served());
    for (const auto& [ingress, state] : states_) {
      const auto now = fresh.ingress_states.find(ingress);
      ASSERT_EQ(state, now == fresh.ingress_states.end() ? translate::IngressState::gone : now->second) << ingress.second;
    }
  }
  static std::vector<std::string> lines(const std::vector<routing::Diagnostic>& diagnostics) {
    std::vector<std::string> texts;
    for (const auto& diagnostic : diagnostics) texts.push_back(routing::to_line(diagnostic));
    return texts;
  }

  std::mt19937 random_;
  std::vector<Slot> slots_;
  controller::Options options_;
  const controller::DnsResolver::Answers answers_{{"far.test", {{"192.0.2.7"}, {}, {}}}};
  controller::Store store_;
  translate::CertificateCache certificates_;
  translate::Translation followed_;
  std::map<kube::Key, translate::IngressState> states_;
  unsigned count_ = 0;
};

}  // namespace

TEST(Following, GivesWhatIsMadeFromNothing) {
  for (unsigned seed = 1; seed <= 40; ++seed) {
    Following following{seed};
    for (int i = 0; i < 150 && !HasFatalFailure(); ++i) following.step();
    ASSERT_FALSE(HasFatalFailure()) << "seed " << seed;
  }
}

TEST(Following, LeavesOtherHostsAndTheirUpstreamsAlone) {
  const std::string rest = service("web") + service("other") + ingress({.name = "b", .host = "b.test", .service = "other"});
  controller::Store store = decode_yaml(rest + ingress({})).store;
  translate::CertificateCache certificates;
  auto translation = translate::translate(store, {}, {}, certificates);
  const auto before = translation.snapshot;
  const auto b_before = before->routes->match({"b.test", "/"});

  const auto changed = std::get<kube::Ptr<kube::Ingress>>(object_of(ingress({.path = "/new"})));
  store.ingresses[changed->metadata.key()] = changed;
  const controller::Changes changes{.routes = true, .ingresses = {changed->metadata.key()}, .services = {}, .secrets = {}, .gone = {}, .statuses = {}};
  translate::translate(translation, store, {}, {}, certificates, &changes);
  const auto b_after = translation.snapshot->routes->match({"b.test", "/"});
  EXPECT_NE(translation.snapshot->routes, before->routes);
  EXPECT_EQ(b_after.host, b_before.host) << "the same object";
  EXPECT_EQ(translation.snapshot->upstreams, before->upstreams);
  EXPECT_EQ(translation.snapshot->certificates, before->certificates);

  store.ingresses.erase({"default", "web"});
  translate::translate(translation, store, {}, {}, certificates, &changes);
  const auto& groups = translation.snapshot->upstreams->groups;
  EXPECT_EQ(std::count(groups.begin(), groups.end(), nullptr), 1) << "nobody forwards there any more";
  store.ingresses[changed->metadata.key()] = changed;
  translate::translate(translation, store, {}, {}, certificates, &changes);
  EXPECT_EQ(translation.snapshot->upstreams->groups.size(), 2u) << "its number is given away again";
}

TEST(CommonPlans, MakeRoomByThoseThatNobodyUses) {
  const auto plan_with = [](std::uint32_t status) {
    controller::annotations::IngressPlan plan;
    plan.policies.tls_redirect.status = static_cast<std::uint16_t>(status);
    return plan;
  };
  translate::CommonPlans common;
  std::vector<std::shared_ptr<const controller::annotations::IngressPlan>> used;
  for (std::uint32_t i = 0; i < translate::CommonPlans::max_plans; ++i) used.push_back(common.share(plan_with(i)));
  EXPECT_EQ(common.share(plan_with(3)), used[3]);
  EXPECT_NE(common.share(plan_with(1000)), common.share(plan_with(1000))) << "all others are in use";
  used.erase(used.begin());
  const auto shared = common.share(plan_with(1000));
  EXPECT_EQ(common.share(plan_with(1000)), shared);
  EXPECT_EQ(common.share(plan_with(3)), used[2]);
}

// Two ways of writing a port are two upstreams whose groups look alike.
TEST(Following, AnotherWayOfWritingThePortLeadsToAGroup) {
  const auto with_port = [](const std::string& port) {
    std::string text = ingress({});
    return text.replace(text.find("{number: 80}"), 12, port);
  };
  translate::CertificateCache certificates;
  auto translation = translate::translate(decode_yaml(service("web") + with_port("{name: http}")).store, {}, {}, certificates);
  const controller::Changes changes{.routes = true, .ingresses = {{"default", "web"}}, .services = {}, .secrets = {}, .gone = {}, .statuses = {}};
  for (const auto port : {"{name: http, number: 80}", "{number: 80}", "{name: http}"}) {
    translate::translate(translation, decode_yaml(service("web") + with_port(port)).store, {}, {}, certificates, &changes);
    const auto match = translation.snapshot->routes->match({"a.test", "/"});
    const auto upstream = std::get<routing::Forward>(match.route->action).upstream;
    ASSERT_LT(upstream, translation.snapshot->upstreams->groups.size()) << port;
    ASSERT_NE(translation.snapshot->upstreams->groups[upstream], nullptr) << port;
  }
}

// The order of the two stays, and so does everything but what the younger is told.
TEST(Following, TellsAnotherReasonOnceANamespaceIsBeingDeleted) {
  std::string younger = ingress({.name = "younger", .created = "2024-02-01T00:00:00Z"});
  younger.replace(younger.find("metadata:\n"), 10, "metadata:\n  namespace: away\n");
  const auto namespace_away = [](const std::string& rest) { return object_of("---\napiVersion: v1\nkind: Namespace\nmetadata: {name: away" + rest + "}\n"); };
  controller::Store store = decode_yaml(service("web") + ingress({}) + younger).store;
  translate::CertificateCache certificates;
  auto translation = translate::translate(store, {}, {}, certificates);
  const auto told = [&translation](const std::string& text) {
    const auto all = translate::diagnostics_of(translation);
    return std::any_of(all.begin(), all.end(), [&text](const auto& one) { return one.reason.find(text) != std::string::npos; });
  };
  EXPECT_TRUE(told("which is older"));
  store.namespaces[{"", "away"}] = std::get<kube::Ptr<kube::Namespace>>(namespace_away(", deletionTimestamp: \"2024-02-01T00:00:00Z\""));
  const controller::Changes changes{.routes = true, .selection = true, .ingresses = {}, .services = {}, .secrets = {}, .gone = {}, .statuses = {}};
  translate::translate(translation, store, {}, {}, certificates, &changes);
  EXPECT_TRUE(told("which stays while this one is being deleted"));
  EXPECT_FALSE(told("which is older"));
}

TEST(Following, LetsTheCertificateOfAnIngressGoWithIt) {
  controller::Store store = decode_yaml(service("web") + ingress({}) + ingress({.name = "secure", .host = "b.test", .tls_secret = "pair"})).store;
  store.secrets[{"default", "pair"}] = std::get<kube::Ptr<kube::Secret>>(secret("pair", {"b.test"}, 90));
  translate::CertificateCache certificates;
  auto translation = translate::translate(store, {}, {}, certificates);
  ASSERT_EQ(translation.snapshot->certificates->entries.size(), 1u);
  const std::weak_ptr<const tls::Certificate> certificate = translation.snapshot->certificates->entries[0].certificate;
  const controller::Changes changes{.routes = true, .ingresses = {{"default", "secure"}}, .services = {}, .secrets = {}, .gone = {}, .statuses = {}};
  translate::translate(translation, store, {}, {}, certificates, &changes);
  EXPECT_FALSE(certificate.expired());
  store.ingresses.erase({"default", "secure"});
  translate::translate(translation, store, {}, {}, certificates, &changes);
  EXPECT_TRUE(certificate.expired());
}
