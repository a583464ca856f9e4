#include "proxy/http1/head_parser.hpp"

#include "proxy/http1/field_id.hpp"

#include <array>
#include <bit>
#include <cstring>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace proxy::http1 {

namespace {

constexpr std::size_t max_method_bytes = 32;
constexpr std::size_t max_leading_empty_lines = 4;
constexpr std::size_t max_length_digits = 19;  // fits 63 bits with room to detect overflow

enum : std::uint8_t { is_token = 1, is_target = 2, is_hex = 4, is_underscore = 8 };

constexpr std::array<std::uint8_t, 256> make_classes() {
  std::array<std::uint8_t, 256> classes{};
  const auto add = [&classes](std::string_view set, std::uint8_t flag) {
    for (const char c : set) classes[static_cast<unsigned char>(c)] |= flag;
  };
  for (unsigned c = 0; c < 256; ++c) {
    const bool alpha = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    const bool digit = c >= '0' && c <= '9';
    if (alpha || digit) classes[c] |= is_token;
    if (digit || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F')) classes[c] |= is_hex;
    if (c > 0x20 && c < 0x7f) classes[c] |= is_target;
  }
  add("!#$%&'*+-.^_`|~", is_token);
  add("_", is_underscore);
  // A fragment is no part of a request target; some servers read '\' as '/'.
  classes['#'] &= static_cast<std::uint8_t>(~is_target);
  classes['\\'] &= static_cast<std::uint8_t>(~is_target);
  return classes;
}
constexpr auto classes = make_classes();

// The lower-case form of what a host name may hold; 0 for everything else.
constexpr std::array<char, 256> make_host_bytes() {
  std::array<char, 256> lower{};
  for (unsigned c = 'a'; c <= 'z'; ++c) lower[c] = lower[c - 0x20] = static_cast<char>(c);
  for (unsigned c = '0'; c <= '9'; ++c) lower[c] = static_cast<char>(c);
  for (const char c : {'-', '.', '_'}) lower[static_cast<unsigned char>(c)] = c;
  return lower;
}
constexpr auto host_bytes = make_host_bytes();

bool has(char c, std::uint8_t flag) { return (classes[static_cast<unsigned char>(c)] & flag) != 0; }

ParseResult refuse(std::uint16_t status, const char* reason) { return {ParseStatus::refused, 0, status, reason}; }
constexpr ParseResult incomplete{};

bool is_control(char c) { return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f; }

#ifdef __SSE2__
// A bit for each of the sixteen bytes at `p` that is_control().
unsigned control_mask(const char* p) {
  const __m128i chunk = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
  const __m128i low = _mm_cmpeq_epi8(_mm_min_epu8(chunk, _mm_set1_epi8(0x1f)), chunk);
  const __m128i bad = _mm_or_si128(_mm_andnot_si128(_mm_cmpeq_epi8(chunk, _mm_set1_epi8('\t')), low),
                                   _mm_cmpeq_epi8(chunk, _mm_set1_epi8(0x7f)));
  return static_cast<unsigned>(_mm_movemask_epi8(bad));
}
#endif

// First byte of [p, end) that may stand in no field value or start line: a control character other than HTAB, or DEL
// (RFC 9110, 5.5); `end` when there is none. Bytes from `base` on may be read.
const char* find_control(const char* base, const char* p, const char* end) {
#ifdef __SSE2__
  for (; end - p >= 16; p += 16)
    if (const unsigned mask = control_mask(p)) return p + std::countr_zero(mask);
  if (end - base >= 16) {  // the rest, seen from its end
    const unsigned mask = p == end ? 0 : control_mask(end - 16) >> (16 - (end - p));
    return mask ? p + std::countr_zero(mask) : end;
  }
#else
  (void)base;
#endif
  while (p < end && !is_control(*p)) ++p;
  return p;
}

// First byte that is no part of a field name: of letters, digits and '-' by sixteen, of the rest one by one.
inline const char* skip_name(const char* p, const char* end, std::uint8_t& seen) {
#ifdef __SSE2__
  const auto in_range = [](__m128i chunk, char low, char high) {  // bytes from 0x80 on are negative, so below every range
    return _mm_and_si128(_mm_cmpgt_epi8(chunk, _mm_set1_epi8(static_cast<char>(low - 1))),
                         _mm_cmplt_epi8(chunk, _mm_set1_epi8(static_cast<char>(high + 1))));
  };
  for (; end - p >= 16; p += 16) {
    const __m128i chunk = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
    const __m128i letters = in_range(_mm_or_si128(chunk, _mm_set1_epi8(0x20)), 'a', 'z');
    const __m128i others = _mm_or_si128(in_range(chunk, '0', '9'), _mm_cmpeq_epi8(chunk, _mm_set1_epi8('-')));
    const int mask = _mm_movemask_epi8(_mm_or_si128(letters, others)) ^ 0xffff;
    if (mask) {
      p += std::countr_zero(static_cast<unsigned>(mask));
      break;
    }
  }
#endif
  while (p < end) {
    const std::uint8_t flags = classes[static_cast<unsigned char>(*p)];
    if (!(flags & is_token)) break;
    seen |= flags;
    ++p;
  }
  return p;
}

bool is_blank(char c) { return c == ' ' || c == '\t'; }

std::string_view trim(const char* begin, const char* end) {
  while (begin < end && is_blank(*begin)) ++begin;
  while (begin < end && is_blank(end[-1])) --end;
  return {begin, static_cast<std::size_t>(end - begin)};
}

// Calls `visit` for each non-empty element of a comma list; false as soon as it says false.
template <typename Visit>
bool each_element(std::string_view list, Visit visit) {
  while (!list.empty()) {
    const std::size_t comma = list.find(',');
    const std::string_view element = list.substr(0, comma);
    const std::string_view trimmed = trim(element.data(), element.data() + element.size());
    if (!trimmed.empty() && !visit(trimmed)) return false;
    if (comma == std::string_view::npos) break;
    list.remove_prefix(comma + 1);
  }
  return true;
}

bool is_token_text(std::string_view text) {
  for (const char c : text)
    if (!has(c, is_token)) return false;
  return !text.empty();
}

bool read_connection(std::string_view value, ConnectionOptions& options) {
  return each_element(value, [&options](std::string_view option) {
    if (!is_token_text(option)) return false;
    if (equals_token(option, "close")) options.close = true;
    else if (equals_token(option, "keep-alive")) options.keep_alive = true;
    else if (equals_token(option, "upgrade")) options.upgrade = true;
    else if (equals_token(option, "te")) options.te = true;
    else if (options.named_count == ConnectionOptions::max_named) return false;
    else options.named[options.named_count++] = option;
    return true;
  });
}

// Digits only, below 2^63 (RFC 9110, 8.6): no sign, no list, no blank.
bool read_length(std::string_view value, std::uint64_t& length) {
  if (value.empty() || value.size() > max_length_digits) return false;
  std::uint64_t result = 0;
  for (const char c : value) {
    if (c < '0' || c > '9') return false;
    result = result * 10 + static_cast<std::uint64_t>(c - '0');
  }
  length = result;
  return result <= static_cast<std::uint64_t>(INT64_MAX);
}

// Fields that frame or route the message stay whatever Connection says; dropping them would change its meaning.
bool may_be_nominated(FieldId id) {
  return id != FieldId::host && id != FieldId::content_length && id != FieldId::transfer_encoding;
}

void drop_nominated(const ConnectionOptions& options, FieldList& fields) {
  for (std::size_t i = 0; i < options.named_count; ++i) {
    for (Field& field : fields.all()) {
      if (field.name.size() != options.named[i].size() || !may_be_nominated(field.id)) continue;
      bool equal = true;
      for (std::size_t k = 0; k < field.name.size() && equal; ++k)
        equal = (field.name[k] | 0x20) == (options.named[i][k] | 0x20);
      if (equal) field.is_dropped = true;
    }
  }
}

// What the framing fields of a message say together. `seen` counts them.
struct Framing {
  bool has_length = false, has_coding = false, is_chunked = false;
  std::uint64_t length = 0;
};

// nullptr, or why the field makes the message unreadable.
const char* read_framing(const Field& field, Framing& framing) {
  if (field.id == FieldId::content_length) {
    if (framing.has_length) return "more than one Content-Length";
    framing.has_length = true;
    if (!read_length(field.value, framing.length)) return "invalid Content-Length";
  } else if (field.id == FieldId::transfer_encoding) {
    if (framing.has_coding) return "more than one Transfer-Encoding";
    framing.has_coding = true;
    framing.is_chunked = equals_token(field.value, "chunked");
  }
  return nullptr;
}

// Where a field line ended; neither: it is incomplete.
struct Line {
  const char* next = nullptr;
  const char* problem = nullptr;
};

// The empty line at the end gives a field without a name.
inline Line read_line(const char* begin, const char* end, Field& field) {
  if (begin == end) return {};
  if (*begin == '\r') {
    if (end - begin < 2) return {};
    if (begin[1] != '\n') return {nullptr, "CR without LF"};
    field.name = {};
    return {begin + 2, nullptr};
  }
  std::uint8_t seen = 0;
  const char* const colon = skip_name(begin, end, seen);
  if (colon == end) return {};
  if (*colon != ':' || colon == begin) {
    if (is_blank(*begin)) return {nullptr, "folded header line"};
    return {nullptr, is_blank(*colon) ? "blank before the colon of a header" : "invalid header name"};
  }
  const char* const value = colon + 1;
  const char* const stop = find_control(begin, value, end);
  if (stop == end) return {};
  if (*stop != '\r') return {nullptr, *stop == '\n' ? "LF without CR" : "control character in a header value"};
  if (stop + 1 == end) return {};
  if (stop[1] != '\n') return {nullptr, "CR without LF"};
  field.name = {begin, static_cast<std::size_t>(colon - begin)};
  field.line = {begin, static_cast<std::size_t>(stop + 2 - begin)};
  field.is_canonical = stop - value > 1 && *value == ' ' && !is_blank(value[1]) && !is_blank(stop[-1]);
  field.value = field.is_canonical ? std::string_view{value + 1, static_cast<std::size_t>(stop - value - 1)} : trim(value, stop);
  field.id = classify(field.name);
  field.has_underscore = (seen & is_underscore) != 0;
  field.is_dropped = false;
  return {stop + 2, nullptr};
}

// Reads the fields after the start line into `fields` and checks them.
struct FieldsResult {
  ParseResult parse;
  Framing framing;
};

FieldsResult read_fields(std::string_view bytes, std::size_t start, const HeadLimits& limits, FieldList& fields,
                         ConnectionOptions& connection) {
  FieldsResult result;
  fields.count = 0;
  const char* const end = bytes.data() + bytes.size();
  const char* at = bytes.data() + start;
  while (true) {
    if (fields.count == FieldList::max_fields) return {refuse(431, "too many header fields"), {}};
    Field& field = fields.items[fields.count];
    const Line line = read_line(at, end, field);
    if (line.problem) return {refuse(400, line.problem), {}};
    const char* const reached = line.next ? line.next : end;
    if (static_cast<std::size_t>(reached - at) > limits.max_line_bytes) return {refuse(431, "header field too large"), {}};
    if (static_cast<std::size_t>(reached - bytes.data()) > limits.max_head_bytes)
      return {refuse(431, "header section too large"), {}};
    if (!line.next) return {incomplete, {}};
    at = line.next;
    if (field.name.empty()) break;
    ++fields.count;
    if (field.id == FieldId::other) continue;
    if (const char* problem = read_framing(field, result.framing)) return {refuse(400, problem), {}};
    if (field.id == FieldId::connection && !read_connection(field.value, connection))
      return {refuse(400, "invalid Connection"), {}};
  }
  if (result.framing.has_length && result.framing.has_coding)
    return {refuse(400, "both Content-Length and Transfer-Encoding"), {}};
  if (connection.named_count) drop_nominated(connection, fields);
  result.parse = {ParseStatus::complete, static_cast<std::size_t>(at - bytes.data()), 0, ""};
  return result;
}

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
  while (at < line.size() && has(line[at], is_token)) ++at;
  if (at == 0 || at == line.size() || line[at] != ' ') return refuse(400, "invalid method");
  if (at > max_method_bytes) return refuse(501, "method too long");
  head.method = line.substr(0, at);

  const std::size_t target_start = ++at;
  while (at < line.size() && has(line[at], is_target)) ++at;
  // A backslash is refused in the path only: in a query it means nothing to anybody.
  if (at < line.size() && line[at] == '\\' && line.substr(target_start, at - target_start).find('?') != std::string_view::npos)
    while (at < line.size() && (has(line[at], is_target) || line[at] == '\\')) ++at;
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

// ":80", ":" or nothing.
bool is_port(std::string_view text) {
  if (text.size() > 6) return false;
  unsigned number = 0;
  for (const char c : text.substr(text.empty() ? 0 : 1)) {
    if (c < '0' || c > '9') return false;
    number = number * 10 + static_cast<unsigned>(c - '0');
  }
  return number <= 65535;
}

std::string_view read_host(std::string_view authority, HostStorage& storage) {
  std::string_view name = authority;
  std::string_view port;
  if (!name.empty() && name[0] == '[') {  // IP literal
    const std::size_t close = name.find(']');
    if (close == std::string_view::npos || close < 3) return {};
    for (const char c : name.substr(1, close - 1))
      if (!has(c, is_hex) && c != ':' && c != '.') return {};
    port = name.substr(close + 1);
    if (!port.empty() && port[0] != ':') return {};
    name = name.substr(0, close + 1);
  } else if (const void* colon = name.empty() ? nullptr : std::memchr(name.data(), ':', name.size())) {
    const auto at = static_cast<std::size_t>(static_cast<const char*>(colon) - name.data());
    port = name.substr(at);
    name = name.substr(0, at);
  }
  if (!is_port(port)) return {};
  if (!name.empty() && name.back() == '.') name.remove_suffix(1);
  if (name.empty() || name.size() > HostStorage::max_host_bytes) return {};
  if (name[0] == '[') {
    for (std::size_t i = 0; i < name.size(); ++i) storage.bytes[i] = static_cast<char>(name[i] | (name[i] >= 'A' && name[i] <= 'F' ? 0x20 : 0));
    return {storage.bytes, name.size()};
  }
  char previous = '.';
  for (std::size_t i = 0; i < name.size(); ++i) {
    const char c = host_bytes[static_cast<unsigned char>(name[i])];
    if (c == 0 || (c == '.' && previous == '.')) return {};
    storage.bytes[i] = previous = c;
  }
  return {storage.bytes, name.size()};
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

ParseResult parse_field(std::string_view bytes, Field& field) {
  const Line line = read_line(bytes.data(), bytes.data() + bytes.size(), field);
  if (line.problem) return refuse(400, line.problem);
  if (!line.next) return incomplete;
  return {ParseStatus::complete, static_cast<std::size_t>(line.next - bytes.data()), 0, ""};
}

std::string_view parse_host(std::string_view authority, HostStorage& storage) noexcept {
  // Clients ask for the same host again and again: what was found the last time holds for the same bytes.
  if (authority.size() == storage.source_bytes && !authority.empty() && std::memcmp(authority.data(), storage.source, authority.size()) == 0)
    return {storage.bytes, storage.host_bytes};
  storage.source_bytes = 0;
  const std::string_view host = read_host(authority, storage);
  if (!host.empty()) {
    std::memcpy(storage.source, authority.data(), authority.size());
    storage.source_bytes = authority.size();
    storage.host_bytes = host.size();
  }
  return host;
}
ParseResult parse_request(std::string_view bytes, const HeadLimits& limits, RequestHead& head, HostStorage& storage) {
  std::size_t at = 0;
  for (std::size_t lines = 0; at < bytes.size() && bytes[at] == '\r'; ++lines) {
    if (lines == max_leading_empty_lines) return refuse(400, "empty lines before the request");
    if (at + 1 == bytes.size()) return incomplete;
    if (bytes[at + 1] != '\n') return refuse(400, "CR without LF");
    at += 2;
  }
  if (at == bytes.size()) return incomplete;
  if (!has(bytes[at], is_token)) return refuse(400, "invalid method");

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
