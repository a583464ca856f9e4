// What Events say and on what, and which of them are still to be written.
#include "controller/events/event.hpp"
#include "controller/events/event_queue.hpp"
#include "tests/support/translate_yaml.hpp"

#include <boost/json/parse.hpp>
#include <gtest/gtest.h>

#include <string>

namespace {

using namespace std::chrono_literals;
using controller::events::EventQueue;
using controller::events::Occasion;
using controller::events::Regarding;
using routing::Diagnostic;
using routing::Severity;

const EventQueue::TimePoint start{1000h};
const Diagnostic refused{"Ingress", "shop", "web", "spec.rules[0].host", "is no host name"};
const Diagnostic changed{"Ingress", "shop", "web", "spec.rules[0].http.paths[0]", "lost to Ingress shop/older", Severity::changed};
const Regarding web{&controller::kube::ingresses, "shop", "web", "uid-1"};

controller::Store store_with(const std::string& uid, bool is_deleting = false) {
  controller::kube::Ingress ingress;
  ingress.metadata.object_namespace = "shop";
  ingress.metadata.name = "web";
  ingress.metadata.uid = uid;
  ingress.metadata.is_deleting = is_deleting;
  controller::Store store;
  store.ingresses[{"shop", "web"}] = std::make_shared<const controller::kube::Ingress>(std::move(ingress));
  return store;
}

boost::json::object read(const std::string& text) { return boost::json::parse(text).as_object(); }

// What is next, told; "" when there is nothing.
std::string tell(EventQueue& queue, EventQueue::TimePoint now = start) {
  const auto item = queue.next(now);
  if (!item) return "";
  queue.on_done(*item, now);
  return (item->occasion == Occasion::healed ? "healed " : "arisen ") + item->diagnostic.field;
}

}  // namespace

TEST(Event, IsOfTheObjectThatIsThereAndStays) {
  const auto found = controller::events::regarding(refused, store_with("uid-1"));
  ASSERT_TRUE(found);
  EXPECT_EQ(found->uid, "uid-1");
  EXPECT_EQ(found->event_namespace(), "shop");
  EXPECT_FALSE(controller::events::regarding(refused, {}));
  EXPECT_FALSE(controller::events::regarding(refused, store_with("")));
  EXPECT_FALSE(controller::events::regarding(refused, store_with("uid-1", true)));
  EXPECT_FALSE(controller::events::regarding({"RBAC", "shop", "web", "rules", "missing"}, store_with("uid-1")));
}

TEST(Event, SaysWhatHoldsAndWhatNoLongerDoes) {
  const auto now = std::chrono::system_clock::time_point{1'700'000'000s};
  const auto warning = read(text_of(web, refused, Occasion::arisen, "weir-1", now));
  EXPECT_EQ(warning.at("type"), "Warning");
  EXPECT_EQ(warning.at("reason"), "Refused");
  EXPECT_EQ(warning.at("note"), "spec.rules[0].host: is no host name");
  EXPECT_EQ(warning.at("eventTime"), "2023-11-14T22:13:20.000000Z");
  EXPECT_EQ(warning.at("regarding").at("uid"), "uid-1");
  EXPECT_EQ(warning.at("regarding").at("apiVersion"), "networking.k8s.io/v1");
  EXPECT_EQ(read(text_of(web, changed, Occasion::arisen, "weir-1", now)).at("reason"), "NotAsWritten");
  const auto normal = read(text_of(web, refused, Occasion::healed, "weir-1", now));
  EXPECT_EQ(normal.at("type"), "Normal");
  EXPECT_EQ(normal.at("reason"), "Resolved");
  EXPECT_EQ(normal.at("note"), "no longer: spec.rules[0].host: is no host name");
}

TEST(Event, KeepsTheLimitsOfTheApi) {
  Diagnostic longest = refused;
  longest.reason = "x";
  for (int i = 0; i < 2000; ++i) longest.reason += "\xC3\xA4";
  longest.reason[0] = '\n';
  const auto event = read(text_of(web, longest, Occasion::arisen, std::string(300, 'p'), {}));
  EXPECT_LE(event.at("note").as_string().size(), controller::events::max_note_bytes);
  EXPECT_EQ(event.at("note").as_string().find("\xC3\xA4") == std::string::npos, false);
  EXPECT_EQ(event.at("note").as_string().find('\n'), std::string::npos);
  EXPECT_EQ(event.at("note").as_string().back(), '\xA4') << "cut at the end of a character";
  EXPECT_LE(event.at("reportingInstance").as_string().size(), 128u);
  Regarding named = web;
  named.name = std::string(199, 'a') + "." + std::string(50, 'b');
  const std::string name = name_of(named, refused, Occasion::arisen);
  EXPECT_LE(name.size(), 253u);
  EXPECT_EQ(name.find(".."), std::string::npos);
}

TEST(Event, HasTheSameNameFromEveryReplicaAndAnotherForAnythingElse) {
  EXPECT_EQ(name_of(web, refused, Occasion::arisen), name_of(web, refused, Occasion::arisen));
  EXPECT_NE(name_of(web, refused, Occasion::arisen), name_of(web, refused, Occasion::healed));
  EXPECT_NE(name_of(web, refused, Occasion::arisen), name_of(web, changed, Occasion::arisen));
  Regarding again = web;
  again.uid = "uid-2";
  EXPECT_NE(name_of(web, refused, Occasion::arisen), name_of(again, refused, Occasion::arisen));
}

TEST(EventQueue, TellsOnceAndOnlyAsTheLeader) {
  EventQueue queue;
  queue.arise(refused, web, false);
  EXPECT_FALSE(queue.has_work());
  queue.set_leading(true);
  const auto item = queue.next(start);
  ASSERT_TRUE(item);
  EXPECT_TRUE(item->may_be_told) << "by the leader before";
  queue.on_done(*item, start);
  EXPECT_EQ(tell(queue), "");
  queue.arise(changed, web, false);
  EXPECT_FALSE(queue.next(start)->may_be_told);
  queue.set_leading(false);
  EXPECT_EQ(tell(queue), "");
}

TEST(EventQueue, TellsOfRecoveryWhenTheBeginningWasTold) {
  EventQueue queue;
  queue.set_leading(true);
  queue.arise(refused, web, false);
  queue.heal(refused, web);
  EXPECT_EQ(tell(queue), "") << "nobody has heard of it";
  queue.arise(refused, web, false);
  EXPECT_EQ(tell(queue), "arisen spec.rules[0].host");
  queue.heal(refused, web);
  queue.arise(refused, web, false);
  EXPECT_EQ(tell(queue), "") << "as far as anybody has heard it has held all the time";
  queue.heal(refused, web);
  EXPECT_EQ(tell(queue), "healed spec.rules[0].host");
  queue.arise(refused, web, true);
  queue.heal(refused, web);
  EXPECT_EQ(tell(queue), "healed spec.rules[0].host") << "an earlier run may have told";
  queue.heal(changed, std::nullopt);
  EXPECT_EQ(tell(queue), "") << "the object is gone";
}

TEST(EventQueue, TellsOfWhatChangesWhileItIsWritten) {
  EventQueue queue;
  queue.set_leading(true);
  queue.arise(refused, web, false);
  const auto item = queue.next(start);
  queue.heal(refused, web);
  queue.on_done(*item, start);
  EXPECT_EQ(tell(queue), "healed spec.rules[0].host");
}

TEST(EventQueue, TellsOfAnObjectThatWasMadeAgain) {
  const Regarding again{&controller::kube::ingresses, "shop", "web", "uid-2"};
  EventQueue queue;
  queue.set_leading(true);
  queue.arise(refused, web, false);
  const auto written = queue.next(start);
  queue.heal(refused, std::nullopt);
  queue.arise(refused, again, false);
  queue.on_done(*written, start);
  const auto next = queue.next(start);
  ASSERT_TRUE(next) << "what was being told was of the one before";
  EXPECT_EQ(next->regarding.uid, "uid-2");
  EXPECT_EQ(tell(queue), "arisen spec.rules[0].host");

  queue.heal(refused, web);
  EXPECT_FALSE(queue.next(start)) << "another of that name never had it";
  queue.arise(refused, again, false);
  EXPECT_EQ(tell(queue), "arisen spec.rules[0].host");
  queue.renew(refused, again);
  EXPECT_FALSE(queue.next(start)) << "it is the same object";

  queue.heal(refused, again);
  queue.arise(refused, web, false);
  ASSERT_TRUE(queue.next(start)) << "that it healed is not to be told any more, and does not stand for telling of the new one";
  EXPECT_EQ(queue.next(start)->regarding.uid, "uid-1");
  EXPECT_EQ(tell(queue), "arisen spec.rules[0].host");
  EXPECT_EQ(tell(queue), "");
}

TEST(EventQueue, TellsNothingAgainWhenTheLeadWasLostForAMoment) {
  EventQueue queue;
  queue.set_leading(true);
  queue.arise(refused, web, false);
  queue.arise(changed, web, false);
  EXPECT_EQ(tell(queue), "arisen spec.rules[0].host");
  EXPECT_EQ(tell(queue), "arisen spec.rules[0].http.paths[0]");
  queue.heal(changed, web);
  queue.set_leading(false);
  EXPECT_EQ(tell(queue), "");
  queue.set_leading(true);
  EXPECT_EQ(tell(queue), "healed spec.rules[0].http.paths[0]") << "nobody else may have told";
  EXPECT_EQ(tell(queue), "");
}

TEST(EventQueue, BoundsWhatOneObjectMayCause) {
  EventQueue queue;
  queue.set_leading(true);
  Diagnostic each = refused;
  for (unsigned i = 0; i < EventQueue::burst_per_object + 2; ++i) {
    each.field = std::to_string(i);
    queue.arise(each, web, false);
  }
  unsigned told = 0;
  while (!tell(queue).empty()) ++told;
  EXPECT_EQ(told, EventQueue::burst_per_object);
  Regarding other = web;
  other.uid = "uid-2";
  queue.arise({"Ingress", "shop", "other", "zone", "no"}, other, false);
  EXPECT_EQ(tell(queue), "arisen zone") << "it is not held back by the first";
  EXPECT_NE(tell(queue, start + EventQueue::interval_per_object), "");
  EXPECT_EQ(tell(queue, start + EventQueue::interval_per_object), "");
}

TEST(EventQueue, LeavesOutNamespacesThatRefuse) {
  EventQueue queue;
  queue.set_leading(true);
  queue.arise(refused, web, false);
  Regarding elsewhere = web;
  elsewhere.object_namespace = "zoo";
  queue.arise({"Ingress", "zoo", "web", "other", "no"}, elsewhere, false);
  queue.put_off("shop", start + 30s);
  EXPECT_EQ(tell(queue), "arisen other");
  EXPECT_EQ(tell(queue), "");
  EXPECT_EQ(tell(queue, start + 30s), "arisen spec.rules[0].host");
}

TEST(EventQueue, CountsRepeats) {
  EventQueue queue;
  const EventQueue::Item item{refused, web, Occasion::arisen, false};
  EXPECT_EQ(queue.next_count(item), 2u);
  EXPECT_EQ(queue.next_count(item), 2u) << "it was not written yet";
  queue.on_repeated(item);
  EXPECT_EQ(queue.next_count(item), 3u);
}
