// The echo server as a program: weir-echo NAME PORT [ADDRESS]. Serves on 127.0.0.1, or on ADDRESS, until SIGTERM or SIGINT.
#include "tests/support/echo_server.hpp"

#include <charconv>
#include <csignal>
#include <cstdio>
#include <string_view>

namespace {

std::uint16_t parse_port(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  return error == std::errc{} && end == text.data() + text.size() ? port : std::uint16_t{0};
}

}  // namespace

int main(int argc, char** argv) {
  const auto port = argc == 3 || argc == 4 ? parse_port(argv[2]) : std::uint16_t{0};
  const char* const address = argc == 4 ? argv[3] : "127.0.0.1";
  if (port == 0) {
    std::fprintf(stderr, "usage: weir-echo NAME PORT [ADDRESS]\n");
    return 2;
  }
  // Blocked before any thread exists, so that all threads inherit it and sigwait() alone takes them.
  sigset_t ends;
  sigemptyset(&ends);
  sigaddset(&ends, SIGTERM);
  sigaddset(&ends, SIGINT);
  pthread_sigmask(SIG_BLOCK, &ends, nullptr);

  const support::EchoServer server(argv[1], port, address);
  if (!server.is_listening()) {
    std::fprintf(stderr, "weir-echo: cannot listen on %s:%u\n", address, unsigned{port});
    return 1;
  }
  int signal = 0;
  sigwait(&ends, &signal);
  return 0;
}
