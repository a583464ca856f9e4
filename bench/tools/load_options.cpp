#include "bench/tools/load_options.hpp"

#include <CLI/CLI.hpp>

#include <cstdlib>

namespace load {

Options parse_options(int argc, char** argv) {
  Options options;
  CLI::App app{"Sends HTTP/1.1 requests from one thread and prints what came back as one line of JSON.\n"
               "With --rate, latency counts from the time a request was due, so a stall is not hidden."};
  app.add_option("--port", options.port)->required();
  app.add_option("--host", options.host);
  app.add_option("--path", options.path);
  app.add_option("--connections", options.connections)->check(CLI::Range(1, 60000));
  app.add_option("--hosts", options.hosts, "rotate over so many names: %d in --host")->check(CLI::Range(0, 100000));
  app.add_option("--seconds", options.seconds)->check(CLI::Range(0.01, 600.0));
  app.add_option("--rate", options.rate)->check(CLI::Range(0.0, 1e6));
  app.add_option("--requests", options.requests);
  app.add_option("--body", options.body_bytes, "bytes to POST")->check(CLI::Range(0, 64 * 1024 * 1024));
  app.add_flag("--new", options.connection_per_request, "a new connection for each request");
  app.add_flag("--tls", options.tls);
  app.add_flag("--resume", options.resume, "resume TLS sessions");
  app.add_flag("--idle", options.idle, "hold the connections after one request on each");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    std::exit(app.exit(error));
  }
  return options;
}

}  // namespace load
