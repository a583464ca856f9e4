// The program's own log: a message is one line whatever a client put into it.
#include "proxy/telemetry/log.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace proxy::telemetry {
namespace {

// What one message becomes on standard error, without the time, which has a fixed length.
std::string written(LogForm form, Level level, std::string_view message) {
  testing::internal::CaptureStderr();
  Log{Level::info, form}.write(level, message);
  const std::string line = testing::internal::GetCapturedStderr();
  const std::string_view time = form == LogForm::json ? R"({"time":"2026-01-02T03:04:05.678Z",)" : "2026-01-02T03:04:05.678Z ";
  return line.substr(std::min(time.size(), line.size()));
}

TEST(Log, WritesEitherFormInOneProcess) {
  EXPECT_EQ(written(LogForm::text, Level::warning, "slow"), "warning slow\n");
  EXPECT_EQ(written(LogForm::json, Level::warning, "slow"), "\"level\":\"warning\",\"message\":\"slow\"}\n");
  EXPECT_EQ(written(LogForm::text, Level::error, "{} %v"), "error   {} %v\n");
}

TEST(Log, LeavesOutWhatIsBelowItsLevel) {
  EXPECT_EQ(written(LogForm::text, Level::debug, "detail"), "");
  EXPECT_FALSE((Log{Level::warning, LogForm::text}.is_enabled(Level::info)));
}

TEST(Log, EscapesWhatCouldForgeALine) {
  const struct {
    std::string_view message, text, json;
  } cases[] = {
      {"a\nb\r\x1b[0m", R"(a\x0ab\x0d\x1b[0m)", R"(a\u000ab\u000d\u001b[0m)"},
      {std::string_view{"\0\x7f", 2}, R"(\x00\x7f)", R"(\u0000\u007f)"},
      {"say \"\\\"", R"(say "\")", R"(say \"\\\")"},
      {"\xc2\x85 \xe2\x80\xa8 \xe2\x80\xae", R"(\xc2\x85 \xe2\x80\xa8 \xe2\x80\xae)", R"(\u0085 \u2028 \u202e)"},
      {"h\xc3\xa9 \xf0\x9f\x98\x80", "h\xc3\xa9 \xf0\x9f\x98\x80", "h\xc3\xa9 \xf0\x9f\x98\x80"},
      {"\xff \xc3", R"(\xff \xc3)", R"(\\xff \\xc3)"},                  // no UTF-8, and the half of a character
      {"\xc0\x8a \xed\xa0\x80", R"(\xc0\x8a \xed\xa0\x80)", R"(\\xc0\\x8a \\xed\\xa0\\x80)"},  // an overlong line feed, a surrogate
  };
  for (const auto& c : cases) {
    EXPECT_EQ(written(LogForm::text, Level::info, c.message), "info    " + std::string{c.text} + "\n");
    EXPECT_EQ(written(LogForm::json, Level::info, c.message), "\"level\":\"info\",\"message\":\"" + std::string{c.json} + "\"}\n");
  }
}

}  // namespace
}  // namespace proxy::telemetry
