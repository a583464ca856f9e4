// `weir explain` on the cases of this folder. <case>.explain.txt and .explain.json hold what is answered to a case's
// "# ask:" lines. All cases serve as well to compare the explanation with the matcher, path by path.
#include "controller/explain/explain.hpp"
#include "controller/explain/json.hpp"
#include "controller/explain/places.hpp"
#include "controller/explain/text.hpp"
#include "proxy/explain_request.hpp"
#include "routing/normalize_path.hpp"
#include "tests/golden/golden_case.hpp"
#include "tests/support/translate_yaml.hpp"

#include <boost/json.hpp>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <set>

namespace explain = controller::explain;
namespace fs = std::filesystem;

namespace {

constexpr std::uint16_t https_port = 443;
const auto now = std::chrono::system_clock::from_time_t(1'800'000'000);

explain::Explainer explainer_of(const golden::Case& golden) {
  test::Decoded decoded = test::decode_yaml(golden.text);
  return {std::move(decoded.store), golden.options, std::move(decoded.diagnostics), golden.answers()};
}

explain::Explanation ask(const explain::Explainer& explainer, const std::string& url, std::vector<std::string> headers = {}) {
  EXPECT_EQ(proxy::problem_in_url(url), "") << url;
  return explainer.explain(proxy::asked_request({url, std::move(headers)}, *explainer.snapshot().settings), https_port, now);
}

// "URL" or "URL Name: value".
explain::Explanation ask_line(const explain::Explainer& explainer, const std::string& line) {
  const auto blank = line.find(' ');
  if (blank == std::string::npos) return ask(explainer, line);
  return ask(explainer, line.substr(0, blank), {line.substr(blank + 1)});
}

// Hosts that the objects name, hosts below and beside them, and one that nobody names.
std::set<std::string> hosts_of(const controller::Store& store) {
  std::set<std::string> hosts{"nobody.test"};
  for (const auto& [key, ingress] : store.ingresses)
    for (const auto& rule : ingress->rules) {
      const std::string host = rule.host.starts_with("*.") ? "any" + rule.host.substr(1) : rule.host;
      if (host.empty() || !proxy::problem_in_url(host).empty()) continue;
      hosts.insert({host, "below." + host});
    }
  return hosts;
}

// Paths that the objects name, and around them: with a slash, without it, below, and with a letter more.
std::set<std::string> paths_of(const controller::Store& store) {
  std::set<std::string> paths{"/", "/nothing/here", "/healthz", "/%2e%2e/", "/FOO"};
  for (const auto& [key, ingress] : store.ingresses)
    for (const auto& claim : explain::claims_of(*ingress)) {
      std::string path = claim.place.path.substr(0, claim.place.path.find_first_of("([|*+?\\$# "));
      if (!path.starts_with('/')) continue;
      paths.insert({path, path + "/", path + "x", path + "/below/it", "/." + path});
      if (path.size() > 1 && path.back() == '/') paths.insert(path.substr(0, path.size() - 1));
    }
  return paths;
}

template <typename Visit>
void each_question(Visit visit, const std::string& scheme = "http://") {
  for (const fs::path& path : golden::cases()) {
    const golden::Case golden = golden::read_case(path);
    const auto explainer = explainer_of(golden);
    const auto store = test::decode_yaml(golden.text).store;
    const auto paths = paths_of(store);
    for (const std::string& host : hosts_of(store))
      for (const std::string& asked : paths) {
        SCOPED_TRACE(path.string() + " " + scheme + host + asked);
        visit(golden, explainer, store, scheme + host + asked);
      }
  }
}

const controller::kube::Backend* backend_at(const controller::kube::Ingress& ingress, const std::string& field) {
  if (field == "spec.defaultBackend") return &ingress.default_backend;
  std::size_t rule = 0, path = 0;
  if (std::sscanf(field.c_str(), "spec.rules[%zu].http.paths[%zu]", &rule, &path) != 2) return nullptr;
  return &ingress.rules.at(rule).paths.at(path).backend;
}

}  // namespace

TEST(ExplainGolden, EveryQuestionGetsItsAnswer) {
  std::size_t questions = 0;
  for (const fs::path& path : golden::cases()) {
    const golden::Case golden = golden::read_case(path);
    if (golden.asked.empty()) continue;
    SCOPED_TRACE(path.string());
    const auto explainer = explainer_of(golden);
    std::string text;
    boost::json::array objects;
    for (const std::string& line : golden.asked) {
      const auto explanation = ask_line(explainer, line);
      text += "$ weir explain " + line + "\n" + explain::to_text(explanation) + (explanation.is_routed() ? "-> 0\n\n" : "-> 1\n\n");
      objects.push_back(boost::json::parse(explain::to_json(explanation)));
      ++questions;
    }
    const fs::path as_text = fs::path{path}.replace_extension(".explain.txt"), as_json = fs::path{path}.replace_extension(".explain.json");
    if (golden::is_update()) golden::write(as_text, text);
    if (golden::is_update()) golden::write(as_json, golden::pretty(objects));
    EXPECT_EQ(text, golden::read(as_text));
    EXPECT_EQ(golden::pretty(objects), golden::read(as_json));
  }
  EXPECT_GE(questions, 12u);
}

// The winner is the place that the matcher's route was made from, as the objects themselves show.
TEST(ExplainGolden, TheWinnerIsTheMatchers) {
  std::size_t winners = 0, others = 0;
  each_question([&](const golden::Case&, const explain::Explainer& explainer, const controller::Store& store, const std::string& url) {
    const auto explanation = ask(explainer, url);
    std::string path;
    if (!routing::normalize_path(explanation.request.path, path)) {
      EXPECT_FALSE(explanation.winner);
      EXPECT_EQ(explanation.status, 400);
      return;
    }
    const routing::Match match = explainer.snapshot().routes->match({explanation.request.host, path});
    ASSERT_EQ(explanation.winner.has_value(), match.route != nullptr);
    if (match.route == nullptr) return void(++others);
    const routing::RouteOrigin& origin = match.route->origin;
    const explain::Place& place = explanation.winner->place;
    EXPECT_EQ(place.ingress_namespace + "/" + place.ingress_name, origin.ingress_namespace + "/" + origin.ingress_name);
    EXPECT_EQ(place.path, origin.path);
    EXPECT_EQ(explanation.winner->matched_host, match.host->name);
    if (explanation.winner->is_placeholder) {
      EXPECT_EQ(origin.service, "");
      return void(++others);
    }
    const auto* const backend = backend_at(*store.ingresses.at({place.ingress_namespace, place.ingress_name}), place.field);
    ASSERT_NE(backend, nullptr) << place.field;
    EXPECT_EQ(backend->service, place.service);
    const bool is_expression_refused = origin.service.empty();
    if (!is_expression_refused) {
      EXPECT_EQ(backend->service, origin.service);
    }
    const auto* const forward = std::get_if<routing::Forward>(&match.route->action);
    if (forward != nullptr) {
      ASSERT_TRUE(explanation.service);
      const bool is_stand_in = explanation.kind == routing::OutcomeKind::stand_in;
      const std::uint32_t upstream = is_stand_in ? match.route->policies.stand_in->upstream : forward->upstream;
      const auto& group = *explainer.snapshot().upstreams->groups[upstream];
      // A Service that is asked for its stand-in may have none either.
      if (!match.route->policies.stand_in || is_stand_in) {
        EXPECT_EQ(explanation.service->service, group.service);
      }
      EXPECT_EQ(explanation.service->used == 0, explanation.kind == routing::OutcomeKind::reply && explanation.status == 503);
    }
    ++winners;
  });
  EXPECT_GT(winners, 500u);
  EXPECT_GT(others, 50u);
}

TEST(ExplainGolden, EveryOtherPlaceIsACandidateOnce) {
  each_question([&](const golden::Case&, const explain::Explainer& explainer, const controller::Store& store, const std::string& url) {
    const auto explanation = ask(explainer, url);
    if (explanation.normalised_path.empty()) return;
    std::size_t places = 0;
    for (const auto& [key, ingress] : store.ingresses) places += explain::claims_of(*ingress).size();
    std::size_t here = 0;
    std::set<std::string> seen;
    for (const auto& candidate : explanation.candidates.listed) {
      const auto& place = candidate.place;
      here += candidate.loss != explain::Loss::other_host;
      EXPECT_FALSE(candidate.reason.empty());
      EXPECT_TRUE(seen.insert(place.ingress_namespace + "/" + place.ingress_name + place.field + place.host).second) << place.field;
      if (explanation.winner) {
        EXPECT_FALSE(place == explanation.winner->place);
      }
    }
    const bool is_placed = explanation.winner && !explanation.winner->is_placeholder;
    EXPECT_EQ(here + explanation.candidates.left_out + explanation.candidates.of_other_hosts + (is_placed ? 1 : 0), places);
  });
}

// Take the winner's place away, and the first candidate that was merely behind it is next. So the order among losers is the
// matcher's as well.
TEST(ExplainGolden, WithoutTheWinnerTheFirstLoserWins) {
  std::size_t compared = 0;
  each_question([&](const golden::Case& golden, const explain::Explainer& explainer, const controller::Store& store, const std::string& url) {
    const auto before = ask(explainer, url);
    if (!before.winner || before.winner->is_placeholder || before.candidates.listed.empty()) return;
    const auto& next = before.candidates.listed.front();
    const bool is_behind = next.loss == explain::Loss::longer_path || next.loss == explain::Loss::exact_before_prefix ||
                           next.loss == explain::Loss::expression_order || next.loss == explain::Loss::slash_redirect;
    if (!is_behind || next.place.field == "spec.defaultBackend" || before.winner->place.field == "spec.defaultBackend") return;
    controller::Store without = store;
    auto& slot = without.ingresses.at({before.winner->place.ingress_namespace, before.winner->place.ingress_name});
    auto ingress = *slot;
    std::size_t rule = 0, path = 0;
    ASSERT_EQ(std::sscanf(before.winner->place.field.c_str(), "spec.rules[%zu].http.paths[%zu]", &rule, &path), 2);
    auto& paths = ingress.rules.at(rule).paths;
    paths.erase(paths.begin() + static_cast<std::ptrdiff_t>(path));
    slot = std::make_shared<const controller::kube::Ingress>(std::move(ingress));
    const explain::Explainer after{std::move(without), golden.options, {}, golden.answers()};
    const auto explanation = ask(after, url);
    if (explanation.winner && explanation.winner->is_expression != before.winner->is_expression) return;
    ASSERT_TRUE(explanation.winner);
    // Of the same Ingress and rule, later paths have moved up by one; another place that was behind path_taken may come forward.
    const bool is_next = explanation.winner->place.path == next.place.path && explanation.winner->place.service == next.place.service;
    const bool was_taken = std::any_of(before.candidates.listed.begin(), before.candidates.listed.end(), [&](const auto& candidate) {
      return candidate.loss == explain::Loss::path_taken && candidate.place.path == explanation.winner->place.path;
    });
    EXPECT_TRUE(is_next || was_taken) << "expected " << next.place.path << ", got " << explanation.winner->place.path;
    ++compared;
  });
  EXPECT_GT(compared, 20u);
}

// Endpoints that are called used are those of the snapshot, all of them and no others.
TEST(ExplainGolden, TheEndpointsAreTheSnapshots) {
  each_question([&](const golden::Case&, const explain::Explainer& explainer, const controller::Store&, const std::string& url) {
    const auto explanation = ask(explainer, url);
    if (!explanation.service) return;
    std::vector<routing::Endpoint> used;
    for (const auto& endpoint : explanation.service->endpoints) {
      EXPECT_EQ(endpoint.is_used, endpoint.why_not.empty());
      if (endpoint.is_used) used.push_back({endpoint.address, static_cast<std::uint16_t>(endpoint.port)});
    }
    std::sort(used.begin(), used.end());
    const auto& groups = explainer.snapshot().upstreams->groups;
    EXPECT_TRUE(std::any_of(groups.begin(), groups.end(), [&](const auto& group) {
      return group && group->service == explanation.service->service && group->port == explanation.service->port && group->endpoints == used;
    }));
  });
}

TEST(ExplainGolden, TheCertificateIsJudgedByTheTimeGiven) {
  const auto explainer = explainer_of(golden::read_case(fs::path{WEIR_GOLDEN_DIRECTORY} / "explain/tls.yaml"));
  const auto request = proxy::asked_request({"https://a.test/", {}}, *explainer.snapshot().settings);
  const auto at = [&](std::time_t time) { return *explainer.explain(request, https_port, std::chrono::system_clock::from_time_t(time)).certificate; };
  EXPECT_FALSE(at(1'800'000'000).is_expired);
  EXPECT_TRUE(at(5'000'000'000).is_expired);
  EXPECT_TRUE(at(1'000'000'000).is_early);
}

TEST(ExplainGolden, NoLineIsWiderThanATerminalAndNoneHoldsSecrets) {
  each_question([&](const golden::Case&, const explain::Explainer& explainer, const controller::Store& store, const std::string& url) {
    const auto explanation = ask(explainer, url);
    const std::string text = explain::to_text(explanation), json = explain::to_json(explanation);
    std::size_t from = 0;
    for (auto end = text.find('\n'); end != std::string::npos; from = end + 1, end = text.find('\n', from)) {
      const std::string line = text.substr(from, end - from);
      const bool is_one_word = line.find(' ', line.find_first_not_of(' ') + 14) == std::string::npos;
      if (!is_one_word) {
        EXPECT_LE(line.size(), explain::text_columns) << line;
      }
    }
    for (const auto& [key, secret] : store.secrets)
      for (const auto& [name, value] : secret->data)
        if (value.size() > 8) {
          EXPECT_TRUE(text.find(value.substr(0, 64)) == std::string::npos && json.find("PRIVATE KEY") == std::string::npos) << name;
        }
  }, "https://");
}
