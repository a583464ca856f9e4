#include "controller/kube/api/failure.hpp"

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <fmt/format.h>

#include <algorithm>

namespace controller::kube {

namespace json = boost::json;

namespace {

constexpr std::size_t max_shown = 400;
constexpr std::int64_t longest_asked_wait = 30;  // seconds

Failure::Kind kind_of(unsigned status) {
  switch (status) {
    case 401: return Failure::Kind::unauthorized;
    case 403: return Failure::Kind::forbidden;
    case 410: return Failure::Kind::gone;
    case 429: return Failure::Kind::busy;
    default: break;
  }
  if (status >= 500) return Failure::Kind::busy;
  return status >= 400 ? Failure::Kind::refused : Failure::Kind::malformed;
}

// One line, and nothing that a terminal would obey.
std::string shown(std::string text) {
  if (text.size() > max_shown) text.resize(max_shown);
  std::replace_if(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }, ' ');
  while (text.ends_with(' ')) text.pop_back();
  return text;
}

}  // namespace

Failure failure_of_status(unsigned code, std::string message) {
  Failure failure{kind_of(code), code, "", {}};
  failure.text = message.empty() ? fmt::format("the server answers {}", code) : fmt::format("the server answers {}: {}", code, shown(std::move(message)));
  return failure;
}

Failure failure_of(unsigned status, const std::string& body) {
  boost::system::error_code error;
  const json::value value = json::parse(body, error);
  const json::object* const root = error ? nullptr : value.if_object();
  if (!root) return failure_of_status(status, body);
  const json::value* const message = root->if_contains("message");
  Failure failure = failure_of_status(status, message && message->is_string() ? std::string{message->get_string().data(), message->get_string().size()} : "");
  const json::value* const details = root->if_contains("details");
  const json::value* const wait = details && details->is_object() ? details->get_object().if_contains("retryAfterSeconds") : nullptr;
  if (wait && wait->is_int64()) failure.retry_after = std::chrono::seconds{std::clamp<std::int64_t>(wait->get_int64(), 0, longest_asked_wait)};
  return failure;
}

}  // namespace controller::kube
