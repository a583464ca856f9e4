// The grammar of what stands behind a flag: ports, names of objects, durations, booleans. Texts in, values or a reason out.
#pragma once

#include <chrono>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace proxy {

// `error` says what would have been right ("is not a port (1 to 65535)"); "" = `value` holds.
template <typename T>
struct FlagValue {
  T value{};
  std::string error{};
};

[[nodiscard]] FlagValue<bool> parse_bool(std::string_view text);                 // Go's ParseBool, as pflag does
[[nodiscard]] FlagValue<std::uint16_t> parse_port(std::string_view text);
[[nodiscard]] FlagValue<unsigned> parse_count(std::string_view text, unsigned min, unsigned max);
[[nodiscard]] FlagValue<std::chrono::milliseconds> parse_duration(std::string_view text);  // Go's: "1m30s", "500ms", "0"
[[nodiscard]] FlagValue<std::chrono::seconds> parse_seconds(std::string_view text);        // "30", or a Go duration of whole seconds
[[nodiscard]] FlagValue<std::string> parse_object_name(std::string_view text);   // "namespace/name"; "" = none
[[nodiscard]] FlagValue<std::string> parse_namespace(std::string_view text);     // one DNS label; "" = all
[[nodiscard]] FlagValue<std::set<std::string>> parse_published(std::string_view text);  // IPs and DNS names, commas between; as the API takes them
[[nodiscard]] FlagValue<std::vector<std::string>> parse_addresses(std::string_view text);  // numeric, comma between; [v6] or v6

}  // namespace proxy
