#include "proxy/server.hpp"

#include "proxy/worker.hpp"

#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <thread>

namespace proxy {

namespace {

// How long a ticket key seals; it opens for two periods more.
constexpr std::chrono::hours ticket_key_period{8};
constexpr std::chrono::milliseconds drain_poll{20};

// Of the limit of open files: for the admin port, the controller's files and what the program itself needs; and a share for
// connections to endpoints, of which a session needs one while it is at work.
constexpr rlim_t reserved_descriptors = 64;
constexpr rlim_t upstream_share = 8;
constexpr rlim_t fewest_sessions = 4;

// Sessions of one worker.
std::size_t session_limit(unsigned workers) {
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) != 0 || files.rlim_cur == RLIM_INFINITY) return SIZE_MAX;
  const rlim_t usable = files.rlim_cur > 2 * reserved_descriptors ? files.rlim_cur - reserved_descriptors : files.rlim_cur / 2;
  return std::max(fewest_sessions, (usable - usable / upstream_share) / workers);
}

bool has_ipv6() {
  const int fd = ::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return false;
  ::close(fd);
  return Listener::probe("::", 0).empty();
}

}  // namespace

struct Server::State {
  ServerOptions options;
  telemetry::Log& log;
  std::vector<std::unique_ptr<Worker>> workers;
  mutable std::mutex mutex;  // guards what follows; never taken on the request path
  std::shared_ptr<const routing::Snapshot> snapshot;
  std::shared_ptr<const tls::TicketKeys> ticket_keys;
  std::string ticket_key_setting;
  std::chrono::steady_clock::time_point rotated_at{};

  void refresh_ticket_keys(const routing::Settings& settings) {
    const auto now = std::chrono::steady_clock::now();
    if (!settings.ticket_key.empty()) {
      if (ticket_key_setting == settings.ticket_key) return;
      if (auto keys = tls::TicketKeys::from_bytes(settings.ticket_key)) ticket_keys = *keys;
    } else if (!ticket_keys || !ticket_key_setting.empty() || now - rotated_at >= ticket_key_period) {
      ticket_keys = tls::TicketKeys::rotated(ticket_key_setting.empty() ? ticket_keys.get() : nullptr);
      rotated_at = now;
    }
    ticket_key_setting = settings.ticket_key;
  }

  void hand_out() {
    for (auto& worker : workers) worker->publish(snapshot, ticket_keys);
  }
};

Server::Server(ServerOptions options, telemetry::Log& log) : state_(new State{std::move(options), log, {}, {}, {}, {}, {}, {}}) {
  if (state_->options.bind_addresses.empty()) {
    state_->options.bind_addresses = {"0.0.0.0"};
    if (has_ipv6()) state_->options.bind_addresses.emplace_back("::");
  }
}

Server::~Server() {
  for (auto& worker : state_->workers) worker->stop();
}

std::string Server::start() {
  ServerOptions& options = state_->options;
  const std::pair<std::uint16_t&, Scheme> ports[] = {{options.http_port, Scheme::http}, {options.https_port, Scheme::https}};
  for (const auto& address : options.bind_addresses)
    for (const auto& [port, scheme] : ports)
      if (std::string error = Listener::probe(address, port); !error.empty()) return error;
  const std::size_t most_sessions = session_limit(options.workers);
  for (unsigned i = 0; i < options.workers; ++i) {
    auto worker = std::make_unique<Worker>(i, state_->log);
    worker->set_session_limit(most_sessions);
    for (const auto& address : options.bind_addresses) {
      for (const auto& [port, scheme] : ports) {
        std::string error;
        auto listener = Listener::bind(address, port, scheme, error);
        if (!listener) return error;
        port = listener->port();
        worker->add_listener(std::move(listener));
      }
    }
    state_->workers.push_back(std::move(worker));
  }
  for (auto& worker : state_->workers) worker->start();
  return {};
}

std::uint16_t Server::http_port() const noexcept { return state_->options.http_port; }
std::uint16_t Server::https_port() const noexcept { return state_->options.https_port; }

void Server::publish(std::shared_ptr<const routing::Snapshot> snapshot) {
  const std::lock_guard lock{state_->mutex};
  state_->snapshot = std::move(snapshot);
  state_->refresh_ticket_keys(*state_->snapshot->settings);
  state_->hand_out();
}

void Server::rotate_ticket_keys() {
  const std::lock_guard lock{state_->mutex};
  if (!state_->snapshot) return;
  const auto before = state_->ticket_keys;
  state_->refresh_ticket_keys(*state_->snapshot->settings);
  if (state_->ticket_keys != before) state_->hand_out();
}

std::shared_ptr<const routing::Snapshot> Server::snapshot() const {
  const std::lock_guard lock{state_->mutex};
  return state_->snapshot;
}

unsigned Server::serving_workers() const noexcept {
  return static_cast<unsigned>(std::count_if(state_->workers.begin(), state_->workers.end(), [](const auto& worker) { return worker->is_serving(); }));
}

bool Server::is_serving() const noexcept { return !state_->workers.empty() && serving_workers() == state_->workers.size(); }

bool Server::is_in_force(std::uint64_t version) const noexcept {
  return is_serving() && std::all_of(state_->workers.begin(), state_->workers.end(), [version](const auto& worker) { return worker->version_in_force() == version; });
}

bool Server::drain(std::chrono::milliseconds limit) {
  for (auto& worker : state_->workers) worker->begin_drain();
  const auto deadline = std::chrono::steady_clock::now() + limit;
  const auto is_drained = [this] {
    for (const auto& worker : state_->workers)
      if (!worker->has_drained()) return false;
    return true;
  };
  bool drained = is_drained();
  while (!drained && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::sleep_for(drain_poll);
    drained = is_drained();
  }
  for (auto& worker : state_->workers) worker->stop();
  return drained;
}

telemetry::Counters Server::counters() const {
  telemetry::Counters sum;
  for (const auto& worker : state_->workers) sum.add(worker->shared_counters());
  return sum;
}

std::vector<telemetry::WorkerReport> Server::reports(std::chrono::milliseconds limit) const {
  struct Gathering {
    std::mutex mutex;  // guards what follows
    std::condition_variable arrived;
    std::vector<telemetry::WorkerReport> reports;
  };
  const auto gathering = std::make_shared<Gathering>();  // a worker may be later than we wait
  for (const auto& worker : state_->workers) {
    worker->report([gathering](telemetry::WorkerReport report) {
      const std::lock_guard lock{gathering->mutex};
      gathering->reports.push_back(std::move(report));
      gathering->arrived.notify_one();
    });
  }
  std::unique_lock lock{gathering->mutex};
  const auto have_all = [&] { return gathering->reports.size() == state_->workers.size(); };
  if (!gathering->arrived.wait_for(lock, limit, have_all)) return {};
  return std::move(gathering->reports);
}

}  // namespace proxy
