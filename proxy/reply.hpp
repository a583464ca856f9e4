// Answers of our own: error pages and redirects, in ingress-nginx's form. Nothing of the request is reflected in a page.
#pragma once

#include <cstdint>
#include <string_view>

namespace proxy {

// Who made an exchange fail, and how: decides the status and whether another endpoint is tried.
enum class Failure : std::uint8_t {
  none,
  connect_refused,   // upstream: no connection
  connect_timeout,
  no_descriptor,     // us: the system refused a socket
  send_failed,       // upstream: broke before the answer
  closed_early,      // upstream: ended before a complete head
  reset,             // upstream: reset before a complete head
  invalid_response,  // upstream: not HTTP, or ambiguous framing
  read_timeout,
  send_timeout,
};

[[nodiscard]] std::uint16_t status_for(Failure failure) noexcept;
[[nodiscard]] std::string_view text_of(Failure failure) noexcept;  // for the log

// "Not Found"; "" for a code without a registered phrase.
[[nodiscard]] std::string_view reason_phrase(std::uint16_t status) noexcept;
// The HTML page for a status, as nginx words it; made once, static.
[[nodiscard]] std::string_view error_page(std::uint16_t status);

}  // namespace proxy
