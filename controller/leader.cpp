#include "controller/leader.hpp"

#include "controller/election/elector.hpp"
#include "controller/election/siblings.hpp"
#include "controller/findings.hpp"
#include "controller/kube/api/client.hpp"
#include "controller/kube/resources.hpp"
#include "controller/status/status_writer.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <fmt/format.h>
#include <pthread.h>
#include <unistd.h>

#include <climits>
#include <condition_variable>
#include <cstdlib>
#include <exception>
#include <mutex>
#include <optional>
#include <random>
#include <thread>
#include <utility>

namespace controller {

namespace asio = boost::asio;

namespace {

using Clock = std::chrono::steady_clock;

std::string environment(const char* name) {
  const char* const value = std::getenv(name);
  return value ? value : "";
}

std::string host_name() {
  char host[HOST_NAME_MAX + 1] = "";
  ::gethostname(host, sizeof host - 1);
  return host;
}

// A pod has its name for itself; other processes of a machine have not.
std::string own_identity(const std::string& pod) {
  if (!pod.empty()) return pod;
  std::random_device random;
  return fmt::format("{}-{:08x}{:08x}", host_name(), random(), random());
}

std::string text_of(const std::exception_ptr& error) {
  try {
    std::rethrow_exception(error);
  } catch (const std::exception& known) {
    return known.what();
  } catch (...) {
    return "an exception of no known type";
  }
}

// Our own pod, by the downward API or the service account; of a process outside only the namespace is known, and of none "default".
kube::Key own_pod(const kube::Access& access) {
  std::string space = environment("POD_NAMESPACE");
  if (space.empty()) space = access.own_namespace.empty() ? "default" : access.own_namespace;
  return {std::move(space), environment("POD_NAME")};
}

}  // namespace

struct Leader::State {
  const Options& options;
  const kube::Key pod;
  Findings findings;
  asio::io_context io{1};  // before all that uses it
  kube::Client client;
  election::Elector elector;
  status::StatusWriter status;
  events::EventWriter events;
  unsigned loops = 0;  // that run
  bool is_candidate = false;
  std::thread thread;

  std::mutex mutex;
  std::condition_variable ended;
  bool has_ended = false;
  Clock::time_point left_at = Clock::time_point::max();

  State(const Options& given, kube::Access access, std::function<bool(std::uint64_t)> in_force, std::function<void()> notify)
      : options(given), pod(own_pod(access)), findings(std::move(notify)), client(io.get_executor(), std::move(access)),
        elector(client, findings, {{pod.first, given.election_id}, own_identity(pod.second), given.election_ttl, !given.elects_leader}, [this] { wake(); }),
        status(given, {client, findings, elector, std::move(in_force)}, pod),
        events(given, client, findings, elector, pod.second.empty() ? host_name() : pod.second) {}

  void wake() {
    status.wake();
    events.wake();
  }
  void spawn(asio::awaitable<void> loop) {
    ++loops;
    asio::co_spawn(io, std::move(loop), [this](const std::exception_ptr& error) {
      if (error) findings.set("leader", routing::Diagnostic{"Process", "", "weir", "status and Events", "nothing is written any more: " + text_of(error) + "; restart the pod", routing::Severity::refused});
      // The last one says farewell: nothing else is under way then.
      if (--loops == 0) asio::co_spawn(io, say_farewell(), asio::detached);
    });
  }
  // A replica that never comes to serve must not keep the Lease from those that do.
  void stand() {
    if (std::exchange(is_candidate, true)) return;
    spawn(elector.run());
  }
  void run() {
    io.run();
    const std::lock_guard lock{mutex};
    has_ended = true;
    ended.notify_all();
  }
  asio::awaitable<bool> is_last_replica();
  asio::awaitable<void> say_farewell();
};

// Not known counts as no: an address too many harms less than none while others still serve.
asio::awaitable<bool> Leader::State::is_last_replica() {
  if (pod.second.empty()) co_return false;
  const std::string siblings = co_await election::list_siblings(client, findings, pod);
  co_return !siblings.empty() && !election::has_others(siblings, pod.second);
}

asio::awaitable<void> Leader::State::say_farewell() {
  if (!is_candidate) co_return;
  if (options.update_status_on_shutdown) {
    if (!elector.leads()) (void)co_await elector.take_turn();  // the one before may just have given it up
    bool is_last = false;
    if (elector.leads()) is_last = co_await is_last_replica();
    if (is_last) co_await status.clear();
  }
  co_await elector.release();
}

Leader::Leader(const Options& options, kube::Access access, std::function<bool(std::uint64_t)> is_in_force, std::function<void()> notify)
    : state_(std::make_unique<State>(options, std::move(access), std::move(is_in_force), std::move(notify))) {
  State* const state = state_.get();
  state->spawn(state->status.run());
  state->spawn(state->events.run());
  state->thread = std::thread{[state] {
    ::pthread_setname_np(::pthread_self(), "leader");
    state->run();
  }};
}

Leader::~Leader() {
  leave();
  {
    std::unique_lock lock{state_->mutex};
    state_->ended.wait_until(lock, state_->left_at + longest_farewell, [this] { return state_->has_ended; });
  }
  state_->io.stop();
  state_->thread.join();
}

void Leader::follow(const translate::Translation& translation, const Changes& changes, const Store& store) {
  const bool has_work = state_->status.follow(translation, changes, store);
  if (!changes.routes && !has_work) return;
  asio::post(state_->io, [state = state_.get()] {
    state->stand();
    state->status.wake();
  });
}

void Leader::report(const events::Difference& difference, const Store& store) {
  if (state_->events.report(difference, store)) asio::post(state_->io, [state = state_.get()] { state->events.wake(); });
}

void Leader::leave() {
  {
    const std::lock_guard lock{state_->mutex};
    if (state_->left_at != Clock::time_point::max()) return;
    state_->left_at = Clock::now();
  }
  asio::post(state_->io, [state = state_.get()] {
    state->elector.leave();
    state->status.leave();
    state->events.leave();
  });
}

std::vector<routing::Diagnostic> Leader::diagnostics() const { return state_->findings.all(); }

std::vector<std::string> Leader::notices() const {
  std::string notice = state_->status.notice();
  return notice.empty() ? std::vector<std::string>{} : std::vector<std::string>{std::move(notice)};
}

}  // namespace controller
