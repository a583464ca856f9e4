// The grammar that ingress-nginx's annotations and ConfigMap values share (ingress-nginx 0.1). All are total: no value throws.
#pragma once

#include "routing/policies/retry.hpp"
#include "routing/settings.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace controller::annotations {

// Go's ParseBool: 1 t T TRUE true True 0 f F FALSE false False.
[[nodiscard]] std::optional<bool> parse_bool(std::string_view text);
// Decimal with optional sign; no blanks, no unit.
[[nodiscard]] std::optional<std::int64_t> parse_int(std::string_view text);
// Digits with an optional b, k, m or g.
[[nodiscard]] std::optional<std::uint64_t> parse_size(std::string_view text);
// Seconds as a plain number, or with nginx's unit s, m, h, d (ConfigMap values such as 240s).
[[nodiscard]] std::optional<std::int64_t> parse_seconds(std::string_view text);
// "error timeout http_502 ..."; nothing for an unknown word. "off" is none.
[[nodiscard]] std::optional<routing::RetryOn> parse_retry_conditions(std::string_view text);
// Comma list of CIDRs and addresses.
[[nodiscard]] std::optional<std::vector<routing::AddressRange>> parse_ranges(std::string_view text);
// Comma list, trimmed, without empty elements.
[[nodiscard]] std::vector<std::string> split_list(std::string_view text);
[[nodiscard]] std::string_view trim(std::string_view text);
[[nodiscard]] std::string to_lower(std::string_view text);

}  // namespace controller::annotations
