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

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

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

// Guards against a hang, nothing else: no test passes or fails by how long something took.
inline constexpr std::chrono::seconds hang_limit{60};

// True as soon as `holds` does; false when it still does not after hang_limit.
[[nodiscard]] bool eventually(const std::function<bool()>& holds);

// Runs a program and gives its exit code (128 + signal when killed) and what it wrote to standard output and error.
struct Finished {
  int exit_code = -1;
  std::string output, errors;
};
[[nodiscard]] Finished run_weir(const std::vector<std::string>& arguments);

class WeirProcess {
 public:
  // Serves the manifests with 2 workers on free loopback ports; `flags` are added to these.
  explicit WeirProcess(const std::filesystem::path& manifests, const std::vector<std::string>& flags = {});
  ~WeirProcess();  // kills it if it still runs
  WeirProcess(const WeirProcess&) = delete;
  WeirProcess& operator=(const WeirProcess&) = delete;

  [[nodiscard]] std::uint16_t http_port() const noexcept { return http_.number(); }
  [[nodiscard]] std::uint16_t https_port() const noexcept { return https_.number(); }
  [[nodiscard]] std::uint16_t healthz_port() const noexcept { return healthz_.number(); }
  [[nodiscard]] pid_t pid() const noexcept { return pid_; }

  // Until /readyz says 200. False when the program ended or hangs.
  [[nodiscard]] bool wait_until_ready();
  void send_signal(int signal) const;
  // The exit code (128 + signal when killed) once it ends; nullopt when it does not within hang_limit.
  [[nodiscard]] std::optional<int> wait_for_exit();
  // SIGTERM and its exit code; kills it and gives -1 when it does not end.
  [[nodiscard]] int stop();

  // What it has written so far: the access log, and everything else.
  [[nodiscard]] std::string access_log() const;
  [[nodiscard]] std::string log() const;
  [[nodiscard]] std::string output() const { return access_log() + log(); }

 private:
  struct Files;
  ReservedPort http_, https_, healthz_;
  std::unique_ptr<Files> files_;
  pid_t pid_ = -1;
  std::optional<int> exit_code_;
};

}  // namespace support
