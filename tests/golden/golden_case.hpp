// The cases of this folder: <feature>/<case>.yaml holds objects; comment lines in it say under which options, and what is asked.
#pragma once

#include "controller/dns_resolver.hpp"
#include "controller/options.hpp"

#include <boost/json/fwd.hpp>

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace golden {

struct Case {
  std::string text;
  controller::Options options;               // "# with: name=value"
  std::map<std::string, std::vector<std::string>> addresses;  // the same: those that DNS has for the name of an ExternalName
  std::vector<std::string> asked;            // "# ask: URL [header]": what `weir explain` is asked

  [[nodiscard]] controller::DnsResolver::Answers answers() const;
};

[[nodiscard]] Case read_case(const std::filesystem::path& path);
[[nodiscard]] std::vector<std::filesystem::path> cases();
[[nodiscard]] std::string read(const std::filesystem::path& path);

// The answers are written anew instead of compared (WEIR_UPDATE_GOLDEN=1): read the difference.
[[nodiscard]] bool is_update();
void write(const std::filesystem::path& path, const std::string& text);

// JSON, broken into lines where it is wide.
[[nodiscard]] std::string pretty(const boost::json::value& value);

}  // namespace golden
