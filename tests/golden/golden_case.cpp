#include "tests/golden/golden_case.hpp"

#include <boost/json.hpp>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <sstream>

namespace golden {

namespace fs = std::filesystem;
namespace json = boost::json;

namespace {

constexpr std::size_t widest_line = 140;

void set_option(Case& golden, const std::string& name, const std::string& value) {
  auto& options = golden.options;
  if (name == "default-backend-service") options.default_backend_service = value;
  else if (name == "default-ssl-certificate") options.default_ssl_certificate = value;
  else if (name == "disable-catch-all") options.disable_catch_all = value == "true";
  else if (name == "watch-ingress-without-class") options.watch_ingress_without_class = value == "true";
  else if (name == "watch-namespace") options.watch_namespace = value;
  else golden.addresses[name].push_back(value);  // what the name of an ExternalName resolves to
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

}  // namespace

controller::DnsResolver::Answers Case::answers() const {
  controller::DnsResolver::Answers result;
  for (const auto& [name, list] : addresses) result.emplace(name, controller::DnsResolver::judge(name, list, controller::DnsResolver::Source::dns));
  return result;
}

std::string read(const fs::path& path) {
  std::ostringstream text;
  text << std::ifstream{path, std::ios::binary}.rdbuf();
  return text.str();
}

Case read_case(const fs::path& path) {
  Case golden;
  golden.text = read(path);
  if (golden.text.find("kind: ConfigMap") != std::string::npos) golden.options.config_map = "default/conf";
  static const std::string with = "# with: ", ask = "# ask: ";
  std::istringstream lines{golden.text};
  for (std::string line; std::getline(lines, line);) {
    const auto equals = line.find('=');
    if (line.starts_with(with) && equals != std::string::npos) set_option(golden, line.substr(with.size(), equals - with.size()), line.substr(equals + 1));
    if (line.starts_with(ask)) golden.asked.push_back(line.substr(ask.size()));
  }
  return golden;
}

std::vector<fs::path> cases() {
  std::vector<fs::path> found;
  for (const auto& entry : fs::recursive_directory_iterator{WEIR_GOLDEN_DIRECTORY})
    if (entry.path().extension() == ".yaml") found.push_back(entry.path());
  std::sort(found.begin(), found.end());
  return found;
}

bool is_update() { return std::getenv("WEIR_UPDATE_GOLDEN") != nullptr; }

void write(const fs::path& path, const std::string& text) { std::ofstream{path, std::ios::binary} << text; }

std::string pretty(const json::value& value) {
  std::string out;
  print(value, out, 0);
  return out + "\n";
}

}  // namespace golden
