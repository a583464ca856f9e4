// Which addresses are published, who may write them, and what is left to be written.
#include "controller/kube/decode.hpp"
#include "controller/election/lease.hpp"
#include "controller/election/siblings.hpp"
#include "controller/status/addresses.hpp"
#include "controller/status/statuses.hpp"

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <set>
#include <string>

namespace {

using namespace std::chrono_literals;
using controller::kube::Key;
using controller::kube::StatusAddresses;
using controller::election::Election;
using controller::election::Lease;
using controller::status::Statuses;
using controller::translate::IngressState;
using Step = Election::Step;

const Election::TimePoint start{1000h};

StatusAddresses of_service(const std::string& type, const std::string& cluster_ip, std::vector<std::string> external, StatusAddresses balancer = {}) {
  controller::kube::Service service;
  service.exposure = {std::move(balancer), type, cluster_ip, std::move(external)};
  return controller::status::addresses_of(service);
}

Lease held_by(const std::string& holder, const std::string& renewed, std::chrono::seconds duration = 24s) { return {holder, renewed, "{}", duration, 3}; }

// Ingresses of namespace "default", each with the addresses in its status.
controller::Kind<controller::kube::Ingress> ingresses(const std::vector<std::pair<std::string, StatusAddresses>>& all) {
  controller::Kind<controller::kube::Ingress> made;
  for (const auto& [name, addresses] : all) {
    controller::kube::Ingress ingress;
    ingress.metadata.object_namespace = "default";
    ingress.metadata.name = name;
    ingress.status.addresses = addresses;
    made[{"default", name}] = std::make_shared<const controller::kube::Ingress>(std::move(ingress));
  }
  return made;
}

const Key a{"default", "a"}, b{"default", "b"};
// What `states` says of both.
void follow(Statuses& statuses, std::map<Key, IngressState> states, const controller::Kind<controller::kube::Ingress>& store) {
  for (const auto& [ingress, state] : states) statuses.follow(ingress, state, store);
}

const StatusAddresses ours{{"192.0.2.1", ""}}, others{{"192.0.2.9", ""}};

}  // namespace

TEST(StatusAddresses, AreThoseOfTheLoadBalancerAndTheExternalOnes) {
  EXPECT_EQ(of_service("LoadBalancer", "10.96.0.9", {"192.0.2.7"}, {{"", "lb.test"}, {"192.0.2.1", ""}}),
            (StatusAddresses{{"", "lb.test"}, {"192.0.2.1", ""}, {"192.0.2.7", ""}}));
  EXPECT_EQ(of_service("NodePort", "10.96.0.9", {"192.0.2.7", "192.0.2.7"}), (StatusAddresses{{"192.0.2.7", ""}}));
}

TEST(StatusAddresses, AreTheClusterIpAsALastResort) {
  EXPECT_EQ(of_service("ClusterIP", "10.96.0.9", {}), (StatusAddresses{{"10.96.0.9", ""}}));
  EXPECT_TRUE(of_service("LoadBalancer", "10.96.0.9", {}).empty()) << "it has nothing yet";
  EXPECT_TRUE(of_service("ClusterIP", "None", {}).empty());
}

TEST(StatusAddresses, OfAFlagAreIpsAndNames) {
  EXPECT_EQ(controller::status::to_addresses({"192.0.2.1", "edge.test", "2001:db8::1"}), (StatusAddresses{{"", "edge.test"}, {"192.0.2.1", ""}, {"2001:db8::1", ""}}));
  EXPECT_EQ(controller::status::patch_of({{"192.0.2.1", ""}, {"", "edge.test"}}), R"({"status":{"loadBalancer":{"ingress":[{"ip":"192.0.2.1"},{"hostname":"edge.test"}]}}})");
  EXPECT_EQ(controller::status::patch_of({}), R"({"status":{"loadBalancer":{"ingress":null}}})");
}

TEST(Election, TakesWhatIsThereForTheTaking) {
  Election election{"me", 30s};
  EXPECT_EQ(election.decide(nullptr, start), Step::create);
  const Lease free = held_by("", "t1");
  EXPECT_EQ(election.decide(&free, start), Step::take);
  EXPECT_FALSE(election.leads(start)) << "not before the server agrees";
  election.on_written(start);
  EXPECT_TRUE(election.leads(start));
}

TEST(Election, RenewsInTimeAndStopsBeforeOthersBegin) {
  Election election{"me", 30s};
  (void)election.decide(nullptr, start);
  election.on_written(start);
  const Lease mine = held_by("me", "t1");
  EXPECT_EQ(election.decide(&mine, start + 9s), Step::none);
  EXPECT_EQ(election.decide(&mine, start + 10s), Step::renew);
  EXPECT_TRUE(election.leads(start + 19s));
  EXPECT_FALSE(election.leads(start + 20s)) << "could not renew";
  EXPECT_LT(election.duration(), 30s);
}

TEST(Election, WaitsUntilTheLeaseHasStoodStill) {
  Election election{"me", 30s};
  Lease lease = held_by("other", "t1");
  EXPECT_EQ(election.decide(&lease, start), Step::none);
  lease.renew_time = "t2";
  EXPECT_EQ(election.decide(&lease, start + 23s), Step::none);
  EXPECT_EQ(election.decide(&lease, start + 46s), Step::none) << "23 s since it was renewed";
  EXPECT_EQ(election.decide(&lease, start + 47s), Step::take);
  EXPECT_LE(election.until_look(start), 1s);
}

TEST(Election, LosesToWhoWasQuicker) {
  Election election{"me", 30s};
  election.on_written(start);
  const Lease taken = held_by("other", "t2");
  EXPECT_EQ(election.decide(&taken, start + 1s), Step::none);
  EXPECT_FALSE(election.leads(start + 1s));
  election.on_written(start);
  election.on_lost();
  EXPECT_FALSE(election.leads(start));
}

TEST(LeaseText, KeepsWhatOthersPutThere) {
  const auto lease = controller::election::read_lease(R"({"kind":"Lease","metadata":{"name":"l","labels":{"x":"y"},"resourceVersion":"7"},"spec":{"holderIdentity":"old","leaseTransitions":4,"leaseDurationSeconds":15,"renewTime":"t"}})");
  ASSERT_TRUE(lease);
  EXPECT_EQ(lease->holder, "old");
  EXPECT_EQ(lease->duration, 15s);
  const auto now = std::chrono::system_clock::time_point{std::chrono::microseconds{1'700'000'000'000'042}};
  const std::string text = controller::election::lease_held_by({"ns", "l"}, &*lease, "me", 24s, now);
  const auto taken = controller::election::read_lease(text);
  ASSERT_TRUE(taken);
  EXPECT_EQ(taken->holder, "me");
  EXPECT_EQ(taken->transitions, 5);
  EXPECT_EQ(taken->renew_time, "2023-11-14T22:13:20.000042Z");
  EXPECT_NE(text.find(R"("labels":{"x":"y"},"resourceVersion":"7")"), std::string::npos) << text;
  EXPECT_EQ(controller::election::read_lease(controller::election::released(*taken, now))->holder, "");
  EXPECT_FALSE(controller::election::read_lease("[]"));
}

TEST(Statuses, WritesWhereItDiffersAndOnce) {
  Statuses statuses;
  const auto store = ingresses({{"a", {}}, {"b", ours}});
  follow(statuses, {{a, IngressState::served}, {b, IngressState::served}}, store);
  EXPECT_FALSE(statuses.has_work()) << "no address is known";
  statuses.set_addresses(ours);
  const auto write = statuses.next(start);
  ASSERT_TRUE(write);
  EXPECT_EQ(write->ingress, a);
  EXPECT_EQ(write->addresses, ours);
  statuses.on_written(*write);
  EXPECT_FALSE(statuses.has_work());
  follow(statuses, {{a, IngressState::served}, {b, IngressState::served}}, store);
  EXPECT_FALSE(statuses.has_work()) << "the watch has not caught up yet";
  statuses.see({a}, ingresses({{"a", ours}, {"b", ours}}), start);
  EXPECT_FALSE(statuses.has_work());
  statuses.see({a}, ingresses({{"a", others}, {"b", ours}}), start);
  EXPECT_EQ(statuses.next(start)->ingress, a);
}

TEST(Statuses, WritesAgainWhatWasOverwrittenBeforeTheAnswerCame) {
  Statuses statuses;
  statuses.set_addresses(ours);
  follow(statuses, {{a, IngressState::served}}, ingresses({{"a", {}}}));
  const auto write = statuses.next(start);
  ASSERT_TRUE(write);
  statuses.see({a}, ingresses({{"a", others}}), start);
  statuses.on_written(*write);
  const auto again = statuses.next(start);
  ASSERT_TRUE(again);
  statuses.see({a}, ingresses({{"a", ours}}), start);
  statuses.on_written(*again);
  EXPECT_FALSE(statuses.has_work());
}

TEST(Statuses, WaitsLongerEachTimeSomebodyWritesOverIt) {
  Statuses statuses;
  statuses.set_addresses(ours);
  follow(statuses, {{a, IngressState::served}}, ingresses({{"a", ours}}));
  auto now = start;
  for (const auto wait : {0s, 1s, 2s, 4s}) {
    statuses.see({a}, ingresses({{"a", others}}), now);
    if (wait > 0s) {
      EXPECT_FALSE(statuses.next(now + wait - 1ms)) << wait.count();
    }
    now += wait;
    const auto write = statuses.next(now);
    ASSERT_TRUE(write) << wait.count();
    statuses.on_written(*write);
  }
  now += Statuses::contest_over + 1s;
  statuses.see({a}, ingresses({{"a", others}}), now);
  EXPECT_TRUE(statuses.next(now)) << "that was long ago";
}

TEST(Statuses, KnowsWhatSomebodyElseKeepsWriting) {
  Statuses statuses;
  statuses.set_addresses(ours);
  follow(statuses, {{a, IngressState::served}}, ingresses({{"a", ours}}));
  auto now = start;
  for (unsigned time = 1; time <= Statuses::told_from_contests; ++time) {
    EXPECT_TRUE(statuses.contested(now).empty()) << time;
    statuses.see({a}, ingresses({{"a", others}}), now);
    now += Statuses::longest_contest;
    statuses.on_written(*statuses.next(now));
  }
  EXPECT_EQ(statuses.contested(now), std::set{a});
  EXPECT_TRUE(statuses.contested(now + Statuses::contest_over).empty()) << "that was long ago";
}

TEST(Statuses, TheWaitHoldsWhenTheSameIngressChangesOtherwise) {
  Statuses statuses;
  statuses.set_addresses(ours);
  follow(statuses, {{a, IngressState::served}}, ingresses({{"a", ours}}));
  statuses.see({a}, ingresses({{"a", others}}), start);
  statuses.on_written(*statuses.next(start));
  const auto again = ingresses({{"a", others}});
  statuses.see({a}, again, start);
  follow(statuses, {{a, IngressState::served}}, again);
  EXPECT_FALSE(statuses.next(start + Statuses::shortest_contest - 1ms));
  EXPECT_TRUE(statuses.next(start + Statuses::shortest_contest));
}

TEST(Statuses, ClearsWhatWasOursBeforeTheAddressesChanged) {
  Statuses statuses;
  statuses.set_addresses(ours);
  const auto store = ingresses({{"a", ours}, {"b", others}});
  follow(statuses, {{a, IngressState::served}, {b, IngressState::served}}, store);
  follow(statuses, {{a, IngressState::gone}}, store);
  statuses.set_addresses({{"192.0.2.2", ""}});
  ASSERT_EQ(statuses.next(start)->ingress, a);
  EXPECT_TRUE(statuses.next(start)->addresses.empty());
  statuses.on_written(*statuses.next(start));
  EXPECT_EQ(statuses.next(start)->ingress, b);
}

TEST(Statuses, IsShownOnceMoreWhatItWroteUnderEarlierAddresses) {
  Statuses statuses;
  statuses.set_addresses(ours);
  follow(statuses, {{a, IngressState::served}}, ingresses({{"a", {}}}));
  statuses.on_written(*statuses.next(start));
  statuses.set_addresses({{"192.0.2.2", ""}});
  const auto echoed = ingresses({{"a", ours}});
  statuses.see({a}, echoed, start);
  follow(statuses, {{a, IngressState::gone}}, echoed);
  ASSERT_TRUE(statuses.next(start));
  EXPECT_TRUE(statuses.next(start)->addresses.empty());
}

TEST(Statuses, ClearsWhatWasOnItsWayWhenTheIngressLeft) {
  Statuses statuses;
  statuses.set_addresses(ours);
  const auto store = ingresses({{"a", others}});
  follow(statuses, {{a, IngressState::served}}, store);
  const auto on_its_way = statuses.next(start);
  follow(statuses, {{a, IngressState::gone}}, store);
  EXPECT_FALSE(statuses.next(start));
  statuses.on_written(*on_its_way);
  ASSERT_TRUE(statuses.next(start));
  EXPECT_TRUE(statuses.next(start)->addresses.empty());
  statuses.on_gone(a);
  EXPECT_FALSE(statuses.has_work());
}

TEST(Statuses, AnotherObjectOfTheSameNameIsNoContest) {
  Statuses statuses;
  statuses.set_addresses(ours);
  follow(statuses, {{a, IngressState::served}}, ingresses({{"a", ours}}));
  for (const auto uid : {"1", "2", "3", "4"}) {
    auto store = ingresses({{"a", {}}});
    auto anew = *store.at(a);
    anew.metadata.uid = uid;
    store[a] = std::make_shared<const controller::kube::Ingress>(anew);
    statuses.see({a}, store, start);
    follow(statuses, {{a, IngressState::served}}, store);
    ASSERT_TRUE(statuses.next(start)) << "at once";
    statuses.on_written(*statuses.next(start));
  }
  EXPECT_TRUE(statuses.contested(start).empty());
}

TEST(Statuses, HasNothingToClearOfWhatIsDeleted) {
  Statuses statuses;
  statuses.set_addresses(ours);
  const auto store = ingresses({{"a", ours}});
  follow(statuses, {{a, IngressState::served}}, store);
  follow(statuses, {{a, IngressState::gone}}, store);
  EXPECT_TRUE(statuses.is_due(a));
  statuses.see({a}, {}, start);
  EXPECT_FALSE(statuses.is_due(a));
  EXPECT_FALSE(statuses.has_work());
}

TEST(Statuses, PublishesNothingOnceTheAddressesAreNoLongerKnown) {
  Statuses statuses;
  statuses.set_addresses(ours);
  statuses.set_addresses({});
  follow(statuses, {{a, IngressState::served}, {b, IngressState::served}}, ingresses({{"a", ours}, {"b", {}}}));
  EXPECT_FALSE(statuses.has_work());
  follow(statuses, {{a, IngressState::gone}, {b, IngressState::served}}, ingresses({{"a", ours}, {"b", {}}}));
  EXPECT_EQ(statuses.next(start)->ingress, a) << "what was ours is still taken back";
}

TEST(Statuses, ClearsItsOwnOfThoseThatLeave) {
  Statuses statuses;
  statuses.set_addresses(ours);
  follow(statuses, {{a, IngressState::served}, {b, IngressState::served}}, ingresses({{"a", ours}, {"b", ours}}));
  EXPECT_FALSE(statuses.has_work());
  follow(statuses, {{a, IngressState::gone}, {b, IngressState::refused}}, ingresses({{"a", ours}, {"b", ours}}));
  const auto write = statuses.next(start);
  ASSERT_TRUE(write) << "a is still there, but no longer ours";
  EXPECT_EQ(write->ingress, a);
  EXPECT_TRUE(write->addresses.empty());
  statuses.on_written(*write);
  EXPECT_FALSE(statuses.has_work()) << "b is refused, which may be mended: it keeps what it has";
  follow(statuses, {{a, IngressState::served}}, ingresses({{"a", ours}}));
  follow(statuses, {{a, IngressState::gone}}, ingresses({{"a", others}}));
  EXPECT_FALSE(statuses.has_work()) << "somebody else's";
}

TEST(Statuses, ClearsAllAtTheEnd) {
  Statuses statuses;
  statuses.set_addresses(ours);
  follow(statuses, {{a, IngressState::served}, {b, IngressState::served}}, ingresses({{"a", ours}, {"b", others}}));
  statuses.clear_all();
  const auto write = statuses.next(start);
  ASSERT_TRUE(write);
  EXPECT_EQ(write->ingress, a);
  EXPECT_TRUE(write->addresses.empty());
  statuses.on_written(*write);
  EXPECT_FALSE(statuses.next(start));
}

TEST(Statuses, ForgetsWhatIsNotFoundOnlyWhereItWasToBeCleared) {
  Statuses statuses;
  statuses.set_addresses(ours);
  follow(statuses, {{a, IngressState::served}, {b, IngressState::served}}, ingresses({{"a", {}}, {"b", ours}}));
  statuses.on_gone(a);
  EXPECT_EQ(statuses.next(start)->ingress, a) << "deleted and made again: the new one waits for its status";
  statuses.on_written(*statuses.next(start));
  follow(statuses, {{b, IngressState::gone}}, ingresses({{"a", ours}, {"b", ours}}));
  EXPECT_TRUE(statuses.has_work());
  statuses.on_gone(b);
  EXPECT_FALSE(statuses.has_work());
}

TEST(Statuses, PutsOffWhatIsRefused) {
  Statuses statuses;
  statuses.set_addresses(ours);
  follow(statuses, {{a, IngressState::served}, {b, IngressState::served}}, ingresses({{"a", {}}, {"b", {}}}));
  statuses.put_off(a, start + 30s);
  EXPECT_EQ(statuses.next(start)->ingress, b);
  EXPECT_EQ(statuses.next(start + 30s)->ingress, a);
}

TEST(StatusAddresses, AreThoseOfNodes) {
  using controller::status::address_of_node;
  const std::string node = R"({"status":{"addresses":[{"type":"Hostname","address":"n1"},{"type":"InternalIP","address":"10.0.0.1"},{"type":"ExternalIP","address":"192.0.2.1"}]}})";
  EXPECT_EQ(address_of_node(node, false), "192.0.2.1");
  EXPECT_EQ(address_of_node(node, true), "10.0.0.1");
  EXPECT_EQ(address_of_node(R"({"status":{"addresses":[{"type":"InternalIP","address":"10.0.0.1"}]}})", false), "10.0.0.1");
  EXPECT_EQ(address_of_node(R"({"status":{}})", false), "");
  EXPECT_EQ(address_of_node("", true), "");
}

TEST(Siblings, SayOnWhichNodesTheyRun) {
  EXPECT_EQ(controller::election::nodes_of(R"({"items":[
      {"metadata":{"name":"a"},"spec":{"nodeName":"n1"},"status":{"phase":"Running"}},
      {"metadata":{"name":"b"},"spec":{"nodeName":"n1"},"status":{"phase":"Running"}},
      {"metadata":{"name":"c"},"spec":{"nodeName":"n2"},"status":{"phase":"Pending"}},
      {"metadata":{"name":"d","deletionTimestamp":"t"},"spec":{"nodeName":"n3"},"status":{"phase":"Running"}}]})"),
            (std::set<std::string>{"n1"}));
  EXPECT_TRUE(controller::election::nodes_of("").empty());
}

TEST(Siblings, AreKnownByLabels) {
  EXPECT_EQ(controller::election::selector_of_siblings(R"({"metadata":{"labels":{"app":"weir","pod-template-hash":"1"}}})"), "app=weir");
  EXPECT_FALSE(controller::election::selector_of_siblings(R"({"metadata":{}})"));
  EXPECT_EQ(controller::election::selector_of_siblings(R"({"metadata":{"labels":{"app":"weir","topology.kubernetes.io/zone":"z1"}}})"), "app=weir") << "others are elsewhere";
  EXPECT_EQ(controller::election::selector_of_siblings(R"({"metadata":{"labels":{"app.kubernetes.io/name":"weir","app.kubernetes.io/instance":"one","version":"7"}}})"),
            "app.kubernetes.io/name=weir,app.kubernetes.io/instance=one");
  EXPECT_FALSE(controller::election::has_others(R"({"items":[{"metadata":{"name":"me"}},{"metadata":{"name":"x","deletionTimestamp":"t"}},{"metadata":{"name":"y"},"status":{"phase":"Failed"}}]})", "me"));
  EXPECT_TRUE(controller::election::has_others(R"({"items":[{"metadata":{"name":"me"}},{"metadata":{"name":"x"}}]})", "me"));
  EXPECT_TRUE(controller::election::has_others("", "me"));
}
