// Runs a program that prints credentials (an ExecCredential of client.authentication.k8s.io).
#pragma once

#include "controller/kube/api/access.hpp"

#include <atomic>
#include <chrono>
#include <string>
#include <string_view>

namespace controller::kube {

struct ExecCredential {
  std::string token, certificate_pem, key_pem;
  std::chrono::system_clock::time_point expires_at = std::chrono::system_clock::time_point::max();
  std::string error;  // for people, without secrets
};

inline constexpr std::chrono::seconds longest_exec{30};
inline constexpr std::size_t max_exec_output = 1024 * 1024;

// Blocks its thread until the program has ended, for `longest_exec` at most; `stopping` ends it early.
[[nodiscard]] ExecCredential run_exec_plugin(const Access& access, const std::atomic<bool>& stopping);

// What such a program has printed.
[[nodiscard]] ExecCredential parse_exec_credential(std::string_view text, const std::string& api_version);

}  // namespace controller::kube
