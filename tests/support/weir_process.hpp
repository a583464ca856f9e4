// The built program as a child process: what e2e and component tests look at from outside.
//
//   TemporaryDirectory manifests;
//   manifests.write("shop.yaml", ...);
//   WeirProcess weir(manifests.path());
//   ASSERT_TRUE(weir.wait_until_ready()) << weir.output();
//   httplib::Client client("127.0.0.1", weir.http_port());
//   ...
//   EXPECT_EQ(weir.stop(), 0) << weir.output();
#pragma once

#include "tests/support/child_process.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace support {

// A TCP port of 127.0.0.1 that stays ours: the socket is bound but never listens, and lets a program that asks for address
// reuse (every server does) bind the same port. So no other process can be given it between choosing and using it.
class ReservedPort {
 public:
  ReservedPort();  // throws std::runtime_error when the system has none
  ~ReservedPort();
  ReservedPort(const ReservedPort&) = delete;
  ReservedPort& operator=(const ReservedPort&) = delete;
  [[nodiscard]] std::uint16_t number() const noexcept { return number_; }

 private:
  int fd_ = -1;
  std::uint16_t number_ = 0;
};

// Runs the program to its end, e.g. run_weir({"check", "--manifests=…"}).
[[nodiscard]] Finished run_weir(const std::vector<std::string>& arguments);

class WeirProcess {
 public:
  // Serves the manifests with 2 workers on free loopback ports; `flags` are added to these. `runner` are the words of a program
  // that runs it, such as strace; signals and pid() are that program's then.
  // Without a path of manifests the flags have to say where the objects come from.
  explicit WeirProcess(const std::filesystem::path& manifests, const std::vector<std::string>& flags = {},
                       const std::vector<std::string>& runner = {});

  [[nodiscard]] std::uint16_t http_port() const noexcept { return http_.number(); }
  [[nodiscard]] std::uint16_t https_port() const noexcept { return https_.number(); }
  [[nodiscard]] std::uint16_t healthz_port() const noexcept { return healthz_.number(); }
  [[nodiscard]] pid_t pid() const noexcept { return child_.pid(); }

  // What /readyz says now; "" when nobody answers.
  [[nodiscard]] std::string readiness() const;
  // Until /readyz says 200. False when the program ended or hangs.
  [[nodiscard]] bool wait_until_ready();
  void send_signal(int signal) const { child_.send_signal(signal); }
  // The exit code (128 + signal when killed) once it ends; nullopt when it does not within hang_limit.
  [[nodiscard]] std::optional<int> wait_for_exit() { return child_.wait_for_exit(); }
  // SIGTERM and its exit code; -1 when it does not end, and the destructor kills it.
  [[nodiscard]] int stop();

  // What it has written so far: the access log, and everything else.
  [[nodiscard]] std::string access_log() const { return child_.output(); }
  [[nodiscard]] std::string log() const { return child_.errors(); }
  [[nodiscard]] std::string output() const { return access_log() + log(); }

 private:
  [[nodiscard]] std::vector<std::string> command(const std::filesystem::path& manifests, const std::vector<std::string>& flags,
                                                 std::vector<std::string> words) const;

  ReservedPort http_, https_, healthz_;
  ChildProcess child_;
};

}  // namespace support
