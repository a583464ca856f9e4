#include "proxy/telemetry/access_log.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <climits>
#include <map>
#include <mutex>
#include <optional>

namespace proxy::telemetry {

namespace {

constexpr std::chrono::seconds patience_at_end{1};  // for all logs of an output together
constexpr int wanted_pipe_bytes = 1024 * 1024;      // room for a full buffer of several workers; what pipe-max-size allows anybody

}  // namespace

// A descriptor that the logs of several workers write to, one at a time. When it takes only the beginning of a line, the
// end of that line is kept and goes first the next time, whoever comes: so no line begins inside another.
// The descriptor itself stays as it was given: O_NONBLOCK would be seen by everybody who shares it.
class AccessLog::Output {
 public:
  explicit Output(int fd) : fd_(fd) {
    struct stat found {};
    is_file_ = ::fstat(fd, &found) == 0 && S_ISREG(found.st_mode);
    // Where this is refused the pipe keeps its size, and more is lost when it is full.
    if (S_ISFIFO(found.st_mode) && ::fcntl(fd, F_GETPIPE_SZ) < wanted_pipe_bytes) ::fcntl(fd, F_SETPIPE_SZ, wanted_pipe_bytes);
  }

  // The lines of `lines` that were lost.
  [[nodiscard]] std::uint64_t write(std::string_view lines) {
    const std::lock_guard lock{mutex_};
    return write_locked(lines);
  }

  // The same for lines that are the last: a reader that is merely busy is waited for.
  [[nodiscard]] std::uint64_t write_last(std::string_view lines) {
    const std::lock_guard lock{mutex_};
    if (!wait_until_) wait_until_ = std::chrono::steady_clock::now() + patience_at_end;
    is_waiting_ = true;
    const std::uint64_t lost = write_locked(lines);
    is_waiting_ = false;
    return lost;
  }

 private:
  std::uint64_t write_locked(std::string_view lines) {
    if (!begun_.empty()) begun_.erase(0, write_prefix(begun_));
    const std::size_t written = begun_.empty() ? write_prefix(lines) : 0;
    std::string_view rest = lines.substr(written);
    if (written > 0 && lines[written - 1] != '\n') {
      const std::size_t end = std::min(rest.find('\n'), rest.size() - 1) + 1;
      begun_.assign(rest.substr(0, end));
      rest.remove_prefix(end);
    }
    return static_cast<std::uint64_t>(std::count(rest.begin(), rest.end(), '\n'));
  }

  // How many bytes the descriptor took.
  std::size_t write_prefix(std::string_view bytes) {
    std::size_t done = 0;
    while (done < bytes.size()) {
      const ssize_t written = write_once(bytes.substr(done));
      if (written > 0) done += static_cast<std::size_t>(written);
      else if (written == 0 || (errno != EINTR && !(errno == EAGAIN && is_writable_in_time()))) break;
    }
    return done;
  }

  // Never waits for a reader.
  ssize_t write_once(std::string_view bytes) {
    if (is_file_) return ::write(fd_, bytes.data(), bytes.size());
    if (has_nowait_) {
      const iovec part{const_cast<char*>(bytes.data()), bytes.size()};
      const ssize_t written = ::pwritev2(fd_, &part, 1, -1, RWF_NOWAIT);
      if (written >= 0 || (errno != EOPNOTSUPP && errno != ENOSYS && errno != EINVAL)) return written;
      has_nowait_ = false;  // pipes before Linux 6.4, terminals
    }
    // What is writable takes PIPE_BUF bytes at once, and nobody of ours is in between.
    pollfd wanted{fd_, POLLOUT, 0};
    const int ready = ::poll(&wanted, 1, 0);
    if (ready > 0) return ::write(fd_, bytes.data(), std::min<std::size_t>(bytes.size(), PIPE_BUF));
    if (ready == 0) errno = EAGAIN;
    return -1;
  }

  bool is_writable_in_time() {
    if (!is_waiting_) return false;
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(*wait_until_ - std::chrono::steady_clock::now());
    pollfd wanted{fd_, POLLOUT, 0};
    return left.count() > 0 && ::poll(&wanted, 1, static_cast<int>(left.count())) != 0;
  }

  const int fd_;
  bool is_file_ = false;
  std::mutex mutex_;  // guards all below
  std::string begun_;
  bool has_nowait_ = true, is_waiting_ = false;
  std::optional<std::chrono::steady_clock::time_point> wait_until_;
};

// Logs of the same descriptor share their output for as long as one of them lives.
std::shared_ptr<AccessLog::Output> AccessLog::output_of(int fd) {
  static std::mutex mutex;
  static std::map<int, std::weak_ptr<Output>> outputs;
  const std::lock_guard lock{mutex};
  std::weak_ptr<Output>& known = outputs[fd];
  auto output = known.lock();
  if (!output) known = output = std::make_shared<Output>(fd);
  return output;
}

AccessLog::AccessLog() : AccessLog(STDOUT_FILENO) {}

AccessLog::AccessLog(int fd) : output_(output_of(fd)) { buffer_.reserve(buffer_bytes + 8 * 1024); }

AccessLog::~AccessLog() { finish(); }

void AccessLog::append(const LogFormat& format, const ExchangeRecord& record) {
  format.append(record, buffer_);
  if (buffer_.size() >= buffer_bytes) flush();
}

void AccessLog::flush() {
  if (buffer_.empty()) return;
  lost_ += output_->write(buffer_);
  buffer_.clear();
}

void AccessLog::finish() {
  if (buffer_.empty()) return;
  lost_ += output_->write_last(buffer_);
  buffer_.clear();
}

}  // namespace proxy::telemetry
