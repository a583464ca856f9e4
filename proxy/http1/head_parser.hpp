// Reads request and response heads of HTTP/1.0 and 1.1 in one pass that validates everything: what two parsers could read
// differently is refused here, so nothing behind has to be careful (RFC 9112, 2.2, 3, 5, 6; RFC 9110, 5).
#pragma once

#include "proxy/http1/host.hpp"
#include "proxy/http1/parse_result.hpp"
#include "proxy/message.hpp"

#include <string_view>

namespace proxy::http1 {

// `bytes` starts where the request should; empty lines before it are skipped (RFC 9112, 2.2). Incomplete means: call again
// with more, from the same start; the head limits are checked then too.
[[nodiscard]] ParseResult parse_request(std::string_view bytes, const HeadLimits& limits, RequestHead& head, HostStorage& storage);

// `is_head_request`: the response to HEAD has no body whatever it says.
[[nodiscard]] ParseResult parse_response(std::string_view bytes, const HeadLimits& limits, bool is_head_request, ResponseHead& head);

}  // namespace proxy::http1
