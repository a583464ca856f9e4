#include "proxy/telemetry/log.hpp"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <cstddef>
#include <memory>
#include <string>

namespace proxy::telemetry {

namespace {

std::shared_ptr<spdlog::logger> make_logger(const char* pattern) {
  auto made = std::make_shared<spdlog::logger>("weir", std::make_shared<spdlog::sinks::stderr_sink_mt>());
  made->set_level(spdlog::level::trace);
  made->flush_on(spdlog::level::trace);
  made->set_pattern(pattern, spdlog::pattern_time_type::utc);
  return made;
}

// One logger per form; both take the console's lock, so lines of either stay whole.
spdlog::logger& logger_for(LogForm form) {
  static const auto text = make_logger("%Y-%m-%dT%H:%M:%S.%eZ %-7l %v");
  static const auto json = make_logger(R"({"time":"%Y-%m-%dT%H:%M:%S.%eZ","level":"%l","message":"%v"})");
  return form == LogForm::json ? *json : *text;
}

spdlog::level::level_enum to_spdlog(Level level) {
  switch (level) {
    case Level::debug: return spdlog::level::debug;
    case Level::info: return spdlog::level::info;
    case Level::warning: return spdlog::level::warn;
    case Level::error: break;
  }
  return spdlog::level::err;
}

struct Character {
  char32_t code = 0;
  std::size_t bytes = 0;  // 0: no UTF-8 stands there
};

// The first character of `text`, which is not empty. Overlong forms and surrogates are no UTF-8 (RFC 3629, 3).
Character first_character(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text[0]);
  if (lead < 0x80) return {lead, 1};
  const std::size_t bytes = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || text.size() < bytes) return {};
  char32_t code = lead & (0xffU >> (bytes + 1));
  for (std::size_t i = 1; i < bytes; ++i) {
    const auto next = static_cast<unsigned char>(text[i]);
    if ((next & 0xc0) != 0x80) return {};
    code = code << 6 | (next & 0x3fU);
  }
  const bool overlong = (bytes == 3 && code < 0x800) || (bytes == 4 && code < 0x10000);
  if (overlong || (code >= 0xd800 && code <= 0xdfff) || code > 0x10ffff) return {};
  return {code, bytes};
}

// What ends a line or rearranges it where it is shown: C0, DEL, C1, the separators and the writing directions of Unicode.
bool is_control(char32_t code) {
  return code < 0x20 || (code >= 0x7f && code <= 0x9f) || (code >= 0x2028 && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069);
}

void append_hex(char32_t value, int digits, std::string& out) {
  while (digits--) out.push_back("0123456789abcdef"[value >> (4 * digits) & 15]);
}

// A client's bytes may be in a message: none of them may begin a line of its own or, in JSON, end the string.
std::string escape(std::string_view message, LogForm form) {
  const bool is_json = form == LogForm::json;
  std::string out;
  out.reserve(message.size() + 8);
  while (!message.empty()) {
    const Character c = first_character(message);
    const std::string_view bytes = message.substr(0, c.bytes ? c.bytes : 1);
    message.remove_prefix(bytes.size());
    if (is_json && c.bytes && is_control(c.code)) {
      out.append("\\u");
      append_hex(c.code, 4, out);
    } else if (!c.bytes || is_control(c.code)) {
      for (const char byte : bytes) {
        out.append(is_json ? "\\\\x" : "\\x");
        append_hex(static_cast<unsigned char>(byte), 2, out);
      }
    } else {
      if (is_json && (c.code == '"' || c.code == '\\')) out.push_back('\\');
      out.append(bytes);
    }
  }
  return out;
}

}  // namespace

Log::Log(Level level, LogForm form) : level_(level), form_(form) {}

void Log::write(Level level, std::string_view message) {
  if (is_enabled(level)) logger_for(form_).log(to_spdlog(level), spdlog::string_view_t{escape(message, form_)});
}

}  // namespace proxy::telemetry
