#include "controller/kube/api/exec_plugin.hpp"

#include "controller/kube/fields.hpp"

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <map>
#include <optional>
#include <system_error>
#include <thread>
#include <vector>

extern char** environ;

namespace controller::kube {

namespace json = boost::json;

namespace {

using Clock = std::chrono::steady_clock;
constexpr std::chrono::milliseconds look_interval{20};

std::string text_of(const json::object& object, std::string_view name) {
  const json::value* const value = object.if_contains(name);
  return value && value->is_string() ? std::string{value->get_string().data(), value->get_string().size()} : "";
}

// What the plugin is told of the cluster and of us.
std::string exec_info(const Access& access) {
  json::object spec{{"interactive", false}};
  if (access.exec->wants_cluster) {
    json::object cluster{{"server", access.server}};
    if (access.peer_name != access.host) cluster["tls-server-name"] = access.peer_name;
    if (!access.verifies) cluster["insecure-skip-tls-verify"] = true;
    spec["cluster"] = std::move(cluster);
  }
  return json::serialize(json::object{{"kind", "ExecCredential"}, {"apiVersion", access.exec->api_version}, {"spec", std::move(spec)}});
}

std::vector<std::string> environment_for(const Access& access) {
  std::map<std::string, std::string> variables;
  for (char** one = environ; *one; ++one) {
    const std::string_view line = *one;
    const auto equals = line.find('=');
    if (equals != std::string_view::npos) variables[std::string{line.substr(0, equals)}] = line.substr(equals + 1);
  }
  for (const auto& [name, value] : access.exec->environment) variables[name] = value;
  variables["KUBERNETES_EXEC_INFO"] = exec_info(access);
  std::vector<std::string> lines;
  for (const auto& [name, value] : variables) lines.push_back(name + "=" + value);
  return lines;
}

std::vector<char*> pointers(std::vector<std::string>& words) {
  std::vector<char*> result;
  for (std::string& word : words) result.push_back(word.data());
  result.push_back(nullptr);
  return result;
}

// The program with its standard output in a pipe; its complaints go where ours do.
class Child {
 public:
  explicit Child(const Access& access) {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) {
      error_ = std::generic_category().message(errno);
      return;
    }
    output_ = ends[0];
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    ::posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
    posix_spawnattr_t attributes;
    ::posix_spawnattr_init(&attributes);
    sigset_t none, usual;  // ours are blocked or ignored, which would be inherited
    ::sigemptyset(&none);
    ::sigemptyset(&usual);
    for (const int signal : {SIGPIPE, SIGHUP, SIGTERM, SIGINT}) ::sigaddset(&usual, signal);
    ::posix_spawnattr_setsigmask(&attributes, &none);
    ::posix_spawnattr_setsigdefault(&attributes, &usual);
    ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    std::vector<std::string> words{access.exec->command}, variables = environment_for(access);
    words.insert(words.end(), access.exec->arguments.begin(), access.exec->arguments.end());
    const int code = ::posix_spawnp(&pid_, words.front().c_str(), &actions, &attributes, pointers(words).data(), pointers(variables).data());
    ::posix_spawnattr_destroy(&attributes);
    ::posix_spawn_file_actions_destroy(&actions);
    ::close(ends[1]);
    if (code == 0) return;
    pid_ = -1;
    error_ = std::generic_category().message(code);
  }
  ~Child() {
    if (output_ >= 0) ::close(output_);
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  [[nodiscard]] const std::string& error() const noexcept { return error_; }

  // False when there is nothing more to come.
  [[nodiscard]] bool read(std::string& text) {
    pollfd polled{output_, POLLIN, 0};
    if (::poll(&polled, 1, static_cast<int>(look_interval.count())) <= 0) return true;
    char piece[4096];
    const ssize_t got = ::read(output_, piece, sizeof piece);
    if (got > 0) text.append(piece, static_cast<std::size_t>(got));
    return got > 0 && text.size() <= max_exec_output;
  }
  // The exit status, once it has ended.
  [[nodiscard]] std::optional<int> status() {
    int status = 0;
    if (::waitpid(pid_, &status, WNOHANG) != pid_) return {};
    pid_ = -1;
    return status;
  }

 private:
  pid_t pid_ = -1;
  int output_ = -1;
  std::string error_;
};

ExecCredential fail(const ExecPlugin& plugin, std::string_view what) {
  ExecCredential credential;
  credential.error = fmt::format("exec plugin {}: {}", plugin.command, what);
  return credential;
}

}  // namespace

ExecCredential parse_exec_credential(std::string_view text, const std::string& api_version) {
  ExecCredential credential;
  boost::system::error_code error;
  const json::value value = json::parse(text, error);
  const json::object* const root = error ? nullptr : value.if_object();
  const json::value* const status = root ? root->if_contains("status") : nullptr;
  if (!root || text_of(*root, "kind") != "ExecCredential") credential.error = "it did not print an ExecCredential";
  else if (text_of(*root, "apiVersion") != api_version) credential.error = fmt::format("it printed apiVersion \"{}\" and not {}", text_of(*root, "apiVersion").substr(0, 80), api_version);
  else if (!status || !status->is_object()) credential.error = "what it printed has no status";
  if (!credential.error.empty()) return credential;
  const json::object& given = status->get_object();
  credential.token = text_of(given, "token");
  credential.certificate_pem = text_of(given, "clientCertificateData");
  credential.key_pem = text_of(given, "clientKeyData");
  if (credential.token.empty() && credential.certificate_pem.empty()) credential.error = "what it printed holds neither a token nor a certificate";
  if (const std::int64_t expiry = parse_time(text_of(given, "expirationTimestamp")); expiry != 0) credential.expires_at = std::chrono::system_clock::from_time_t(expiry);
  return credential;
}

ExecCredential run_exec_plugin(const Access& access, const std::atomic<bool>& stopping) {
  const ExecPlugin& plugin = *access.exec;
  Child child{access};
  if (!child.error().empty()) return fail(plugin, child.error() + (plugin.install_hint.empty() ? "" : "; " + plugin.install_hint.substr(0, 500)));
  const auto deadline = Clock::now() + longest_exec;
  std::string output;
  bool is_open = true;
  std::optional<int> status;
  while (!status && !stopping && Clock::now() < deadline) {
    if (is_open) is_open = child.read(output);
    else if (!(status = child.status())) std::this_thread::sleep_for(look_interval);
  }
  if (!status) return fail(plugin, stopping ? "was ended" : fmt::format("has not ended within {} s", longest_exec.count()));
  if (!WIFEXITED(*status) || WEXITSTATUS(*status) != 0)
    return fail(plugin, WIFEXITED(*status) ? fmt::format("ended with {}", WEXITSTATUS(*status)) : fmt::format("ended by signal {}", WTERMSIG(*status)));
  ExecCredential credential = parse_exec_credential(output, plugin.api_version);
  return credential.error.empty() ? credential : fail(plugin, credential.error);
}

}  // namespace controller::kube
