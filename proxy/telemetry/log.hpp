// The program's own log (not the access log): one line per event on standard error, text or JSON, through spdlog.
#pragma once

#include <cstdint>
#include <string_view>

namespace proxy::telemetry {

enum class Level { debug, info, warning, error };
enum class LogForm { text, json };

// Thread-safe. Messages arrive formatted (fmt::format at the call site, behind is_enabled() where it costs).
class Log {
 public:
  Log(Level level, LogForm form);
  [[nodiscard]] bool is_enabled(Level level) const noexcept { return level >= level_; }
  void write(Level level, std::string_view message);

  void debug(std::string_view m) { write(Level::debug, m); }
  void info(std::string_view m) { write(Level::info, m); }
  void warning(std::string_view m) { write(Level::warning, m); }
  void error(std::string_view m) { write(Level::error, m); }

 private:
  Level level_;
  LogForm form_;
};

}  // namespace proxy::telemetry
