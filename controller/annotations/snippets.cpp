#include "controller/annotations/snippets.hpp"

#include <algorithm>
#include <cstddef>
#include <iterator>

namespace controller::annotations {

namespace {

constexpr std::size_t max_shown_bytes = 40;

// Of blocks that only hold other directives, those directives are looked at.
constexpr std::string_view harmless_names[] = {
    "absolute_redirect", "access_log", "add_header", "add_trailer", "aio", "charset", "default_type", "directio", "error_log", "etag", "expires",
    "if", "limit_conn_status", "limit_conn_zone", "limit_req_status", "limit_req_zone", "location", "log_format", "map_hash_bucket_size", "map_hash_max_size", "merge_slashes", "more_clear_headers", "more_clear_input_headers",
    "more_set_headers", "more_set_input_headers", "opentelemetry", "output_buffers", "port_in_redirect", "rewrite_log", "root", "sendfile",
    "send_timeout", "server_name_in_redirect", "server_tokens", "set", "tcp_nodelay", "tcp_nopush", "underscores_in_headers", "upstream"};
constexpr std::string_view harmless_prefixes[] = {"brotli", "chunked_", "client_", "grpc_", "gunzip", "gzip", "http2_", "keepalive_", "large_client_",
                                                  "open_file_", "opentelemetry_", "opentracing", "proxy_", "resolver", "ssi", "sub_filter", "ssl_buffer_size", "ssl_ciphers", "ssl_conf_", "ssl_dhparam", "ssl_early_data", "ssl_ecdh_", "ssl_prefer_",
                                                  "ssl_protocols", "ssl_session_", "ssl_stapling", "variables_hash_", "worker_",
                                                  "zipkin_"};
// Tables of values, in which no directives stand, and other servers than ours.
constexpr std::string_view tables[] = {"geo", "map", "server", "split_clients", "types"};

bool is_harmless(std::string_view name) {
  return std::find(std::begin(harmless_names), std::end(harmless_names), name) != std::end(harmless_names) ||
         std::any_of(std::begin(harmless_prefixes), std::end(harmless_prefixes), [name](std::string_view prefix) { return name.starts_with(prefix); });
}

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

// Walks over the text as nginx's reader of files does: words, quotes, comments, ';', '{' and '}'.
class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  // The name that begins the next statement; "" at the end.
  std::string_view next_name() {
    at_ = std::min(at_, text_.size());
    while (at_ < text_.size()) {
      if (text_[at_] == '#') skip_comment();
      else if (is_blank(text_[at_]) || text_[at_] == ';' || text_[at_] == '{' || text_[at_] == '}') ++at_;
      else break;
    }
    const std::size_t start = at_;
    while (at_ < text_.size() && !is_blank(text_[at_]) && text_[at_] != ';' && text_[at_] != '{' && text_[at_] != '}' && text_[at_] != '(') ++at_;
    return text_.substr(start, std::max(at_ - start, std::size_t{at_ < text_.size()}));
  }
  // The rest of the statement up to its end or to the block that it opens; true when it opens one.
  bool skip_arguments() {
    for (; at_ < text_.size(); ++at_) {
      const char c = text_[at_];
      if (c == '\\') ++at_;
      else if (c == '"' || c == '\'') skip_quoted(c);
      else if (c == '#' && is_blank(text_[at_ - 1])) skip_comment();
      else if (c == ';' || c == '}') return false;
      else if (c == '{' && is_blank(text_[at_ - 1])) return true;  // not the count of an expression
      else if (c == '{' && text_[at_ - 1] == ')') return true;
    }
    return false;
  }
  void skip_block() {
    int depth = 0;
    for (; at_ < text_.size(); ++at_) {
      const char c = text_[at_];
      if (c == '"' || c == '\'') skip_quoted(c);
      else if (c == '#') skip_comment();
      else if (c == '{') ++depth;
      else if (c == '}' && --depth == 0) return;
    }
  }

 private:
  // Stops at the end of the line, which is a blank.
  void skip_comment() { at_ = std::min(text_.find('\n', at_), text_.size()); }
  void skip_quoted(char quote) {
    for (++at_; at_ < text_.size() && text_[at_] != quote; ++at_)
      if (text_[at_] == '\\') ++at_;
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace

std::string first_guarding_directive(std::string_view snippet) {
  Reader reader{snippet};
  for (std::string_view name = reader.next_name(); !name.empty(); name = reader.next_name()) {
    const bool is_table = std::find(std::begin(tables), std::end(tables), name) != std::end(tables);
    if (!is_table && !is_harmless(name)) return std::string{name.substr(0, max_shown_bytes)};
    if (reader.skip_arguments() && is_table) reader.skip_block();
  }
  return {};
}

}  // namespace controller::annotations
