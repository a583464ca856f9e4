#include "proxy/telemetry/log_format.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <openssl/evp.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <ctime>
#include <iterator>
#include <limits.h>

namespace proxy::telemetry {

namespace {

enum Variable : std::uint16_t {
  nothing, empty_value, remote_addr, realip_remote_addr, remote_port, remote_user, time_local, time_iso8601, msec, request, status,
  body_bytes_sent, bytes_sent, request_length, request_time, request_method, request_uri, uri, args, is_args, host, scheme, https,
  server_protocol, server_port, server_name, proxy_upstream_name, upstream_addr, upstream_status, upstream_response_length, upstream_response_time,
  upstream_connect_time, upstream_header_time, req_id, ingress_namespace, ingress_name, service_name, service_port, ingress_path,
  ssl_protocol, ssl_cipher, ssl_server_name, connection, connection_requests, pipe, pid, hostname, proxy_add_x_forwarded_for,
  request_header, upstream_header, sent_header, cookie, argument,
};

struct Name {
  std::string_view name;
  Variable variable;
};

constexpr Name names[] = {
    {"remote_addr", remote_addr}, {"the_real_ip", remote_addr}, {"binary_remote_addr", remote_addr}, {"realip_remote_addr", realip_remote_addr},
    {"remote_port", remote_port}, {"realip_remote_port", remote_port}, {"remote_user", remote_user}, {"time_local", time_local},
    {"time_iso8601", time_iso8601}, {"msec", msec}, {"request", request}, {"status", status}, {"body_bytes_sent", body_bytes_sent},
    {"bytes_sent", bytes_sent}, {"request_length", request_length}, {"request_time", request_time}, {"request_method", request_method},
    {"request_uri", request_uri}, {"uri", uri}, {"document_uri", uri}, {"args", args}, {"query_string", args}, {"is_args", is_args}, {"host", host},
    {"scheme", scheme}, {"pass_access_scheme", scheme}, {"https", https}, {"server_protocol", server_protocol}, {"server_port", server_port},
    {"pass_server_port", server_port}, {"server_name", server_name}, {"proxy_upstream_name", proxy_upstream_name},
    {"proxy_alternative_upstream_name", empty_value}, {"upstream_addr", upstream_addr}, {"upstream_status", upstream_status},
    {"upstream_response_length", upstream_response_length}, {"upstream_bytes_received", upstream_response_length},
    {"upstream_response_time", upstream_response_time}, {"upstream_connect_time", upstream_connect_time},
    {"upstream_header_time", upstream_header_time}, {"req_id", req_id}, {"request_id", req_id}, {"namespace", ingress_namespace},
    {"ingress_name", ingress_name}, {"service_name", service_name}, {"service_port", service_port}, {"location_path", ingress_path},
    {"ssl_protocol", ssl_protocol}, {"ssl_cipher", ssl_cipher}, {"ssl_server_name", ssl_server_name}, {"connection", connection},
    {"connection_requests", connection_requests}, {"pipe", pipe}, {"pid", pid}, {"hostname", hostname},
    {"proxy_add_x_forwarded_for", proxy_add_x_forwarded_for}, {"proxy_protocol_addr", empty_value}, {"proxy_protocol_port", empty_value},
    {"ssl_client_s_dn", empty_value}, {"ssl_client_i_dn", empty_value}, {"ssl_client_verify", empty_value}, {"ssl_client_serial", empty_value},
    {"ssl_client_fingerprint", empty_value}, {"geoip2_city_country_code", empty_value}, {"geoip2_country_code", empty_value},
    {"upstream_cache_status", empty_value}, {"gzip_ratio", empty_value},
};

struct Family {
  std::string_view prefix;
  Variable variable;
};
constexpr Family families[] = {{"upstream_http_", upstream_header}, {"sent_http_", sent_header}, {"http_", request_header}, {"cookie_", cookie}, {"arg_", argument}};

std::string header_name(std::string_view suffix) {
  std::string name{suffix};
  for (char& c : name) c = c == '_' ? '-' : static_cast<char>(c >= 'A' && c <= 'Z' ? c | 0x20 : c);
  return name;
}

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

void append_escaped(std::string_view value, routing::LogEscape escape, std::string& out) {
  if (value.data() == nullptr || value.empty()) {
    if (escape == routing::LogEscape::nginx) out.push_back('-');
    return;
  }
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
      else out.append({'\\', 'u', '0', '0', upper[byte >> 4], upper[byte & 15]});
    } else if (escape == routing::LogEscape::none && c != '\n') {
      out.push_back(c);
    } else {
      out.append({'\\', 'x', upper[byte >> 4], upper[byte & 15]});
    }
  }
}

// The user name of "Basic <base64 of user:password>"; nothing else of it is kept.
std::string user_of(std::string_view authorization) {
  static constexpr std::size_t max_bytes = 1024;
  if (authorization.size() < 6 || authorization.size() > max_bytes || (authorization[0] | 0x20) != 'b' || authorization.substr(1, 5) != "asic ") return {};
  std::string_view text = authorization.substr(6);
  while (text.starts_with(' ')) text.remove_prefix(1);
  if (text.size() % 4) return {};
  std::string decoded(text.size(), '\0');
  const int bytes = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(decoded.data()), reinterpret_cast<const unsigned char*>(text.data()), static_cast<int>(text.size()));
  const std::size_t colon = bytes < 0 ? std::string::npos : decoded.substr(0, static_cast<std::size_t>(bytes)).find(':');
  const std::string user = colon == std::string::npos ? std::string{} : decoded.substr(0, colon);
  std::fill(decoded.begin(), decoded.end(), '\0');
  return user;
}

std::string_view cookie_of(std::string_view cookies, std::string_view name) {
  while (!cookies.empty()) {
    const std::size_t end = std::min(cookies.find(';'), cookies.size());
    std::string_view pair = cookies.substr(0, end);
    while (pair.starts_with(' ')) pair.remove_prefix(1);
    if (pair.size() > name.size() && pair.starts_with(name) && pair[name.size()] == '=') return pair.substr(name.size() + 1);
    cookies.remove_prefix(std::min(end + 1, cookies.size()));
  }
  return {};
}

std::string_view query_of(std::string_view target) {
  const std::size_t question = target.find('?');
  return question == std::string_view::npos ? std::string_view{} : target.substr(question + 1);
}

std::string_view argument_of(std::string_view query, std::string_view name) {
  while (!query.empty()) {
    const std::size_t end = std::min(query.find('&'), query.size());
    const std::string_view pair = query.substr(0, end);
    if (pair.size() > name.size() && pair.starts_with(name) && pair[name.size()] == '=') return pair.substr(name.size() + 1);
    query.remove_prefix(std::min(end + 1, query.size()));
  }
  return {};
}

template <typename Append>
void join_attempts(std::span<const Attempt> attempts, std::string& out, Append append) {
  if (attempts.empty()) {
    out.push_back('-');
    return;
  }
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

std::string_view text_of(Variable variable, std::uint16_t slot, std::string_view name, const ExchangeRecord& r) {
  static const std::string process_id = std::to_string(::getpid());
  static const std::string host_name = [] {
    char text[HOST_NAME_MAX + 1] = "";
    ::gethostname(text, sizeof text - 1);
    return std::string{text};
  }();
  switch (variable) {
    case remote_addr: return r.client_address;
    case realip_remote_addr: return r.peer_address;
    case request: return r.request_line;
    case request_method: return r.method;
    case request_uri: return r.target;
    case uri: return r.normalised_path;
    case args: return query_of(r.target);
    case is_args: return r.target.find('?') == std::string_view::npos ? std::string_view{} : "?";
    case host: return r.host;
    case scheme: return r.is_tls ? "https" : "http";
    case https: return r.is_tls ? "on" : std::string_view{};
    case server_protocol: return r.protocol;
    case server_name: return r.route && !r.route->origin.host.empty() ? std::string_view{r.route->origin.host} : "_";
    case proxy_upstream_name: return r.upstream_name;
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
    case pid: return process_id;
    case hostname: return host_name;
    case request_header: return at(r.request_headers, slot);
    case upstream_header: return at(r.upstream_headers, slot);
    case sent_header: return at(r.sent_headers, slot);
    case cookie: return cookie_of(at(r.request_headers, slot), name);
    case argument: return argument_of(query_of(r.target), name);
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
    case status: append_number(r.status, out); return true;
    case body_bytes_sent: append_number(r.body_bytes_sent, out); return true;
    case bytes_sent: append_number(r.bytes_sent, out); return true;
    case request_length: append_number(r.request_length, out); return true;
    case request_time: append_seconds(r.request_time, out); return true;
    case connection: append_number(r.connection_serial, out); return true;
    case connection_requests: append_number(r.connection_requests, out); return true;
    case upstream_addr: join_attempts(r.attempts, out, [&out](const Attempt& a) { out.append(a.address.empty() ? "-" : a.address); }); return true;
    case upstream_status:
      join_attempts(r.attempts, out, [&out](const Attempt& a) { a.status ? append_number(a.status, out) : out.push_back('-'); });
      return true;
    case upstream_response_length: join_attempts(r.attempts, out, [&out](const Attempt& a) { append_number(a.response_bytes, out); }); return true;
    case upstream_response_time: join_attempts(r.attempts, out, [&out](const Attempt& a) { append_time(a.response_time, out); }); return true;
    case upstream_connect_time: join_attempts(r.attempts, out, [&out](const Attempt& a) { append_time(a.connect_time, out); }); return true;
    case upstream_header_time: join_attempts(r.attempts, out, [&out](const Attempt& a) { append_time(a.header_time, out); }); return true;
    case remote_user: append_escaped(user_of(at(r.request_headers, slot)), escape, out); return true;
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
    const std::string_view name = format.substr(start, end - start);
    i = end + braced;
    Piece piece;
    piece.literal = std::exchange(literal, {});
    const auto known = std::find_if(std::begin(names), std::end(names), [name](const Name& n) { return n.name == name; });
    const auto family = std::find_if(std::begin(families), std::end(families), [name](const Family& f) { return name.size() > f.prefix.size() && name.starts_with(f.prefix); });
    if (known != std::end(names)) {
      piece.variable = known->variable;
      if (piece.variable == remote_user) piece.slot = slot_of(made.request_headers_, "authorization");
    } else if (family != std::end(families)) {
      const std::string_view suffix = name.substr(family->prefix.size());
      piece.variable = family->variable;
      piece.name = suffix;
      if (piece.variable == request_header) piece.slot = slot_of(made.request_headers_, header_name(suffix));
      if (piece.variable == upstream_header) piece.slot = slot_of(made.upstream_headers_, header_name(suffix));
      if (piece.variable == sent_header) piece.slot = slot_of(made.sent_headers_, header_name(suffix));
      if (piece.variable == cookie) piece.slot = slot_of(made.request_headers_, "cookie");
      // The credentials themselves are no matter for a log.
      if (piece.variable == request_header && (header_name(suffix) == "authorization" || header_name(suffix) == "proxy-authorization")) piece.variable = empty_value;
    } else {
      made.unknown_.emplace_back(name);
      piece.variable = empty_value;
    }
    made.pieces_.push_back(std::move(piece));
  }
  literal.push_back('\n');
  Piece last;
  last.literal = std::move(literal);
  made.pieces_.push_back(std::move(last));
  return made;
}

void LogFormat::append(const ExchangeRecord& record, std::string& out) const {
  for (const Piece& piece : pieces_) {
    out.append(piece.literal);
    const auto variable = static_cast<Variable>(piece.variable);
    if (variable == nothing || append_special(variable, piece.slot, record, escape_, out)) continue;
    // An absent alternative upstream is empty between its brackets, as ingress-nginx prints it.
    if (variable == empty_value && piece.literal.ends_with('[')) continue;
    append_escaped(text_of(variable, piece.slot, piece.name, record), escape_, out);
  }
}

}  // namespace proxy::telemetry
