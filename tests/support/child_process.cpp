#include "tests/support/child_process.hpp"

#include "tests/support/temporary_directory.hpp"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <filesystem>
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

// posix_spawnp looks on PATH only, where an ordinary user may not have /usr/sbin.
std::string path_of(const std::string& program) {
  const auto administrators = std::filesystem::path("/usr/sbin") / program;
  const bool is_there = program.find('/') == std::string::npos && std::filesystem::exists(administrators);
  return is_there ? administrators.string() : program;
}

pid_t spawn(const std::vector<std::string>& command, const std::filesystem::path& output, const std::filesystem::path& errors) {
  std::vector<char*> argv;
  for (const auto& word : command) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&files, 1, output.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  posix_spawn_file_actions_addopen(&files, 2, errors.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  pid_t pid = -1;
  const int failure = posix_spawnp(&pid, path_of(command.front()).c_str(), &files, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&files);
  if (failure != 0) throw std::runtime_error("cannot start " + command.front());
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

bool eventually(const std::function<bool()>& holds) {
  for (const auto deadline = Clock::now() + hang_limit; Clock::now() < deadline;) {
    if (holds()) return true;
    ::poll(nullptr, 0, static_cast<int>(look_again.count()));
  }
  return holds();
}

struct ChildProcess::Files {
  TemporaryDirectory directory;
  std::filesystem::path output = directory.path() / "output", errors = directory.path() / "errors";
};

ChildProcess::ChildProcess(const std::vector<std::string>& command)
    : files_(std::make_unique<Files>()), pid_(spawn(command, files_->output, files_->errors)) {}

ChildProcess::~ChildProcess() {
  if (exit_code_) return;
  kill(pid_, SIGKILL);
  reap(pid_);
}

bool ChildProcess::has_ended() const { return exit_code_ || has_ended_within(pid_, std::chrono::milliseconds{0}); }

void ChildProcess::send_signal(int signal) const {
  if (!exit_code_) kill(pid_, signal);
}

std::optional<int> ChildProcess::wait_for_exit() {
  if (!exit_code_ && has_ended_within(pid_, hang_limit)) exit_code_ = reap(pid_);
  return exit_code_;
}

std::string ChildProcess::output() const { return read_file(files_->output); }

std::string ChildProcess::errors() const { return read_file(files_->errors); }

Finished run_program(const std::vector<std::string>& command) {
  ChildProcess child(command);
  const int exit_code = child.wait_for_exit().value_or(-1);
  return {exit_code, child.output(), child.errors()};
}

}  // namespace support
