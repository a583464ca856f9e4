#include "proxy/reply.hpp"

#include <fmt/format.h>

#include <array>
#include <string>

namespace proxy {

namespace {

constexpr std::uint16_t first_status = 300;
constexpr std::uint16_t last_status = 599;

}  // namespace

std::uint16_t status_for(Failure failure) noexcept {
  switch (failure) {
    case Failure::connect_timeout:
    case Failure::read_timeout:
    case Failure::send_timeout:
      return 504;
    case Failure::no_descriptor:
      return 500;
    case Failure::none:
    case Failure::connect_refused:
    case Failure::send_failed:
    case Failure::closed_early:
    case Failure::reset:
    case Failure::invalid_response:
      break;
  }
  return 502;
}

std::string_view text_of(Failure failure) noexcept {
  switch (failure) {
    case Failure::none: return "no failure";
    case Failure::connect_refused: return "cannot connect";
    case Failure::connect_timeout: return "no connection within proxy-connect-timeout";
    case Failure::no_descriptor: return "no socket for an upstream connection: raise the limit of open files";
    case Failure::send_failed: return "connection broke while the request was sent";
    case Failure::closed_early: return "connection closed before the response head was complete";
    case Failure::reset: return "connection reset before the response head was complete";
    case Failure::invalid_response: return "invalid response";
    case Failure::read_timeout: return "no response within proxy-read-timeout";
    case Failure::send_timeout: return "request not taken within proxy-send-timeout";
  }
  return "";
}

std::string_view reason_phrase(std::uint16_t status) noexcept {
  switch (status) {
    case 100: return "Continue";
    case 101: return "Switching Protocols";
    case 200: return "OK";
    case 204: return "No Content";
    case 301: return "Moved Permanently";
    case 302: return "Moved Temporarily";
    case 303: return "See Other";
    case 307: return "Temporary Redirect";
    case 308: return "Permanent Redirect";
    case 400: return "Bad Request";
    case 401: return "Unauthorized";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Not Allowed";
    case 408: return "Request Time-out";
    case 411: return "Length Required";
    case 413: return "Request Entity Too Large";
    case 414: return "Request-URI Too Large";
    case 417: return "Expectation Failed";
    case 421: return "Misdirected Request";
    case 429: return "Too Many Requests";
    case 431: return "Request Header Fields Too Large";
    case 500: return "Internal Server Error";
    case 501: return "Not Implemented";
    case 502: return "Bad Gateway";
    case 503: return "Service Temporarily Unavailable";
    case 504: return "Gateway Time-out";
    case 505: return "HTTP Version Not Supported";
    default: return "";
  }
}

std::string_view error_page(std::uint16_t status) {
  static const auto pages = [] {
    std::array<std::string, last_status - first_status + 1> made;
    for (std::uint16_t code = first_status; code <= last_status; ++code) {
      const std::string_view phrase = reason_phrase(code);
      const std::string title = phrase.empty() ? std::to_string(code) : fmt::format("{} {}", code, phrase);
      made[code - first_status] = fmt::format(
          "<html>\r\n<head><title>{0}</title></head>\r\n<body>\r\n<center><h1>{0}</h1></center>\r\n<hr><center>weir</center>\r\n"
          "</body>\r\n</html>\r\n",
          title);
    }
    return made;
  }();
  if (status < first_status || status > last_status) return {};
  return pages[status - first_status];
}

}  // namespace proxy
