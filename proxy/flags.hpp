// Every flag that is accepted: ours, those of ingress-nginx that are not built yet, and those that mean nothing here.
// One table, so that parsing, help and suggestions cannot disagree.
#pragma once

#include "proxy/options.hpp"

#include <span>
#include <string>
#include <string_view>

namespace proxy {

enum class FlagKind {
  value,    // --name=value or --name value
  boolean,  // --name or --name=false; never two words
};

enum class FlagGroup { source, traffic, selection, defaults, operation, output, unsupported, ignored };

struct Flag {
  std::string_view name;     // without dashes
  FlagKind kind;
  FlagGroup group;
  std::string_view meaning;  // for the help: "PORT  plain HTTP (80)"; empty for ignored ones
  // Puts the value into the options. Returns "" or what is wrong with it ("is not a port").
  std::string (*apply)(Options&, std::string_view value);
};

[[nodiscard]] std::span<const Flag> all_flags() noexcept;

// The known name closest to `name`, "" when none is near.
[[nodiscard]] std::string_view nearest_flag(std::string_view name);

// What no flag may say beside another one; "" when the options are consistent.
[[nodiscard]] std::string conflict_in(const Options&);

}  // namespace proxy
