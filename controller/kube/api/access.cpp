#include "controller/kube/api/access.hpp"

#include "controller/kube/api/file_text.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cstdlib>

namespace controller::kube {

namespace {

// Takes ":port" from the end of "host:port" or "[address]:port".
bool take_authority(std::string_view authority, Access& access) {
  std::string_view port;
  if (authority.starts_with('[')) {
    const auto close = authority.find(']');
    if (close == std::string_view::npos) return false;
    access.host = authority.substr(1, close - 1);
    port = authority.substr(close + 1);
  } else {
    const auto colon = authority.rfind(':');
    access.host = authority.substr(0, colon);
    if (colon != std::string_view::npos) port = authority.substr(colon);
  }
  if (access.host.empty() || access.host.find_first_of("@ \t\r\n") != std::string::npos) return false;
  if (port.empty()) return true;
  const auto [end, error] = std::from_chars(port.data() + 1, port.data() + port.size(), access.port);
  return port.front() == ':' && error == std::errc{} && end == port.data() + port.size() && access.port != 0;
}

std::string environment(const char* name) {
  const char* const value = std::getenv(name);
  return value ? value : "";
}

FoundAccess fail(std::string error) { return {{}, std::move(error)}; }

FoundAccess at_host(const Options& options) {
  Access access;
  access.name = "--apiserver-host=" + options.apiserver_host;
  if (!take_server(options.apiserver_host, access)) return fail(fmt::format("--apiserver-host: \"{}\" is no http or https URL", options.apiserver_host));
  return {std::move(access), ""};
}

}  // namespace

bool take_server(const std::string& url, Access& access) {
  std::string_view rest = url;
  access.is_tls = rest.starts_with("https://");
  if (!access.is_tls && !rest.starts_with("http://")) return false;
  rest.remove_prefix(access.is_tls ? 8 : 7);
  access.port = access.is_tls ? 443 : 80;
  const auto slash = rest.find('/');
  if (rest.find_first_of("?#") != std::string_view::npos || !take_authority(rest.substr(0, slash), access)) return false;
  access.path = slash == std::string_view::npos ? "" : rest.substr(slash);
  if (access.path.find(' ') != std::string::npos) return false;
  while (access.path.ends_with('/')) access.path.pop_back();
  access.server = url;
  if (access.peer_name.empty()) access.peer_name = access.host;
  return true;
}

FoundAccess in_cluster(const std::filesystem::path& directory) {
  const std::string host = environment("KUBERNETES_SERVICE_HOST"), port = environment("KUBERNETES_SERVICE_PORT");
  if (host.empty() || port.empty())
    return fail("no objects to read: give --manifests DIR or --kubeconfig FILE (this is no pod of a cluster: KUBERNETES_SERVICE_HOST is not set)");
  Access access;
  access.name = "service account";
  const bool is_v6 = host.find(':') != std::string::npos;
  if (!take_server(fmt::format("https://{}{}{}:{}", is_v6 ? "[" : "", host, is_v6 ? "]" : "", port), access))
    return fail(fmt::format("KUBERNETES_SERVICE_HOST \"{}\" and KUBERNETES_SERVICE_PORT \"{}\" name no server", host, port));
  access.token.file = directory / "token";
  access.authority.file = directory / "ca.crt";
  std::string error, ignored;
  if (!read_text(access.token.file, error) || !read_text(access.authority.file, error))
    return fail("service account: " + error + "; the pod needs automountServiceAccountToken, or name a source with --kubeconfig FILE");
  access.own_namespace = read_text(directory / "namespace", ignored).value_or("");
  return {std::move(access), ""};
}

FoundAccess find_access(const Options& options) {
  FoundAccess found = !options.kubeconfig.empty() ? read_kubeconfig(options.kubeconfig) : !options.apiserver_host.empty() ? at_host(options) : in_cluster();
  if (!found.access) return found;
  if (!options.kubeconfig.empty() && !options.apiserver_host.empty()) {
    found.access->peer_name.clear();
    if (!take_server(options.apiserver_host, *found.access)) return fail(fmt::format("--apiserver-host: \"{}\" is no http or https URL", options.apiserver_host));
  }
  if (!options.certificate_authority.empty()) found.access->authority = {"", options.certificate_authority};
  return found;
}

}  // namespace controller::kube
