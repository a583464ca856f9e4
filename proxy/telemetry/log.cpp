#include "proxy/telemetry/log.hpp"

#include "routing/printable.hpp"

#include <fmt/format.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <cstddef>
#include <cstdint>
#include <iterator>
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

// A client's bytes may be in a message: none of them may begin a line of its own or, in JSON, end the string.
std::string escape(std::string_view message, LogForm form) {
  if (form == LogForm::text) return routing::printable(message);
  std::string out;
  out.reserve(message.size() + 8);
  while (!message.empty()) {
    const routing::Character c = routing::first_character(message);
    const std::string_view bytes = message.substr(0, c.bytes ? c.bytes : 1);
    message.remove_prefix(bytes.size());
    if (!c.bytes) fmt::format_to(std::back_inserter(out), "\\\\x{:02x}", static_cast<unsigned char>(bytes[0]));
    else if (routing::is_control(c.code)) fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<std::uint32_t>(c.code));
    else if (c.code == '"' || c.code == '\\') out.append({'\\', bytes[0]});
    else out.append(bytes);
  }
  return out;
}

}  // namespace

Log::Log(Level level, LogForm form) : level_(level), form_(form) {}

void Log::write(Level level, std::string_view message) {
  if (is_enabled(level)) logger_for(form_).log(to_spdlog(level), spdlog::string_view_t{escape(message, form_)});
}

}  // namespace proxy::telemetry
