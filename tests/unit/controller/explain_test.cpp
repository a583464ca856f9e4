// What the golden cases of explain do not show: limits, odd bytes, time. (tests/golden/explain_test.cpp compares with the matcher.)
#include "controller/explain/explain.hpp"
#include "controller/explain/json.hpp"
#include "controller/explain/text.hpp"
#include "tests/support/translate_yaml.hpp"

#include <gtest/gtest.h>

using namespace test;
namespace explain = controller::explain;

namespace {

explain::Explanation ask(const std::string& yaml, const std::string& host, const std::string& path, const controller::Options& options = {}) {
  Decoded decoded = decode_yaml(yaml);
  const explain::Explainer explainer{std::move(decoded.store), options, std::move(decoded.diagnostics)};
  return explainer.explain({.url = "http://" + host + path, .host = host, .authority = host, .target = path, .path = path}, 443, std::chrono::system_clock::now());
}

std::size_t count_of(const explain::Explanation& explanation, explain::Loss loss) {
  std::size_t count = 0;
  for (const auto& candidate : explanation.candidates.listed) count += candidate.loss == loss;
  return count;
}

}  // namespace

TEST(Explain, ListsNoMoreThanItsLimits) {
  std::string yaml = service("web");
  for (int i = 0; i < 300; ++i) yaml += ingress({.name = "same" + std::to_string(i)}) + ingress({.name = "path" + std::to_string(i), .path = "/p" + std::to_string(i)});
  for (int i = 0; i < 30; ++i) yaml += ingress({.name = "host" + std::to_string(i), .host = "h" + std::to_string(i) + ".test"});
  const auto explanation = ask(yaml, "a.test", "/");
  EXPECT_EQ(explanation.candidates.listed.size(), explain::Candidates::max_listed);
  EXPECT_EQ(explanation.candidates.listed.size() + explanation.candidates.left_out, 599u);
  EXPECT_EQ(explanation.candidates.of_other_hosts, 30u);

  const auto unknown = ask(yaml, "nobody.test", "/");
  EXPECT_EQ(count_of(unknown, explain::Loss::other_host), explain::Candidates::max_other_hosts);
  EXPECT_EQ(unknown.candidates.of_other_hosts, 630u);
  EXPECT_FALSE(unknown.is_routed());
}

TEST(Explain, ShowsNothingThatATerminalWouldObey) {
  std::string yaml = service("web") + ingress({.annotations = {{"auth-realm", "@"}}});
  yaml.replace(yaml.find("'@'"), 3, "\"\\e]0;owned\\a\\x9b31m\"");
  const std::string text = explain::to_text(ask(yaml, "a.test", "/\x1b[2J"));
  for (const char c : text) EXPECT_TRUE(c == '\n' || static_cast<unsigned char>(c) >= 0x20) << static_cast<int>(c);
  EXPECT_EQ(text.find("\xc2\x9b"), std::string::npos);
}

TEST(Explain, GivesValidJsonForAnyBytes) {
  const std::string json = explain::to_json(ask(service("web") + ingress({}), "a.test", "/\xff\xc3\x28"));
  EXPECT_EQ(json.find('\xff'), std::string::npos);
  EXPECT_NE(json.find("\"normalised_path\":\"/?\?(\""), std::string::npos) << json;
}

TEST(Explain, DoesNotRepeatThePasswordOfAUrl) {
  const auto explanation = ask(service("web") + ingress({.annotations = {{"auth-signin", "https://me:sekret@auth.test/"}, {"x-forwarded-prefix", "/x"}}}), "a.test", "/");
  EXPECT_EQ(explain::to_json(explanation).find("sekret"), std::string::npos);
  EXPECT_EQ(explain::to_text(explanation).find("sekret"), std::string::npos);
}

TEST(Explain, TellsWhenNamespacesAreNotWatched) {
  controller::Options options;
  options.watch_namespace_selector = "team=blue";
  const auto explanation = ask(service("web") + ingress({}), "a.test", "/", options);
  ASSERT_EQ(count_of(explanation, explain::Loss::namespace_not_watched), 1u);
  EXPECT_NE(explanation.candidates.listed[0].reason.find("team=blue"), std::string::npos);
  EXPECT_FALSE(explanation.winner);
}

TEST(Explain, IsExplainedByNoObjectAtAll) {
  const auto explanation = ask("", "a.test", "/");
  EXPECT_FALSE(explanation.winner);
  EXPECT_FALSE(explanation.service);
  EXPECT_EQ(explanation.status, 404);
  EXPECT_TRUE(explanation.candidates.listed.empty());
}
