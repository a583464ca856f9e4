// The command line, as values. The flags stand in flags.cpp, the grammar of their values in flag_values.cpp, the help texts in usage.cpp.
#pragma once

#include "controller/options.hpp"
#include "proxy/explain_request.hpp"
#include "proxy/server.hpp"
#include "proxy/telemetry/log.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace proxy {

enum class Command { serve, check, explain, version, help };

struct Options {
  Command command = Command::serve;
  controller::Options controller;
  ServerOptions server;
  std::string healthz_host;
  std::uint16_t healthz_port = 10254;
  std::chrono::seconds shutdown_grace{0};        // --shutdown-grace-period: after readiness fails, before accepting stops
  std::chrono::seconds post_shutdown_grace{0};
  telemetry::Level log_level = telemetry::Level::info;
  telemetry::LogForm log_form = telemetry::LogForm::text;
  std::string health_check_path = "/healthz";    // --health-check-path
  bool json_output = false;                      // check and explain --output=json
  ExplainOptions explain;                        // explain URL -H 'Name: value'
  std::vector<std::string> ignored;              // flags of ingress-nginx that mean nothing here, to be reported
  std::vector<std::string> unsupported;          // flags with a meaning that is not built yet, to be reported
};

struct ParsedOptions {
  Options options;
  std::string text;   // help or version text, or the error message
  int exit_code = -1; // -1: go on
};

// Never exits by itself. Errors have exit code 2 and name the flag.
[[nodiscard]] ParsedOptions parse_options(int argc, const char* const* argv);

}  // namespace proxy
