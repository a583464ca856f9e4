// Weir with two echo backends behind it, and requests by host name: the stage of the e2e tests.
#pragma once

#include "tests/support/certificate_authority.hpp"
#include "tests/support/echo_server.hpp"
#include "tests/support/temporary_directory.hpp"
#include "tests/support/weir_process.hpp"

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace e2e {

// What a client saw. `server`, `target` and `headers` are what the echo backend reports; empty when another answered.
struct Answer {
  int status = 0;  // 0: none came
  std::string server, target, location, error;
  std::map<std::string, std::string> headers;
};

class Serving {
 public:
  // `manifests` name the backends' ports as 9001 (shop) and 9002 (blog), as the files of deploy/examples do.
  explicit Serving(const std::string& manifests, const std::vector<std::string>& flags = {});

  // False, with Weir's log printed, when it does not become ready.
  [[nodiscard]] bool is_ready();
  // Adds or replaces a file of manifests while Weir runs.
  void write(const std::string& file, const std::string& manifests);

  [[nodiscard]] Answer get(const std::string& host, const std::string& target) const;
  // Over TLS with the host as SNI; the certificate must be signed by `trusted_pem` and be for the host.
  [[nodiscard]] Answer get_tls(const std::string& host, const std::string& target, const std::string& trusted_pem) const;

  [[nodiscard]] support::WeirProcess& weir() noexcept { return *weir_; }
  [[nodiscard]] const std::filesystem::path& manifests() const noexcept { return manifests_.path(); }

 private:
  [[nodiscard]] std::string with_ports(std::string manifests) const;

  support::EchoServer shop_{"shop"}, blog_{"blog"};
  support::TemporaryDirectory manifests_, trust_;
  std::unique_ptr<support::WeirProcess> weir_;
};

}  // namespace e2e
