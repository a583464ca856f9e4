// A kubeconfig file to an Access: the current context, its cluster and its user.
#include "controller/kube/api/access.hpp"
#include "controller/kube/api/file_text.hpp"
#include "controller/kube/base64.hpp"
#include "controller/manifests/yaml.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <fmt/format.h>

namespace controller::kube {

namespace json = boost::json;

namespace {

bool is_given(const json::object& object, std::string_view name) {
  const json::value* const value = object.if_contains(name);
  return value && !value->is_null() && !(value->is_string() && value->get_string().empty());
}

// Reads on after a mistake; the first one counts.
class Reading {
 public:
  explicit Reading(std::filesystem::path directory) : directory_(std::move(directory)) {}

  [[nodiscard]] Access read(const json::object& root);
  [[nodiscard]] const std::string& error() const noexcept { return error_; }

 private:
  // A part of the file and its name for people, "users[admin].user".
  struct Section {
    const json::object* object = nullptr;
    std::string at;
  };
  void refuse(std::string text) {
    if (error_.empty()) error_ = std::move(text);
  }
  void refuse_feature(const Section& section, std::string_view name, std::string_view remedy) {
    if (is_given(*section.object, name)) refuse(fmt::format("{}.{} is not supported: {}", section.at, name, remedy));
  }
  std::string text(const Section& section, std::string_view name);
  bool flag(const Section& section, std::string_view name);
  std::filesystem::path path(const Section& section, std::string_view name);
  Material material(const Section& section, const std::string& name);
  Section entry(const json::object& root, std::string_view list, std::string_view inner, const std::string& name);
  void read_cluster(const Section& cluster, Access& access);
  void read_user(const Section& user, Access& access);
  ExecPlugin read_exec(const Section& exec);

  std::filesystem::path directory_;  // of the file: relative paths begin there
  std::string error_;
};

std::string Reading::text(const Section& section, std::string_view name) {
  if (!is_given(*section.object, name)) return {};
  const json::value& value = section.object->at(name);
  if (value.is_bool()) return value.get_bool() ? "true" : "false";
  if (value.is_string()) return {value.get_string().data(), value.get_string().size()};
  refuse(fmt::format("{}.{} must be a string", section.at, name));
  return {};
}

bool Reading::flag(const Section& section, std::string_view name) {
  const std::string word = text(section, name);
  if (!word.empty() && word != "true" && word != "false") refuse(fmt::format("{}.{} must be true or false", section.at, name));
  return word == "true";
}

std::filesystem::path Reading::path(const Section& section, std::string_view name) {
  const std::string written = text(section, name);
  return written.empty() ? std::filesystem::path{} : directory_ / written;
}

// "<name>-data" in base64, else the file "<name>".
Material Reading::material(const Section& section, const std::string& name) {
  const std::string data = text(section, name + "-data");
  if (data.empty()) return {"", path(section, name)};
  Material made;
  if (!decode_base64(data, made.text)) refuse(fmt::format("{}.{}-data is not base64", section.at, name));
  return made;
}

// The inner object ("cluster") of the entry with that name in a list ("clusters").
Reading::Section Reading::entry(const json::object& root, std::string_view list, std::string_view inner, const std::string& name) {
  static const json::object nothing;
  Section section{&nothing, fmt::format("{}[{}].{}", list, name, inner)};
  const json::value* const found = root.if_contains(list);
  if (found && found->is_array())
    for (const json::value& one : found->get_array()) {
      const json::object* const object = one.if_object();
      if (!object || text({object, std::string{list}}, "name") != name) continue;
      const json::value* const value = object->if_contains(inner);
      if (value && value->is_object()) section.object = &value->get_object();
      else refuse(section.at + " is missing");
      return section;
    }
  refuse(fmt::format("there is no \"{}\" in {}", name, list));
  return section;
}

ExecPlugin Reading::read_exec(const Section& exec) {
  ExecPlugin plugin;
  plugin.api_version = text(exec, "apiVersion");
  if (plugin.api_version != "client.authentication.k8s.io/v1" && plugin.api_version != "client.authentication.k8s.io/v1beta1")
    refuse(fmt::format("{}.apiVersion \"{}\" is not supported: it must be client.authentication.k8s.io/v1 or v1beta1", exec.at, plugin.api_version));
  plugin.command = text(exec, "command");
  if (plugin.command.empty()) refuse(exec.at + ".command is missing");
  // A name is looked for on PATH, a path begins at the file.
  if (plugin.command.find('/') != std::string::npos) plugin.command = (directory_ / plugin.command).string();
  plugin.install_hint = text(exec, "installHint");
  plugin.wants_cluster = flag(exec, "provideClusterInfo");
  if (text(exec, "interactiveMode") == "Always") refuse(exec.at + ".interactiveMode Always is not supported: there is no terminal here");
  if (const json::value* arguments = exec.object->if_contains("args"); arguments && arguments->is_array())
    for (const json::value& one : arguments->get_array())
      if (one.is_string()) plugin.arguments.emplace_back(one.get_string());
  if (const json::value* variables = exec.object->if_contains("env"); variables && variables->is_array())
    for (const json::value& one : variables->get_array())
      if (const json::object* pair = one.if_object()) plugin.environment.emplace_back(text({pair, exec.at + ".env"}, "name"), text({pair, exec.at + ".env"}, "value"));
  return plugin;
}

void Reading::read_cluster(const Section& cluster, Access& access) {
  refuse_feature(cluster, "proxy-url", "reach the server directly");
  const std::string url = text(cluster, "server");
  access.peer_name = text(cluster, "tls-server-name");
  if (!take_server(url, access)) refuse(fmt::format("{}.server \"{}\" is no http or https URL", cluster.at, url));
  access.authority = material(cluster, "certificate-authority");
  access.verifies = !flag(cluster, "insecure-skip-tls-verify");
  if (!access.verifies && !access.authority.is_empty()) refuse(cluster.at + ": insecure-skip-tls-verify and a certificate-authority exclude each other");
  access.compresses = !flag(cluster, "disable-compression");
}

void Reading::read_user(const Section& user, Access& access) {
  refuse_feature(user, "auth-provider", "Kubernetes has removed it: use an exec plugin");
  for (const char* name : {"username", "password"}) refuse_feature(user, name, "Kubernetes has removed basic authentication: use a token or a client certificate");
  for (const char* name : {"as", "as-uid", "as-groups", "as-user-extra"}) refuse_feature(user, name, "use an account of its own instead of impersonation");
  access.certificate = material(user, "client-certificate");
  access.key = material(user, "client-key");
  if (access.certificate.is_empty() != access.key.is_empty()) refuse(user.at + ": client-certificate and client-key belong together");
  access.token = {text(user, "token"), path(user, "tokenFile")};
  const json::value* const exec = user.object->if_contains("exec");
  if (exec && exec->is_object()) access.exec = read_exec({&exec->get_object(), user.at + ".exec"});
}

Access Reading::read(const json::object& root) {
  Access access;
  const std::string name = text({&root, "kubeconfig"}, "current-context");
  if (name.empty()) refuse("current-context is missing");
  access.name = "context " + name;
  const Section context = entry(root, "contexts", "context", name);
  access.own_namespace = text(context, "namespace");
  if (!error_.empty()) return access;
  read_cluster(entry(root, "clusters", "cluster", text(context, "cluster")), access);
  if (const std::string user = text(context, "user"); !user.empty()) read_user(entry(root, "users", "user", user), access);
  return access;
}

}  // namespace

FoundAccess read_kubeconfig(const std::filesystem::path& file) {
  std::string error;
  const auto text = read_text(file, error);
  if (!text) return {{}, "--kubeconfig " + error};
  const std::string name = "kubeconfig " + file.string();
  const auto documents = manifests::split_documents(*text);
  if (documents.empty()) return {{}, name + " is empty"};
  const auto parsed = manifests::parse_document(documents.front());
  if (!parsed.error.empty()) return {{}, fmt::format("{} line {}: {}", name, parsed.line, parsed.error)};
  if (!parsed.value.is_object()) return {{}, name + " holds no configuration"};
  Reading reading{std::filesystem::absolute(file).parent_path()};
  Access access = reading.read(parsed.value.get_object());
  if (!reading.error().empty()) return {{}, name + ": " + reading.error()};
  access.name = name + ", " + access.name;
  return {std::move(access), ""};
}

}  // namespace controller::kube
