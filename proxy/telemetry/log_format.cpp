#include "proxy/telemetry/log_format.hpp"

#include "routing/log_variables.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <ctime>
#include <iterator>
#include <limits.h>
#include <utility>

namespace proxy::telemetry {

namespace {

enum Variable : std::uint16_t {
  nothing, missing, blank, remote_addr, realip_remote_addr, remote_port, remote_user, time_local, time_iso8601, msec, request, status,
  body_bytes_sent, bytes_sent, request_length, request_time, request_method, request_uri, uri, args, is_args, host, scheme, https,
  server_protocol, server_port, server_name, proxy_upstream_name, upstream_addr, upstream_status, upstream_response_length, upstream_bytes_received, upstream_response_time,
  upstream_connect_time, upstream_header_time, req_id, ingress_namespace, ingress_name, service_name, service_port, ingress_path,
  ssl_protocol, ssl_cipher, ssl_server_name, connection, connection_requests, pipe, pid, hostname, proxy_add_x_forwarded_for,
  request_header, upstream_header, sent_header, cookie, argument,
};

struct Name {
  std::string_view name;
  Variable variable;
};

// missing: what nginx has a value for and we never do. blank: set, but to nothing, as ingress-nginx does without a canary.
constexpr Name names[] = {
    {"remote_addr", remote_addr}, {"the_real_ip", remote_addr}, {"binary_remote_addr", remote_addr}, {"realip_remote_addr", realip_remote_addr},
    {"remote_port", remote_port}, {"realip_remote_port", remote_port}, {"remote_user", remote_user}, {"time_local", time_local},
    {"time_iso8601", time_iso8601}, {"msec", msec}, {"request", request}, {"status", status}, {"body_bytes_sent", body_bytes_sent},
    {"bytes_sent", bytes_sent}, {"request_length", request_length}, {"request_time", request_time}, {"request_method", request_method},
    {"request_uri", request_uri}, {"uri", uri}, {"document_uri", uri}, {"args", args}, {"query_string", args}, {"is_args", is_args}, {"host", host},
    {"scheme", scheme}, {"pass_access_scheme", scheme}, {"https", https}, {"server_protocol", server_protocol}, {"server_port", server_port},
    {"pass_server_port", server_port}, {"server_name", server_name}, {"proxy_upstream_name", proxy_upstream_name},
    {"proxy_alternative_upstream_name", blank}, {"upstream_addr", upstream_addr}, {"upstream_status", upstream_status},
    {"upstream_response_length", upstream_response_length}, {"upstream_bytes_received", upstream_bytes_received},
    {"upstream_response_time", upstream_response_time}, {"upstream_connect_time", upstream_connect_time},
    {"upstream_header_time", upstream_header_time}, {"req_id", req_id}, {"request_id", req_id}, {"namespace", ingress_namespace},
    {"ingress_name", ingress_name}, {"service_name", service_name}, {"service_port", service_port}, {"location_path", ingress_path},
    {"ssl_protocol", ssl_protocol}, {"ssl_cipher", ssl_cipher}, {"ssl_server_name", ssl_server_name}, {"connection", connection},
    {"connection_requests", connection_requests}, {"pipe", pipe}, {"pid", pid}, {"hostname", hostname},
    {"proxy_add_x_forwarded_for", proxy_add_x_forwarded_for}, {"proxy_protocol_addr", missing}, {"proxy_protocol_port", missing},
    {"ssl_client_s_dn", missing}, {"ssl_client_i_dn", missing}, {"ssl_client_verify", missing}, {"ssl_client_serial", missing},
    {"ssl_client_fingerprint", missing}, {"upstream_cache_status", missing}, {"gzip_ratio", missing},
};

struct Family {
  std::string_view prefix;
  Variable variable;
};
constexpr Family families[] = {{"upstream_http_", upstream_header}, {"sent_http_", sent_header}, {"http_", request_header},
                               {"cookie_", cookie}, {"arg_", argument}, {"geoip2_", missing}};

struct Alias {
  std::string_view name, header;
};
constexpr Alias aliases[] = {{"best_http_host", "host"}, {"content_type", "content-type"}, {"content_length", "content-length"}};

// What the controller takes for a variable is one, and the other way round.
static_assert(std::size(names) == std::size(routing::log_variables) && std::size(aliases) == std::size(routing::log_header_aliases) &&
              std::size(families) == std::size(routing::log_families));
static_assert(std::all_of(std::begin(names), std::end(names), [](const Name& n) { return routing::is_log_variable(n.name); }));
static_assert(std::all_of(std::begin(aliases), std::end(aliases), [](const Alias& a) { return routing::is_log_variable(a.name); }));
static_assert(std::equal(std::begin(families), std::end(families), std::begin(routing::log_families), [](const Family& f, std::string_view prefix) { return f.prefix == prefix; }));

constexpr char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; }

// `name` is in lower case.
bool is_named(std::string_view text, std::string_view name) {
  return std::equal(text.begin(), text.end(), name.begin(), name.end(), [](char a, char b) { return lower(a) == b; });
}

std::string header_name(std::string_view suffix) {
  std::string name{suffix};
  std::replace(name.begin(), name.end(), '_', '-');
  return name;
}

bool is_credential(std::string_view header) { return header == "authorization" || header == "proxy-authorization"; }

std::uint16_t slot_of(std::vector<std::string>& list, std::string name) {
  const auto found = std::find(list.begin(), list.end(), name);
  if (found != list.end()) return static_cast<std::uint16_t>(found - list.begin());
  list.push_back(std::move(name));
  return static_cast<std::uint16_t>(list.size() - 1);
}

void append_number(std::uint64_t number, std::string& out) {
  char digits[20];
  out.append(digits, std::to_chars(digits, digits + sizeof digits, number).ptr);
}

// Seconds with three decimals, as nginx prints them.
void append_seconds(std::chrono::nanoseconds time, std::string& out) {
  const auto milliseconds = static_cast<std::uint64_t>(std::max<std::int64_t>(0, std::chrono::duration_cast<std::chrono::milliseconds>(time).count()));
  append_number(milliseconds / 1000, out);
  const auto rest = milliseconds % 1000;
  const char decimals[] = {'.', static_cast<char>('0' + rest / 100), static_cast<char>('0' + rest / 10 % 10), static_cast<char>('0' + rest % 10)};
  out.append(decimals, sizeof decimals);
}

// The text of a second, made once a second and thread.
std::string_view date_text(std::chrono::system_clock::time_point at, bool is_iso) {
  thread_local std::time_t second = -1;
  thread_local std::array<std::string, 2> texts;
  const std::time_t now = std::chrono::system_clock::to_time_t(at);
  if (now != second) {
    second = now;
    std::tm local{};
    ::localtime_r(&now, &local);
    texts[0] = fmt::format("{:%d/%b/%Y:%H:%M:%S %z}", local);
    texts[1] = fmt::format("{:%Y-%m-%dT%H:%M:%S%z}", local);
    texts[1].insert(texts[1].size() - 2, ":");
  }
  return texts[is_iso ? 1 : 0];
}

void append_missing(routing::LogEscape escape, std::string& out) {
  if (escape == routing::LogEscape::nginx) out.push_back('-');
}

// A value that is there but empty prints nothing, as in nginx.
void append_escaped(std::string_view value, routing::LogEscape escape, std::string& out) {
  if (value.data() == nullptr) return append_missing(escape, out);
  const auto is_plain = [escape](char c) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte == '"' || byte == '\\') return escape == routing::LogEscape::none;
    if (byte < 0x20) return false;
    return byte < 0x7f || escape != routing::LogEscape::nginx;
  };
  if (std::all_of(value.begin(), value.end(), is_plain)) {
    out.append(value);
    return;
  }
  static constexpr char upper[] = "0123456789ABCDEF";
  for (const char c : value) {
    const auto byte = static_cast<unsigned char>(c);
    if (is_plain(c)) {
      out.push_back(c);
    } else if (escape == routing::LogEscape::json) {
      if (c == '"' || c == '\\') out.append({'\\', c});
      else if (c == '\n') out.append("\\n");
      else if (c == '\r') out.append("\\r");
      else if (c == '\t') out.append("\\t");
      else if (c == '\b') out.append("\\b");
      else if (c == '\f') out.append("\\f");
      else out.append({'\\', 'u', '0', '0', upper[byte >> 4], upper[byte & 15]});
    } else if (escape == routing::LogEscape::none && c != '\n') {
      out.push_back(c);
    } else {
      out.append({'\\', 'x', upper[byte >> 4], upper[byte & 15]});
    }
  }
}

// The value of a base64 digit, or -1.
int digit_of(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  return c == '+' ? 62 : c == '/' ? 63 : -1;
}

// The user name of "Basic <base64 of user:password>". Nothing behind the colon is decoded, so no password is ever here.
void append_user(std::string_view authorization, routing::LogEscape escape, std::string& out) {
  static constexpr std::size_t max_user_bytes = 1024;
  std::array<char, max_user_bytes> user;
  std::size_t length = 0;
  const std::size_t scheme_end = authorization.find(' ');
  if (scheme_end == std::string_view::npos || !is_named(authorization.substr(0, scheme_end), "basic")) return append_missing(escape, out);
  authorization.remove_prefix(std::min(authorization.find_first_not_of(' ', scheme_end), authorization.size()));
  std::uint32_t bits = 0;
  int held = 0;
  for (const char c : authorization) {
    const int digit = digit_of(c);
    if (digit < 0 || length == user.size()) break;
    bits = (bits << 6 | static_cast<std::uint32_t>(digit)) & 0xfff;
    held += 6;
    if (held < 8) continue;
    held -= 8;
    const char decoded = static_cast<char>(bits >> held & 0xff);
    if (decoded == ':') return append_escaped({user.data(), length}, escape, out);
    user[length++] = decoded;
  }
  append_missing(escape, out);
}

std::string_view without_spaces(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

// The value of the first `name=value` between separators; names are compared without regard to case, as nginx does.
std::string_view value_in(std::string_view list, char separator, std::string_view name) {
  while (!list.empty()) {
    const std::size_t end = std::min(list.find(separator), list.size());
    const std::string_view pair = list.substr(0, end);
    const std::size_t equals = pair.find('=');
    if (equals != std::string_view::npos && is_named(without_spaces(pair.substr(0, equals)), name)) return without_spaces(pair.substr(equals + 1));
    list.remove_prefix(std::min(end + 1, list.size()));
  }
  return {};
}

std::string_view query_of(std::string_view target) {
  const std::size_t question = target.find('?');
  return question == std::string_view::npos ? std::string_view{} : target.substr(question + 1);
}

template <typename Append>
void join_attempts(std::span<const Attempt> attempts, routing::LogEscape escape, std::string& out, Append append) {
  if (attempts.empty()) return append_missing(escape, out);
  for (std::size_t i = 0; i < attempts.size(); ++i) {
    if (i) out.append(", ");
    append(attempts[i]);
  }
}

void append_time(std::chrono::nanoseconds time, std::string& out) {
  if (time.count() < 0) out.push_back('-');
  else append_seconds(time, out);
}

std::string_view at(std::span<const std::string_view> slots, std::uint16_t slot) { return slot < slots.size() ? slots[slot] : std::string_view{}; }

std::string_view process_id() {
  static const std::string text = std::to_string(::getpid());
  return text;
}

std::string_view host_name() {
  static const std::string name = [] {
    char text[HOST_NAME_MAX + 1] = "";
    ::gethostname(text, sizeof text - 1);
    return std::string{text};
  }();
  return name;
}

std::string_view server_of(const ExchangeRecord& r) { return r.route && !r.route->origin.host.empty() ? std::string_view{r.route->origin.host} : "_"; }

std::string_view text_of(Variable variable, std::uint16_t slot, std::string_view name, const ExchangeRecord& r) {
  switch (variable) {
    case remote_addr: return r.client_address;
    case realip_remote_addr: return r.peer_address;
    case request: return r.request_line;
    case request_method: return r.method;
    case request_uri: return r.target;
    case uri: return r.normalised_path;
    case args: return query_of(r.target);
    case is_args: return r.target.find('?') == std::string_view::npos ? "" : "?";
    case host: return r.host.empty() ? server_of(r) : r.host;
    case scheme: return r.is_tls ? "https" : "http";
    case https: return r.is_tls ? "on" : "";
    case server_protocol: return r.protocol;
    case server_name: return server_of(r);
    case proxy_upstream_name: return r.upstream_name.empty() ? std::string_view{} : r.upstream_name;
    case req_id: return r.request_id;
    case ingress_namespace: return r.route ? std::string_view{r.route->origin.ingress_namespace} : std::string_view{};
    case ingress_name: return r.route ? std::string_view{r.route->origin.ingress_name} : std::string_view{};
    case service_name: return r.route ? std::string_view{r.route->origin.service} : std::string_view{};
    case service_port: return r.route ? std::string_view{r.route->origin.port} : std::string_view{};
    case ingress_path: return r.route ? std::string_view{r.route->origin.path} : std::string_view{};
    case ssl_protocol: return r.tls_protocol;
    case ssl_cipher: return r.tls_cipher;
    case ssl_server_name: return r.tls_server_name;
    case pipe: return r.pipelined ? "p" : ".";
    case pid: return process_id();
    case hostname: return host_name();
    case request_header: return at(r.request_headers, slot);
    case upstream_header: return at(r.upstream_headers, slot);
    case sent_header: return at(r.sent_headers, slot);
    case cookie: return value_in(at(r.request_headers, slot), ';', name);
    case argument: return value_in(query_of(r.target), '&', name);
    case blank: return "";
    default: return {};
  }
}

// True when the variable is a number or a list, printed without escaping.
bool append_special(Variable variable, std::uint16_t slot, const ExchangeRecord& r, routing::LogEscape escape, std::string& out) {
  switch (variable) {
    case remote_port: append_number(r.client_port, out); return true;
    case server_port: append_number(r.server_port, out); return true;
    case time_local: out.append(date_text(r.finished_at, false)); return true;
    case time_iso8601: out.append(date_text(r.finished_at, true)); return true;
    case msec: append_seconds(r.finished_at.time_since_epoch(), out); return true;
    case status:
      out.append(r.status < 10 ? "00" : r.status < 100 ? "0" : "");
      append_number(r.status, out);
      return true;
    case body_bytes_sent: append_number(r.body_bytes_sent, out); return true;
    case bytes_sent: append_number(r.bytes_sent, out); return true;
    case request_length: append_number(r.request_length, out); return true;
    case request_time: append_seconds(r.request_time, out); return true;
    case connection: append_number(r.connection_serial, out); return true;
    case connection_requests: append_number(r.connection_requests, out); return true;
    case upstream_addr: join_attempts(r.attempts, escape, out, [&out](const Attempt& a) { out.append(a.address.empty() ? "-" : a.address); }); return true;
    case upstream_status:
      join_attempts(r.attempts, escape, out, [&out](const Attempt& a) { a.status ? append_number(a.status, out) : out.push_back('-'); });
      return true;
    case upstream_response_length: join_attempts(r.attempts, escape, out, [&out](const Attempt& a) { append_number(a.response_bytes, out); }); return true;
    case upstream_bytes_received: join_attempts(r.attempts, escape, out, [&out](const Attempt& a) { append_number(a.received_bytes, out); }); return true;
    case upstream_response_time: join_attempts(r.attempts, escape, out, [&out](const Attempt& a) { append_time(a.response_time, out); }); return true;
    case upstream_connect_time: join_attempts(r.attempts, escape, out, [&out](const Attempt& a) { append_time(a.connect_time, out); }); return true;
    case upstream_header_time: join_attempts(r.attempts, escape, out, [&out](const Attempt& a) { append_time(a.header_time, out); }); return true;
    case remote_user: append_user(at(r.request_headers, slot), escape, out); return true;
    case proxy_add_x_forwarded_for:
      if (!r.forwarded_for.empty()) {
        append_escaped(r.forwarded_for, escape, out);
        out.append(", ");
      }
      append_escaped(r.client_address, escape, out);
      return true;
    default: return false;
  }
}

}  // namespace

LogFormat LogFormat::compile(std::string_view format, routing::LogEscape escape) {
  LogFormat made;
  made.escape_ = escape;
  std::string literal;
  const auto is_name = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_'; };
  for (std::size_t i = 0; i < format.size();) {
    if (format[i] != '$') {
      literal.push_back(format[i++]);
      continue;
    }
    const bool braced = format.substr(i + 1, 1) == "{";
    const std::size_t start = i + 1 + braced;
    std::size_t end = start;
    while (end < format.size() && is_name(format[end])) ++end;
    if (end == start || (braced && format.substr(end, 1) != "}")) {
      literal.push_back(format[i++]);
      continue;
    }
    std::string name{format.substr(start, end - start)};
    std::transform(name.begin(), name.end(), name.begin(), lower);
    i = end + braced;
    Piece piece = made.piece_for(name);
    piece.literal = std::exchange(literal, {});
    made.pieces_.push_back(std::move(piece));
  }
  literal.push_back('\n');
  Piece last;
  last.literal = std::move(literal);
  made.pieces_.push_back(std::move(last));
  return made;
}

// Which variable `name` (in lower case) is; what it needs of the heads joins the lists.
LogFormat::Piece LogFormat::piece_for(std::string_view name) {
  Piece piece;
  piece.variable = missing;
  const auto is_it = [name](const auto& known) { return known.name == name; };
  if (const auto known = std::find_if(std::begin(names), std::end(names), is_it); known != std::end(names)) {
    piece.variable = known->variable;
    if (piece.variable == remote_user) piece.slot = slot_of(request_headers_, "authorization");
    return piece;
  }
  if (const auto alias = std::find_if(std::begin(aliases), std::end(aliases), is_it); alias != std::end(aliases)) {
    piece.variable = request_header;
    piece.slot = slot_of(request_headers_, std::string{alias->header});
    return piece;
  }
  const auto begins_it = [name](const Family& f) { return name.size() > f.prefix.size() && name.starts_with(f.prefix); };
  const auto family = std::find_if(std::begin(families), std::end(families), begins_it);
  if (family == std::end(families)) {
    unknown_.emplace_back(name);
    return piece;
  }
  piece.name = name.substr(family->prefix.size());
  std::string header = header_name(piece.name);
  if (family->variable == request_header && is_credential(header)) return piece;  // no matter for a log
  piece.variable = family->variable;
  if (piece.variable == request_header) piece.slot = slot_of(request_headers_, std::move(header));
  if (piece.variable == upstream_header) piece.slot = slot_of(upstream_headers_, std::move(header));
  if (piece.variable == sent_header) piece.slot = slot_of(sent_headers_, std::move(header));
  if (piece.variable == cookie) piece.slot = slot_of(request_headers_, "cookie");
  return piece;
}

void LogFormat::append(const ExchangeRecord& record, std::string& out) const {
  for (const Piece& piece : pieces_) {
    out.append(piece.literal);
    const auto variable = static_cast<Variable>(piece.variable);
    if (variable == nothing || append_special(variable, piece.slot, record, escape_, out)) continue;
    append_escaped(text_of(variable, piece.slot, piece.name, record), escape_, out);
  }
}

}  // namespace proxy::telemetry
