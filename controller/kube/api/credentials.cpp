#include "controller/kube/api/credentials.hpp"

#include "controller/kube/api/file_text.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace controller::kube {

namespace asio = boost::asio;

namespace {

constexpr std::chrono::milliseconds look_interval{20};

std::string trim(std::string text) {
  const auto first = text.find_first_not_of(" \t\r\n"), last = text.find_last_not_of(" \t\r\n");
  return first == std::string::npos ? "" : text.substr(first, last - first + 1);
}

// "" or what is wrong.
std::string load(const Material& material, std::string& out) {
  std::string error;
  if (material.file.empty()) out = material.text;
  else if (auto text = read_text(material.file, error)) out = std::move(*text);
  return error;
}

asio::awaitable<ExecCredential> run_on_this_thread(const Access& access, const std::atomic<bool>& stopping) { co_return run_exec_plugin(access, stopping); }

}  // namespace

Credentials::~Credentials() {
  stopping_ = true;
  plugin_thread_.stop();
  plugin_thread_.join();
}

std::string Credentials::read_token() {
  if (access_.token.file.empty()) {
    token_ = access_.token.text;
    return {};
  }
  const auto now = Clock::now();
  if (!token_.empty() && !is_refused_ && now - read_at_ < file_interval) return {};
  read_at_ = now;
  std::string text;
  if (const std::string error = load(access_.token, text); !error.empty()) {
    if (!token_.empty()) return {};  // the last one may still be good
    token_ = access_.token.text;
    return token_.empty() ? "token: " + error : "";
  }
  token_ = trim(std::move(text));
  return token_.empty() ? "token: " + access_.token.file.string() + " is empty" : "";
}

asio::awaitable<std::string> Credentials::run_plugin() {
  while (is_running_) {  // for another request; it ends within longest_exec
    asio::steady_timer timer{co_await asio::this_coro::executor, look_interval};
    co_await timer.async_wait(asio::use_awaitable);
  }
  const auto now = Clock::now();
  const bool is_fresh = run_at_ != Clock::time_point{} && now - run_at_ < exec_interval;
  const bool is_good = exec_.error.empty() && run_at_ != Clock::time_point{} && !is_refused_ && std::chrono::system_clock::now() < exec_.expires_at - expiry_margin;
  if (is_fresh || is_good) co_return exec_.error;
  run_at_ = now;
  is_running_ = true;
  exec_ = co_await asio::co_spawn(plugin_thread_, run_on_this_thread(access_, stopping_), asio::use_awaitable);
  is_running_ = false;
  token_ = exec_.token;
  co_return exec_.error;
}

asio::awaitable<std::string> Credentials::refresh() {
  std::string error;
  if (access_.exec) error = co_await run_plugin();
  else error = read_token();
  is_refused_ = false;
  co_return error;
}

std::string Credentials::read_tls(tls::ClientSettings& settings) const {
  settings.verifies = access_.verifies;
  if (const std::string error = load(access_.authority, settings.trusted_pem); !error.empty()) return "certificate authority: " + error;
  if (!exec_.certificate_pem.empty()) {
    settings.certificate_pem = exec_.certificate_pem;
    settings.key_pem = exec_.key_pem;
    return {};
  }
  if (const std::string error = load(access_.certificate, settings.certificate_pem); !error.empty()) return "client certificate: " + error;
  if (const std::string error = load(access_.key, settings.key_pem); !error.empty()) return "client key: " + error;
  return {};
}

}  // namespace controller::kube
