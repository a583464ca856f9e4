#include "proxy/telemetry/access_log.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace proxy::telemetry {

namespace {

int open_standard_output() {
  const int own = ::open("/proc/self/fd/1", O_WRONLY | O_APPEND | O_NONBLOCK | O_CLOEXEC);
  return own >= 0 ? own : ::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);  // a socket cannot be opened again
}

}  // namespace

AccessLog::AccessLog() : AccessLog(open_standard_output()) {}

AccessLog::AccessLog(int fd) : fd_(fd) { buffer_.reserve(buffer_bytes + 8 * 1024); }

AccessLog::~AccessLog() {
  flush();
  if (fd_ >= 0) ::close(fd_);
}

void AccessLog::append(const LogFormat& format, const ExchangeRecord& record) {
  format.append(record, buffer_);
  if (buffer_.size() >= buffer_bytes) flush();
}

void AccessLog::flush() {
  std::string_view rest = buffer_;
  while (!rest.empty()) {
    const ssize_t written = ::write(fd_, rest.data(), rest.size());
    if (written > 0) {
      rest.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno != EINTR) {
      // A reader that is too slow or gone. What stands of a line already begun is written later, so that lines stay whole.
      const std::size_t begun = rest.size() == buffer_.size() ? 0 : rest.find('\n') + 1;
      lost_ += static_cast<std::uint64_t>(std::count(rest.begin() + static_cast<std::ptrdiff_t>(begun), rest.end(), '\n'));
      buffer_.assign(rest.substr(0, begun));
      return;
    }
  }
  buffer_.clear();
}

}  // namespace proxy::telemetry
