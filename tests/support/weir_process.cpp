#include "tests/support/weir_process.hpp"

#include "tests/support/temporary_directory.hpp"

#include <httplib.h>

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace support {
namespace {

using Clock = std::chrono::steady_clock;

// How soon a condition is looked at again.
constexpr std::chrono::milliseconds look_again{5};

std::string read_file(const std::filesystem::path& path) {
  const std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  if (file) text << file.rdbuf();
  return text.str();
}

pid_t spawn(const std::vector<std::string>& arguments, const std::filesystem::path& output, const std::filesystem::path& errors) {
  std::vector<char*> argv;
  for (const auto& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&files, 1, output.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  posix_spawn_file_actions_addopen(&files, 2, errors.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  pid_t pid = -1;
  const int failure = posix_spawn(&pid, argv[0], &files, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&files);
  if (failure != 0) throw std::runtime_error("cannot start " + arguments.front());
  return pid;
}

int exit_code_of(int status) { return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status); }

// Waits on a descriptor of the process, so that its end wakes us. True when it has ended.
bool has_ended_within(pid_t pid, std::chrono::milliseconds limit) {
  const int fd = static_cast<int>(syscall(SYS_pidfd_open, pid, 0));
  if (fd < 0) return true;
  pollfd poll_entry{.fd = fd, .events = POLLIN, .revents = 0};
  const int ready = ::poll(&poll_entry, 1, static_cast<int>(limit.count()));
  close(fd);
  return ready > 0;
}

int reap(pid_t pid) {
  int status = 0;
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  return exit_code_of(status);
}

}  // namespace

ReservedPort::ReservedPort() {
  fd_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int on = 1;
  setsockopt(fd_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  setsockopt(fd_, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  auto* any = reinterpret_cast<sockaddr*>(&address);
  if (fd_ < 0 || bind(fd_, any, length) != 0 || getsockname(fd_, any, &length) != 0) {
    throw std::runtime_error("no free TCP port");
  }
  number_ = ntohs(address.sin_port);
}

ReservedPort::~ReservedPort() { close(fd_); }

bool eventually(const std::function<bool()>& holds) {
  for (const auto deadline = Clock::now() + hang_limit; Clock::now() < deadline;) {
    if (holds()) return true;
    ::poll(nullptr, 0, static_cast<int>(look_again.count()));
  }
  return holds();
}

Finished run_weir(const std::vector<std::string>& arguments) {
  const TemporaryDirectory directory;
  std::vector<std::string> command{WEIR_PROGRAM};
  command.insert(command.end(), arguments.begin(), arguments.end());
  const auto output = directory.path() / "output", errors = directory.path() / "errors";
  const auto pid = spawn(command, output, errors);
  if (!has_ended_within(pid, hang_limit)) kill(pid, SIGKILL);
  const int exit_code = reap(pid);
  return {exit_code, read_file(output), read_file(errors)};
}

struct WeirProcess::Files {
  TemporaryDirectory directory;
  std::filesystem::path output = directory.path() / "access.log", errors = directory.path() / "weir.log";
};

WeirProcess::WeirProcess(const std::filesystem::path& manifests, const std::vector<std::string>& flags)
    : files_(std::make_unique<Files>()) {
  std::vector<std::string> command{WEIR_PROGRAM,
                                   "--manifests=" + manifests.string(),
                                   "--bind-address=127.0.0.1",
                                   "--http-port=" + std::to_string(http_port()),
                                   "--https-port=" + std::to_string(https_port()),
                                   "--healthz-port=" + std::to_string(healthz_port()),
                                   "--healthz-host=127.0.0.1",
                                   "--workers=2"};
  command.insert(command.end(), flags.begin(), flags.end());
  pid_ = spawn(command, files_->output, files_->errors);
}

WeirProcess::~WeirProcess() {
  if (exit_code_) return;
  kill(pid_, SIGKILL);
  reap(pid_);
}

bool WeirProcess::wait_until_ready() {
  httplib::Client client("127.0.0.1", healthz_port());
  bool ended = false;
  const bool done = eventually([&] {
    if (has_ended_within(pid_, std::chrono::milliseconds{0})) return ended = true;
    const auto response = client.Get("/readyz");
    return response && response->status == 200;
  });
  return done && !ended;
}

void WeirProcess::send_signal(int signal) const { kill(pid_, signal); }

std::optional<int> WeirProcess::wait_for_exit() {
  if (!exit_code_ && has_ended_within(pid_, hang_limit)) exit_code_ = reap(pid_);
  return exit_code_;
}

int WeirProcess::stop() {
  if (!exit_code_) send_signal(SIGTERM);
  return wait_for_exit().value_or(-1);  // the destructor kills what did not end
}

std::string WeirProcess::access_log() const { return read_file(files_->output); }

std::string WeirProcess::log() const { return read_file(files_->errors); }

}  // namespace support
