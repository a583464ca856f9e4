// The whole controller without a cluster: <feature>/<case>.yaml holds objects, the .json beside it the snapshot and the
// diagnostics they give. Only what differs from the defaults is written, so that a case shows what it is about.
// Lines "# with: name=value" of a case set options. WEIR_UPDATE_GOLDEN=1 writes the answers anew: read the difference.
#include "controller/manifests/yaml.hpp"
#include "tests/support/translate_yaml.hpp"

#include <boost/json.hpp>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

namespace fs = std::filesystem;
namespace json = boost::json;

namespace {

constexpr std::size_t widest_line = 140;

struct Case {
  std::string text;
  controller::Options options;
  std::map<std::string, std::vector<std::string>> addresses;  // that DNS has for a name

  [[nodiscard]] controller::DnsResolver::Answers answers() const {
    controller::DnsResolver::Answers result;
    for (const auto& [name, list] : addresses) result.emplace(name, controller::DnsResolver::judge(name, list, controller::DnsResolver::Source::dns));
    return result;
  }
};

std::string read(const fs::path& path) {
  std::ostringstream text;
  text << std::ifstream{path, std::ios::binary}.rdbuf();
  return text.str();
}

void set_option(Case& golden, const std::string& name, const std::string& value) {
  auto& options = golden.options;
  if (name == "default-backend-service") options.default_backend_service = value;
  else if (name == "default-ssl-certificate") options.default_ssl_certificate = value;
  else if (name == "disable-catch-all") options.disable_catch_all = value == "true";
  else if (name == "watch-ingress-without-class") options.watch_ingress_without_class = value == "true";
  else golden.addresses[name].push_back(value);  // what the name of an ExternalName resolves to
}

Case read_case(const fs::path& path) {
  Case golden;
  golden.text = read(path);
  if (golden.text.find("kind: ConfigMap") != std::string::npos) golden.options.config_map = "default/conf";
  static const std::string mark = "# with: ";
  std::istringstream lines{golden.text};
  for (std::string line; std::getline(lines, line);) {
    const auto equals = line.find('=');
    if (line.starts_with(mark) && equals != std::string::npos) set_option(golden, line.substr(mark.size(), equals - mark.size()), line.substr(equals + 1));
  }
  return golden;
}

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

void print(const json::value& value, std::string& out, std::size_t depth) {
  const std::string compact = json::serialize(value);
  const bool is_short = compact.size() + 2 * depth < widest_line;
  if (is_short || !(value.is_object() || value.is_array())) {
    out += compact;
    return;
  }
  const std::string indent(2 * depth + 2, ' ');
  const char* separator = "\n";
  out += value.is_object() ? '{' : '[';
  if (const auto* object = value.if_object()) {
    for (const auto& [key, member] : *object) {
      out += separator + indent + json::serialize(json::value(key)) + ": ";
      print(member, out, depth + 1);
      separator = ",\n";
    }
  } else {
    for (const auto& element : value.get_array()) {
      out += separator + indent;
      print(element, out, depth + 1);
      separator = ",\n";
    }
  }
  out += "\n" + std::string(2 * depth, ' ') + (value.is_object() ? "}" : "]");
}

std::string answer_of(const Case& golden) {
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
  std::string out;
  print(snapshot, out, 0);
  return out + "\n";
}

std::vector<fs::path> cases() {
  std::vector<fs::path> found;
  for (const auto& entry : fs::recursive_directory_iterator{WEIR_GOLDEN_DIRECTORY})
    if (entry.path().extension() == ".yaml") found.push_back(entry.path());
  std::sort(found.begin(), found.end());
  return found;
}

}  // namespace

TEST(Golden, EveryCaseGivesItsSnapshot) {
  const bool is_update = std::getenv("WEIR_UPDATE_GOLDEN") != nullptr;
  ASSERT_FALSE(cases().empty());
  for (const fs::path& path : cases()) {
    SCOPED_TRACE(path.string());
    const fs::path expected = fs::path{path}.replace_extension(".json");
    const std::string answer = answer_of(read_case(path));
    if (is_update) std::ofstream{expected, std::ios::binary} << answer;
    EXPECT_EQ(answer, read(expected));
  }
}

TEST(Golden, TheOrderOfDocumentsIsOfNoInterest) {
  for (const fs::path& path : cases()) {
    SCOPED_TRACE(path.string());
    Case golden = read_case(path);
    const auto documents = controller::manifests::split_documents(golden.text);
    std::string reversed;
    for (auto document = documents.rbegin(); document != documents.rend(); ++document) reversed += "---\n" + std::string{document->text} + "\n";
    const auto version = test::translate_yaml(golden.text, golden.options, golden.answers()).snapshot().version;
    EXPECT_EQ(version, test::translate_yaml(reversed, golden.options, golden.answers()).snapshot().version);
  }
}
