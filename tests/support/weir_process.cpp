#include "tests/support/weir_process.hpp"

#include <httplib.h>

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>
#include <stdexcept>

namespace support {

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

Finished run_weir(const std::vector<std::string>& arguments) {
  std::vector<std::string> command{WEIR_PROGRAM};
  command.insert(command.end(), arguments.begin(), arguments.end());
  return run_program(command);
}

WeirProcess::WeirProcess(const std::filesystem::path& manifests, const std::vector<std::string>& flags, const std::vector<std::string>& runner)
    : child_(command(manifests, flags, runner)) {}

std::vector<std::string> WeirProcess::command(const std::filesystem::path& manifests, const std::vector<std::string>& flags,
                                              std::vector<std::string> words) const {
  words.emplace_back(WEIR_PROGRAM);
  if (!manifests.empty()) words.push_back("--manifests=" + manifests.string());
  words.insert(words.end(), {"--bind-address=127.0.0.1",
                             "--http-port=" + std::to_string(http_port()),
                             "--https-port=" + std::to_string(https_port()),
                             "--healthz-port=" + std::to_string(healthz_port()),
                             "--healthz-host=127.0.0.1",
                             "--workers=2"});
  words.insert(words.end(), flags.begin(), flags.end());
  return words;
}

std::string WeirProcess::readiness() const {
  const auto response = httplib::Client("127.0.0.1", healthz_port()).Get("/readyz");
  return response ? response->body : "";
}

bool WeirProcess::wait_until_ready() {
  httplib::Client client("127.0.0.1", healthz_port());
  bool ended = false;
  const bool done = eventually([&] {
    if (child_.has_ended()) return ended = true;
    const auto response = client.Get("/readyz");
    return response && response->status == 200;
  });
  return done && !ended;
}

int WeirProcess::stop() {
  send_signal(SIGTERM);
  return wait_for_exit().value_or(-1);
}

}  // namespace support
