#include "controller/kube/reflection.hpp"

#include <gmock/gmock.h>

#include <string>
#include <vector>

using controller::kube::Failure;
using controller::kube::Reflection;
using testing::ElementsAre;

namespace {

// What has been told, as words.
class Told final : public controller::kube::ObjectSink {
 public:
  void on_replaced(std::vector<controller::kube::Arrived> all) override {
    std::string line = "all";
    for (const auto& one : all) line += " " + key_of(one.object).second;
    lines.push_back(line);
  }
  void on_changed(controller::kube::Arrived arrived) override { lines.push_back("changed " + key_of(arrived.object).second); }
  void on_removed(const controller::kube::Key& key) override { lines.push_back("removed " + key.second); }

  std::vector<std::string> lines;
};

std::string service(const std::string& name, int version) {
  return R"({"metadata":{"name":")" + name + R"(","namespace":"shop","resourceVersion":")" + std::to_string(version) + R"("},"spec":{}})";
}
std::string event(const std::string& type, const std::string& object) { return R"({"type":")" + type + R"(","object":)" + object + "}"; }
std::string bookmark(int version, const std::string& annotations = "{}") {
  return event("BOOKMARK", R"({"metadata":{"resourceVersion":")" + std::to_string(version) + R"(","annotations":)" + annotations + "}}");
}
const std::string end_of_list = R"({"k8s.io/initial-events-end":"true"})";

class ReflectionTest : public testing::Test {
 protected:
  // Events that have to be taken.
  void take(const std::vector<std::string>& events) {
    for (const std::string& one : events) {
      const auto failure = reflection.take_event(one);
      EXPECT_FALSE(failure) << failure->text;
    }
  }

  Told told;
  Reflection reflection{controller::kube::services, told};
};

}  // namespace

TEST_F(ReflectionTest, AStreamedListIsTakenAtItsEnd) {
  reflection.begin_list();
  take({event("ADDED", service("a", 3)), event("ADDED", service("b", 1)), bookmark(2)});
  EXPECT_TRUE(told.lines.empty());
  EXPECT_FALSE(reflection.is_in_step());
  take({bookmark(5, end_of_list)});
  EXPECT_TRUE(reflection.is_in_step());
  EXPECT_EQ(reflection.resource_version(), "5");
  take({event("MODIFIED", service("a", 6)), event("DELETED", service("b", 7)), bookmark(9)});
  EXPECT_EQ(reflection.resource_version(), "9");
  EXPECT_THAT(told.lines, ElementsAre("all a b", "changed a", "removed b"));
}

TEST_F(ReflectionTest, PagesAreTakenTogether) {
  reflection.begin_list();
  EXPECT_FALSE(reflection.take_item(service("a", 1)));
  EXPECT_FALSE(reflection.take_item(service("b", 2)));
  EXPECT_TRUE(told.lines.empty());
  reflection.end_list("4");
  EXPECT_THAT(told.lines, ElementsAre("all a b"));
  EXPECT_EQ(reflection.resource_version(), "4");
}

TEST_F(ReflectionTest, APartialListTakesNothingAway) {
  reflection.begin_list();
  take({event("ADDED", service("a", 1)), event("ADDED", service("b", 2)), bookmark(3, end_of_list)});
  told.lines.clear();
  reflection.begin_list();
  take({event("ADDED", service("a", 1))});
  reflection.begin_list();  // the connection broke
  EXPECT_TRUE(told.lines.empty());
  take({event("ADDED", service("b", 4)), bookmark(5, end_of_list)});
  EXPECT_THAT(told.lines, ElementsAre("all b"));
}

TEST_F(ReflectionTest, AnErrorInTheStreamIsAFailureOfItsKind) {
  reflection.begin_list();
  take({bookmark(3, end_of_list)});
  const auto gone = reflection.take_event(event("ERROR", R"({"kind":"Status","code":410,"message":"too old resource version"})"));
  ASSERT_TRUE(gone);
  EXPECT_EQ(gone->kind, Failure::Kind::gone);
  const auto busy = reflection.take_event(event("ERROR", R"({"kind":"Status","code":500,"message":"etcd is away"})"));
  ASSERT_TRUE(busy);
  EXPECT_EQ(busy->kind, Failure::Kind::busy);
  EXPECT_NE(busy->text.find("etcd is away"), std::string::npos);
  EXPECT_TRUE(reflection.is_in_step()) << "what there is stays in force";
}

TEST_F(ReflectionTest, WhatIsNoEventIsAFailure) {
  reflection.begin_list();
  for (const char* bad : {"", "[]", "{", R"({"type":"ADDED"})", R"({"type":"ODD","object":{}})", R"({"type":"ADDED","object":{"metadata":{}}})"}) {
    const auto failure = reflection.take_event(bad);
    ASSERT_TRUE(failure) << bad;
    EXPECT_EQ(failure->kind, Failure::Kind::malformed) << bad;
  }
  const std::string deep = event("ADDED", R"({"metadata":{"name":"x"},"a":)" + std::string(100, '[') + std::string(100, ']') + "}");
  EXPECT_TRUE(reflection.take_event(deep));
}

TEST_F(ReflectionTest, LabelsThatNobodyReadsAreDropped) {
  const auto arrived = first_of_list(controller::kube::services, R"({"items":[{"metadata":{"name":"a","labels":{"x":"y"},"annotations":{"x":"y"}},"spec":{}}]})");
  ASSERT_TRUE(arrived);
  const auto& service = *std::get<controller::kube::Ptr<controller::kube::Service>>(arrived->object);
  EXPECT_TRUE(service.metadata.labels.empty());
  EXPECT_TRUE(service.metadata.annotations.empty());
  for (const char* none : {R"({"items":[{"kind":"Secret","apiVersion":"v1","metadata":{"name":"a"}}]})", R"({"items":[]})", R"({"items":[1]})", R"({"items":{}})", "[]", ""})
    EXPECT_FALSE(first_of_list(controller::kube::services, none)) << none;
}

TEST(ResourceVersion, OfARestoredServerIsBehind) {
  EXPECT_TRUE(controller::kube::is_behind("99", "100"));
  EXPECT_FALSE(controller::kube::is_behind("100", "100"));
  EXPECT_FALSE(controller::kube::is_behind("101", "100"));
  EXPECT_TRUE(controller::kube::is_behind("abc", "100")) << "no order that we know";
}
