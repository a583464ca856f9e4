// What bench-load is asked to do.
#pragma once

#include <cstdint>
#include <string>

namespace load {

struct Options {
  std::uint16_t port = 0;                // of 127.0.0.1
  std::string host = "bench.example.com";  // with `hosts` above 0 it holds %d, which goes through 0..hosts-1
  std::string path = "/b128";
  unsigned connections = 64;
  unsigned hosts = 0;
  double seconds = 2;
  double rate = 0;                       // requests/s at fixed times; 0: the next when the last is answered
  std::uint64_t requests = UINT64_MAX;   // stop after so many
  std::size_t body_bytes = 0;            // above 0: POST
  bool connection_per_request = false;
  bool tls = false;
  bool resume = false;                   // TLS sessions
  bool idle = false;                     // one request on each connection, print "ready", then hold them
};

// Ends the program on --help and on mistakes.
[[nodiscard]] Options parse_options(int argc, char** argv);

}  // namespace load
