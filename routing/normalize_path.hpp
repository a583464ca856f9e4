// The form of a path that rules are compared with: percent-decoded, slashes merged, dot segments resolved, as nginx does
// before it picks a location (ingress-nginx 0.4). The upstream still gets the path that the client sent.
#pragma once

#include <string>
#include <string_view>

namespace routing {

// True when `path` is its own normal form (no '%', no "//", no dot segment): the common case, which copies nothing.
[[nodiscard]] bool is_normalised(std::string_view path) noexcept;

// Writes the normal form of `path` (which begins with '/') to `out`. False for what no rule can mean and two parsers could
// read differently: a bad or truncated escape, an encoded NUL, more ".." than there are segments, a bare '?' or '#'. `out`
// may then hold anything. Reuses out's memory.
[[nodiscard]] bool normalize_path(std::string_view path, std::string& out);

}  // namespace routing
