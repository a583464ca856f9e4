// The URL and headers of `weir explain` as the request that a client would send, read by the parser of the data plane.
#pragma once

#include "routing/asked_request.hpp"
#include "routing/settings.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace proxy {

struct ExplainOptions {
  std::string url;                   // as given
  std::vector<std::string> headers;  // "Name: value", as given
};

// "" or why a URL or a header can mean no request at all ("has a scheme that is neither http nor https").
[[nodiscard]] std::string problem_in_url(std::string_view url);
[[nodiscard]] std::string problem_in_header(std::string_view header);

// Both have to be without problems. The scheme may be left out (http). User and password of the URL are dropped.
[[nodiscard]] routing::AskedRequest asked_request(const ExplainOptions& asked, const routing::Settings& settings);

}  // namespace proxy
