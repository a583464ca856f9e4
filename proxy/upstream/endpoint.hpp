// One address that requests go to, with its idle connections. Runtime state, not configuration: it lives on in its worker
// while any configuration or connection refers to it, so a publish that keeps an address keeps its connections.
#pragma once

#include <sys/socket.h>

#include <chrono>
#include <cstdint>
#include <string>

namespace proxy::http1 {
class Connection;
}

namespace proxy::upstream {

class Pool;

// Owned by the Pool of one worker; all members on its thread.
struct Endpoint {
  std::string text;                 // "10.0.0.7:8080", "[fd00::7]:8080": for the log
  sockaddr_storage address{};
  socklen_t address_bytes = 0;
  std::uint32_t uses = 0;           // groups and connections that refer to it; 0: gone
  std::uint32_t groups = 0;         // groups alone; 0: retired, connections are not kept again
  http1::Connection* idle = nullptr;  // last used first
  std::chrono::steady_clock::time_point resting_until{};  // it took no connection: others come first until then
};

}  // namespace proxy::upstream
