// One line per request to standard output, gathered per worker and written when 64 KiB are full or a second has passed:
// one system call for hundreds of requests.
#pragma once

#include "proxy/telemetry/log_format.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

namespace proxy::telemetry {

// Owned by one worker thread.
class AccessLog {
 public:
  static constexpr std::size_t buffer_bytes = 64 * 1024;

  AccessLog();                 // to the process's standard output
  explicit AccessLog(int fd);  // the caller's; several logs may share it
  AccessLog(const AccessLog&) = delete;
  AccessLog& operator=(const AccessLog&) = delete;
  ~AccessLog();  // finishes
  void append(const LogFormat& format, const ExchangeRecord& record);
  // Writes what is gathered and never waits. Lines stay whole, also among those of other workers on the same descriptor.
  // A reader that is too slow or gone loses lines rather than stopping the worker; lost() counts them.
  void flush();
  // The same for lines that are the last: here a busy reader is waited for, a second at most for all logs of a descriptor
  // together.
  void finish();
  [[nodiscard]] std::uint64_t lost() const noexcept { return lost_; }

 private:
  class Output;
  [[nodiscard]] static std::shared_ptr<Output> output_of(int fd);

  std::shared_ptr<Output> output_;
  std::string buffer_;
  std::uint64_t lost_ = 0;
};

}  // namespace proxy::telemetry
