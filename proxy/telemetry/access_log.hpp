// One line per request to standard output, gathered per worker and written when 64 KiB are full or a second has passed:
// one system call for hundreds of requests.
#pragma once

#include "proxy/telemetry/log_format.hpp"

#include <string>

namespace proxy::telemetry {

// Owned by one worker thread.
class AccessLog {
 public:
  static constexpr std::size_t buffer_bytes = 64 * 1024;

  // Writes to the process's standard output, through a description of its own: not blocking is then nobody else's business.
  AccessLog();
  explicit AccessLog(int fd);  // takes it over
  ~AccessLog();  // flushes
  void append(const LogFormat& format, const ExchangeRecord& record);
  // Writes what is gathered; whole lines only, so lines of workers never mix. A reader that is too slow or gone loses
  // lines rather than stopping the worker; lost() counts them.
  void flush();
  [[nodiscard]] std::uint64_t lost() const noexcept { return lost_; }

 private:
  int fd_;
  std::string buffer_;
  std::uint64_t lost_ = 0;
};

}  // namespace proxy::telemetry
