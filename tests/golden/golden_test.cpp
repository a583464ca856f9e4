// The whole controller without a cluster: <feature>/<case>.yaml holds objects, the .json beside it the snapshot and the
// diagnostics they give. Only what differs from the defaults is written, so that a case shows what it is about.
// Lines "# with: name=value" of a case set options.
#include "controller/manifests/yaml.hpp"
#include "tests/golden/golden_case.hpp"
#include "tests/support/translate_yaml.hpp"

#include <boost/json.hpp>
#include <gtest/gtest.h>

#include <filesystem>

namespace fs = std::filesystem;
namespace json = boost::json;

namespace {

// Without the members that are as they are by default.
json::object difference(const json::object& value, const json::object& standard) {
  json::object result;
  for (const auto& [key, member] : value) {
    const json::value* const usual = standard.if_contains(key);
    if (usual && *usual == member) continue;
    if (usual && usual->is_object() && member.is_object()) result[key] = difference(member.get_object(), usual->get_object());
    else result[key] = member;
  }
  return result;
}

std::string answer_of(const golden::Case& golden) {
  static const json::object standard = json::parse(routing::to_json(test::translate_yaml("").snapshot())).get_object();
  const json::object& standard_route = standard.at("fallback").get_object();
  const test::Translated result = test::translate_yaml(golden.text, golden.options, golden.answers());
  json::object snapshot = json::parse(routing::to_json(result.snapshot())).get_object();
  snapshot.erase("version");
  json::object& certificates = snapshot["certificates"].get_object();
  const json::value made_at_start = certificates["fallback"];
  if (certificates["fallback_secret"].get_string().empty()) certificates["fallback"] = "generated";
  for (json::value& entry : certificates["entries"].get_array())
    if (entry.at("certificate") == made_at_start) entry.get_object()["certificate"] = "fallback";
  for (json::value& host : snapshot["hosts"].get_array())
    for (json::value& route : host.get_object()["routes"].get_array()) {
      json::value& policies = route.get_object()["policies"];
      policies = difference(policies.get_object(), standard_route.at("policies").get_object());
    }
  snapshot["fallback"] = difference(snapshot["fallback"].get_object(), standard_route);
  snapshot["settings"] = difference(snapshot["settings"].get_object(), standard.at("settings").get_object());
  json::array diagnostics;
  for (const std::string& line : result.diagnostics) diagnostics.emplace_back(line);
  snapshot["diagnostics"] = std::move(diagnostics);
  return golden::pretty(snapshot);
}

}  // namespace

TEST(Golden, EveryCaseGivesItsSnapshot) {
  ASSERT_FALSE(golden::cases().empty());
  for (const fs::path& path : golden::cases()) {
    SCOPED_TRACE(path.string());
    const fs::path expected = fs::path{path}.replace_extension(".json");
    const std::string answer = answer_of(golden::read_case(path));
    if (golden::is_update()) golden::write(expected, answer);
    EXPECT_EQ(answer, golden::read(expected));
  }
}

TEST(Golden, TheOrderOfDocumentsIsOfNoInterest) {
  for (const fs::path& path : golden::cases()) {
    SCOPED_TRACE(path.string());
    const golden::Case golden = golden::read_case(path);
    const auto documents = controller::manifests::split_documents(golden.text);
    std::string reversed;
    for (auto document = documents.rbegin(); document != documents.rend(); ++document) reversed += "---\n" + std::string{document->text} + "\n";
    const auto version = test::translate_yaml(golden.text, golden.options, golden.answers()).snapshot().version;
    EXPECT_EQ(version, test::translate_yaml(reversed, golden.options, golden.answers()).snapshot().version);
  }
}
