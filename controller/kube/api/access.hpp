// How to reach an API server and as whom: what a kubeconfig file or a pod's service account says, as values.
#pragma once

#include "controller/options.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace controller::kube {

// A text that stands in the configuration, or in a file that may change while the program runs; the file counts for more.
struct Material {
  std::string text;
  std::filesystem::path file;

  [[nodiscard]] bool is_empty() const { return text.empty() && file.empty(); }
};

// A program that prints credentials (client.authentication.k8s.io).
struct ExecPlugin {
  std::string api_version, command, install_hint;
  std::vector<std::string> arguments;
  std::vector<std::pair<std::string, std::string>> environment;
  bool wants_cluster = false;  // provideClusterInfo
};

struct Access {
  std::string name;            // for people: "kubeconfig FILE, context admin"
  std::string server;          // the URL as it was written
  bool is_tls = true;
  std::string host;            // without brackets
  std::uint16_t port = 443;
  std::string path;            // in front of every target; without a slash at its end
  std::string peer_name;       // whose certificate is expected
  bool verifies = true, compresses = true;
  Material authority;          // empty: the system's authorities
  Material certificate, key;   // of the client
  Material token;
  std::optional<ExecPlugin> exec;
  std::string own_namespace;   // of the pod or the context; "" = not said
};

struct FoundAccess {
  std::optional<Access> access;
  std::string error;  // for people, when there is none
};

// Where a pod finds its service account.
inline constexpr const char* service_account_directory = "/var/run/secrets/kubernetes.io/serviceaccount";

// Takes the URL apart; false when it is no http or https URL.
[[nodiscard]] bool take_server(const std::string& url, Access& access);
// The current context of a kubeconfig file. What it asks for that is not built is an error that names it.
[[nodiscard]] FoundAccess read_kubeconfig(const std::filesystem::path& file);
// The service account in `directory` and the API server that the environment of a pod names.
[[nodiscard]] FoundAccess in_cluster(const std::filesystem::path& directory = service_account_directory);
// What --kubeconfig, --apiserver-host and --certificate-authority say; without the first two, in_cluster().
[[nodiscard]] FoundAccess find_access(const Options& options);

}  // namespace controller::kube
