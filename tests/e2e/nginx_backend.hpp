// A real nginx as a backend: another one's HTTP behind Weir. It serves and stores files, compresses as it goes (so its length
// is unknown and its body chunked), and passes upgrades on.
#pragma once

#include "tests/support/child_process.hpp"
#include "tests/support/temporary_directory.hpp"
#include "tests/support/weir_process.hpp"

#include <cstdint>
#include <string>

namespace e2e {

class NginxBackend {
 public:
  // /files/NAME is served and, by PUT, stored; /packed/NAME is the same with gzip; /upgrade goes to `upgrade_port`.
  explicit NginxBackend(std::uint16_t upgrade_port = 1);

  [[nodiscard]] std::uint16_t port() const noexcept { return port_.number(); }
  void write(const std::string& name, const std::string& content) const { directory_.write(name, content); }
  [[nodiscard]] bool wait_until_ready();
  [[nodiscard]] std::string log() const { return nginx_.errors(); }

 private:
  [[nodiscard]] std::string write_configuration(std::uint16_t upgrade_port) const;

  support::TemporaryDirectory directory_;
  support::ReservedPort port_;
  support::ChildProcess nginx_;
};

}  // namespace e2e
