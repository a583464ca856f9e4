#include "proxy/explain_request.hpp"

#include "proxy/client_facts.hpp"
#include "proxy/http1/field_id.hpp"
#include "proxy/http1/head_fields.hpp"
#include "proxy/http1/head_parser.hpp"
#include "proxy/worker_config.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <memory>

namespace proxy {
namespace {

struct Url {
  bool is_tls = false;
  std::string_view authority;  // host and port
  std::string target;
};

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

// "" when there is none; "localhost:8080/x" has none.
std::string_view scheme_of(std::string_view url) {
  const std::size_t end = url.find("://");
  return end == url.npos || url.substr(0, end).find_first_of("/?#") != url.npos ? std::string_view{} : url.substr(0, end);
}

Url split(std::string_view url) {
  Url parts;
  if (const auto scheme = scheme_of(url); !scheme.empty()) {
    parts.is_tls = http1::equals_token(scheme, "https");
    url.remove_prefix(scheme.size() + 3);
  }
  url = url.substr(0, url.find('#'));  // no client sends what follows
  const std::size_t end = std::min(url.find_first_of("/?"), url.size());
  parts.authority = url.substr(0, end);
  if (const std::size_t at = parts.authority.rfind('@'); at != std::string_view::npos) parts.authority.remove_prefix(at + 1);
  parts.target = url.substr(end);
  if (!parts.target.starts_with('/')) parts.target.insert(0, "/");
  return parts;
}

std::string head_of(const Url& url, const ExplainOptions& asked) {
  std::string lines;
  bool has_host = false;
  for (const std::string& header : asked.headers) {
    has_host = has_host || http1::equals_token(std::string_view{header}.substr(0, header.find(':')), "host");
    lines.append(header).append("\r\n");
  }
  return fmt::format("GET {} HTTP/1.1\r\n{}{}{}{}\r\n", url.target, has_host ? "" : "Host: ", has_host ? std::string_view{} : url.authority,
                     has_host ? "" : "\r\n", lines);
}

// What a client puts into SNI: no address, no port (RFC 6066, 3).
std::string server_name_of(std::string_view authority) {
  http1::HostStorage storage{};
  const std::string_view host = http1::parse_host(authority, storage);
  const bool is_address = host.starts_with('[') || host.find_first_not_of("0123456789.") == host.npos;
  return std::string{is_address ? std::string_view{} : host};
}

}  // namespace

std::string problem_in_url(std::string_view url) {
  if (std::any_of(url.begin(), url.end(), is_control)) return "holds a control character";
  if (url.find(' ') != url.npos) return "holds a blank, which is written %20";
  const auto scheme = scheme_of(url);
  if (!scheme.empty() && !http1::equals_token(scheme, "http") && !http1::equals_token(scheme, "https"))
    return "has a scheme that is neither http nor https";
  const Url parts = split(url);
  if (parts.authority.empty()) return "has no host";
  http1::HostStorage storage{};
  return http1::parse_host(parts.authority, storage).empty() ? "has no valid host" : "";
}

std::string problem_in_header(std::string_view header) {
  if (std::any_of(header.begin(), header.end(), [](char c) { return is_control(c) && c != '\t'; })) return "holds a control character";
  const std::size_t colon = header.find(':');
  if (colon == header.npos || colon == 0) return "is not of the form 'Name: value'";
  const std::string line = std::string{header} + "\r\n";
  Field field;
  return http1::parse_field(line, field).status == http1::ParseStatus::complete ? "" : "is not a header field";
}

routing::AskedRequest asked_request(const ExplainOptions& asked, const routing::Settings& settings) {
  const Url url = split(asked.url);
  routing::AskedRequest request;
  request.is_tls = url.is_tls;
  request.scheme = url.is_tls ? "https" : "http";
  request.url = fmt::format("{}://{}{}", request.scheme, url.authority, url.target);
  request.server_name = server_name_of(url.authority);

  const std::string bytes = head_of(url, asked);
  const auto head = std::make_unique<RequestHead>();
  http1::HostStorage storage{};
  const http1::ParseResult parsed = http1::parse_request(bytes, head_limits(settings.downstream), *head, storage);
  if (parsed.status != http1::ParseStatus::complete) {
    request.refused_status = parsed.reply_status != 0 ? parsed.reply_status : 431;  // incomplete: larger than any limit
    request.refused_reason = parsed.reply_status != 0 ? parsed.reason : "the head is too large";
    return request;
  }
  std::string joined;
  const ClientFacts client = client_facts(*head, {.is_tls = url.is_tls}, settings.forwarding, joined);
  request.scheme = client.scheme;
  request.host = head->host;
  request.authority = client.host;
  request.target = head->target;
  request.path = head->path;
  request.query = head->query;
  return request;
}

}  // namespace proxy
