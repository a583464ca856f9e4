// Programs as child processes of a test: started without a shell, waited for with a limit, never left behind.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

namespace support {

// Guards against a hang, nothing else: no test passes or fails by how long something took.
inline constexpr std::chrono::seconds hang_limit{60};

// True as soon as `holds` does; false when it still does not after hang_limit.
[[nodiscard]] bool eventually(const std::function<bool()>& holds);

class ChildProcess {
 public:
  // The first word is a path, or a name that is looked for on PATH and among the administrator's programs.
  explicit ChildProcess(const std::vector<std::string>& command);
  ~ChildProcess();  // kills it if it still runs
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  [[nodiscard]] pid_t pid() const noexcept { return pid_; }
  [[nodiscard]] bool has_ended() const;
  void send_signal(int signal) const;
  // The exit code (128 + signal when killed) once it ends; nullopt when it does not within hang_limit.
  [[nodiscard]] std::optional<int> wait_for_exit();

  // What it has written so far to standard output and to standard error.
  [[nodiscard]] std::string output() const;
  [[nodiscard]] std::string errors() const;

 private:
  struct Files;
  std::unique_ptr<Files> files_;
  pid_t pid_ = -1;
  std::optional<int> exit_code_;
};

// Runs a program to its end; exit_code is -1 when it had to be killed for not ending.
struct Finished {
  int exit_code = -1;
  std::string output, errors;
};
[[nodiscard]] Finished run_program(const std::vector<std::string>& command);

}  // namespace support
