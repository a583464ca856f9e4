#include "proxy/telemetry/log.hpp"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <memory>
#include <string>

namespace proxy::telemetry {

namespace {

spdlog::logger& sink(LogForm form) {
  static const auto logger = [form] {
    auto made = std::make_shared<spdlog::logger>("weir", std::make_shared<spdlog::sinks::stderr_sink_mt>());
    made->set_level(spdlog::level::trace);
    made->flush_on(spdlog::level::trace);
    if (form == LogForm::json) made->set_pattern(R"({"time":"%Y-%m-%dT%H:%M:%S.%eZ","level":"%l","message":"%v"})", spdlog::pattern_time_type::utc);
    else made->set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %-7l %v", spdlog::pattern_time_type::utc);
    return made;
  }();
  return *logger;
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

// A client's bytes may be in a message: none of them may begin a line of its own or, in JSON, end the string.
std::string escape(std::string_view message, LogForm form) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string out;
  out.reserve(message.size() + 8);
  for (const char c : message) {
    const auto byte = static_cast<unsigned char>(c);
    if (form == LogForm::json && (c == '"' || c == '\\')) {
      out.push_back('\\');
      out.push_back(c);
    } else if (byte < 0x20 || byte >= 0x7f) {
      out.append(form == LogForm::json ? "\\u00" : "\\x");
      out.push_back(digits[byte >> 4]);
      out.push_back(digits[byte & 15]);
    } else {
      out.push_back(c);
    }
  }
  return out;
}

}  // namespace

Log::Log(Level level, LogForm form) : level_(level), form_(form) {}

void Log::write(Level level, std::string_view message) {
  if (is_enabled(level)) sink(form_).log(to_spdlog(level), escape(message, form_));
}

}  // namespace proxy::telemetry
