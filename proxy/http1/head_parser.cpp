#include "proxy/http1/head_parser.hpp"

#include "proxy/http1/field_id.hpp"
#include "proxy/http1/head_fields.hpp"
#include "proxy/http1/octets.hpp"

namespace proxy::http1 {

namespace {

constexpr std::size_t max_method_bytes = 32;
constexpr std::size_t max_leading_empty_lines = 4;

// "HTTP/1.1" and "HTTP/1.0"; other minor versions of 1 are answered as 1.1 (RFC 9110, 2.5).
ParseResult read_version(std::string_view text, std::uint8_t& minor) {
  if (text == "HTTP/1.1") {  // nearly always: one comparison
    minor = 1;
    return {ParseStatus::complete, 0, 0, ""};
  }
  if (text.size() != 8 || text.substr(0, 5) != "HTTP/" || text[6] != '.') return refuse(400, "invalid HTTP version");
  const char major = text[5], low = text[7];
  if (major < '0' || major > '9' || low < '0' || low > '9') return refuse(400, "invalid HTTP version");
  if (major != '1') return refuse(505, "HTTP version not supported");
  minor = low == '0' ? 0 : 1;
  return {ParseStatus::complete, 0, 0, ""};
}

// Brings an absolute-form target (RFC 9112, 3.2.2) to origin form; its authority replaces Host.
const char* read_absolute_form(std::string_view target, RequestHead& head) {
  const std::size_t scheme_end = target.find("://");
  if (scheme_end == std::string_view::npos) return "request target is neither a path nor a URL";
  const std::string_view scheme = target.substr(0, scheme_end);
  if (!equals_token(scheme, "http") && !equals_token(scheme, "https")) return "scheme of the request target is not http";
  const std::string_view rest = target.substr(scheme_end + 3);
  const std::size_t authority_end = rest.find_first_of("/?");
  head.authority = rest.substr(0, authority_end);
  if (head.authority.empty()) return "no host in the request target";
  // Of a server as a whole, when OPTIONS asks without a path (RFC 9112, 3.2.4).
  const std::string_view no_path = head.method == "OPTIONS" ? "*" : "/";
  head.target = authority_end == std::string_view::npos ? no_path : rest.substr(authority_end);
  if (head.target[0] == '?') return "no path in the request target";  // "/" would have to be put in: nobody sends this
  return nullptr;
}

ParseResult read_request_line(std::string_view line, RequestHead& head) {
  head.line = line;
  std::size_t at = 0;
  while (at < line.size() && has(line[at], octet::token)) ++at;
  if (at == 0 || at == line.size() || line[at] != ' ') return refuse(400, "invalid method");
  if (at > max_method_bytes) return refuse(501, "method too long");
  head.method = line.substr(0, at);

  const std::size_t target_start = ++at;
  while (at < line.size() && has(line[at], octet::target)) ++at;
  // A backslash is refused in the path only: in a query it means nothing to anybody.
  if (at < line.size() && line[at] == '\\' && line.substr(target_start, at - target_start).find('?') != std::string_view::npos)
    while (at < line.size() && (has(line[at], octet::target) || line[at] == '\\')) ++at;
  if (at == target_start || at == line.size() || line[at] != ' ') return refuse(400, "invalid request target");
  head.target = line.substr(target_start, at - target_start);

  const ParseResult version = read_version(line.substr(at + 1), head.minor_version);
  if (version.status == ParseStatus::refused) return version;
  head.authority = {};
  if (head.method == "CONNECT") return refuse(405, "CONNECT is not supported");
  if (head.method == "TRACE") return refuse(405, "TRACE is not supported");
  if (head.target[0] != '/') {
    if (head.target == "*") {
      if (head.method != "OPTIONS") return refuse(400, "'*' is for OPTIONS only");
    } else if (const char* problem = read_absolute_form(head.target, head)) {
      return refuse(400, problem);
    }
  }
  const std::size_t question = head.target.find('?');
  head.path = head.target.substr(0, question);
  head.query = question == std::string_view::npos ? std::string_view{} : head.target.substr(question);
  if (head.path.empty() || head.path == "*") head.path = "/";
  return {ParseStatus::complete, 0, 0, ""};
}

// HTTP itself, by its name with or without a version (RFC 9110, 16.7), and the "h2c" of RFC 7540.
bool lists_http(std::string_view upgrade) {
  return !each_element(upgrade, [](std::string_view protocol) {
    const std::string_view name = protocol.substr(0, protocol.find('/'));
    return !equals_token(protocol.substr(0, 3), "h2c") && !equals_token(name, "http");
  });
}

// Facts that single fields state about the request as a whole.
ParseResult read_request_fields(RequestHead& head, HostStorage& storage) {
  const Field* host = nullptr;
  head.upgrade = {};
  head.expects_continue = head.accepts_trailers = false;
  for (const Field& field : head.fields.all()) {
    switch (field.id) {
      case FieldId::host:
        if (host) return refuse(400, "more than one Host");
        host = &field;
        break;
      case FieldId::expect:
        if (field.value.empty()) break;  // an empty list expects nothing
        if (!equals_token(field.value, "100-continue")) return refuse(417, "unknown expectation");
        head.expects_continue = head.minor_version >= 1;
        break;
      case FieldId::te:
        each_element(field.value, [&head](std::string_view coding) {
          if (equals_token(coding, "trailers")) head.accepts_trailers = true;
          return true;
        });
        break;
      case FieldId::upgrade:
        head.upgrade = field.value;
        break;
      default:
        break;
    }
  }
  if (!host && head.minor_version >= 1) return refuse(400, "no Host");
  head.host = host ? parse_host(host->value, storage) : std::string_view{};
  if (host && head.host.empty()) return refuse(400, "invalid Host");
  if (head.authority.empty()) {
    if (host) head.authority = host->value;
  } else {
    head.host = parse_host(head.authority, storage);
    if (head.host.empty()) return refuse(400, "invalid host in the request target");
  }
  // An upgrade goes on only as a pair with its connection option, never to HTTP/2: inside that tunnel nobody would look.
  if (!head.connection.upgrade || head.minor_version == 0 || lists_http(head.upgrade)) head.upgrade = {};
  return {ParseStatus::complete, 0, 0, ""};
}

}  // namespace

ParseResult parse_request(std::string_view bytes, const HeadLimits& limits, RequestHead& head, HostStorage& storage) {
  std::size_t at = 0;
  for (std::size_t lines = 0; at < bytes.size() && bytes[at] == '\r'; ++lines) {
    if (lines == max_leading_empty_lines) return refuse(400, "empty lines before the request");
    if (at + 1 == bytes.size()) return incomplete;
    if (bytes[at + 1] != '\n') return refuse(400, "CR without LF");
    at += 2;
  }
  if (at == bytes.size()) return incomplete;
  if (!has(bytes[at], octet::token)) return refuse(400, "invalid method");

  const char* const begin = bytes.data() + at;
  const char* const end = bytes.data() + bytes.size();
  const char* const stop = find_control(bytes.data(), begin, end);
  const std::size_t line_bytes = static_cast<std::size_t>(stop - begin);
  if (line_bytes > limits.max_line_bytes) return refuse(414, "request line too long");
  if (stop == end) return incomplete;
  if (*stop != '\r') return refuse(400, *stop == '\n' ? "LF without CR" : "control character in the request line");
  if (stop + 1 == end) return incomplete;
  if (stop[1] != '\n') return refuse(400, "CR without LF");

  ParseResult line = read_request_line({begin, line_bytes}, head);
  if (line.status == ParseStatus::refused) return line;

  head.connection.clear();
  const FieldsResult fields = read_fields(bytes, at + line_bytes + 2, limits, head.fields, head.connection);
  if (fields.parse.status != ParseStatus::complete) return fields.parse;

  const Framing& framing = fields.framing;
  head.body = BodyKind::none;
  head.content_length = 0;
  if (framing.has_coding) {
    if (!framing.is_chunked) return refuse(501, "transfer coding is not supported");
    if (head.minor_version == 0) return refuse(400, "Transfer-Encoding in an HTTP/1.0 request");
    head.body = BodyKind::chunked;
  } else if (framing.has_length) {
    head.content_length = framing.length;
    head.body = BodyKind::length;
  }
  line = read_request_fields(head, storage);
  if (line.status == ParseStatus::refused) return line;
  return fields.parse;
}

ParseResult parse_response(std::string_view bytes, const HeadLimits& limits, bool is_head_request, ResponseHead& head) {
  const char* const end = bytes.data() + bytes.size();
  const char* const stop = find_control(bytes.data(), bytes.data(), end);
  const std::size_t line_bytes = static_cast<std::size_t>(stop - bytes.data());
  if (line_bytes > limits.max_line_bytes) return refuse(502, "status line too long");
  // Enough to tell that this is no HTTP at all, without waiting for a line end that may never come.
  static constexpr std::string_view expected = "HTTP/1.";
  const std::size_t compare = line_bytes < expected.size() ? line_bytes : expected.size();
  if (bytes.substr(0, compare) != expected.substr(0, compare)) return refuse(502, "not an HTTP/1 response");
  if (stop == end) return incomplete;
  if (*stop != '\r') return refuse(502, "invalid status line");
  if (stop + 1 == end) return incomplete;
  if (stop[1] != '\n') return refuse(502, "invalid status line");

  const std::string_view line = bytes.substr(0, line_bytes);
  // "HTTP/1.1 200" at least; the blank before an empty reason is often left out.
  if (line.size() < 12 || read_version(line.substr(0, 8), head.minor_version).status != ParseStatus::complete || line[8] != ' ' ||
      (line.size() > 12 && line[12] != ' '))
    return refuse(502, "invalid status line");
  unsigned status = 0;
  for (const char c : line.substr(9, 3)) {
    if (c < '0' || c > '9') return refuse(502, "invalid status code");
    status = status * 10 + static_cast<unsigned>(c - '0');
  }
  if (status < 100 || status > 599) return refuse(502, "status code out of range");
  head.status = static_cast<std::uint16_t>(status);
  head.reason = line.size() > 13 ? line.substr(13) : std::string_view{};

  head.connection.clear();
  const FieldsResult fields = read_fields(bytes, line_bytes + 2, limits, head.fields, head.connection);
  if (fields.parse.status == ParseStatus::incomplete) return fields.parse;
  if (fields.parse.status == ParseStatus::refused) return refuse(502, fields.parse.reason);

  const Framing& framing = fields.framing;
  head.has_content_length = framing.has_length;
  head.content_length = framing.length;
  if (status < 200 || status == 204 || status == 304 || is_head_request) {
    head.body = BodyKind::none;
  } else if (framing.has_coding) {
    if (!framing.is_chunked || head.minor_version == 0) return refuse(502, "transfer coding is not supported");
    head.body = BodyKind::chunked;
  } else {
    head.body = framing.has_length ? BodyKind::length : BodyKind::until_close;
  }
  return fields.parse;
}

}  // namespace proxy::http1
