#include "controller/reconciler.hpp"

#include "controller/dns_resolver.hpp"
#include "controller/manifests/directory.hpp"
#include "controller/manifests/store_from.hpp"
#include "controller/translate/translation.hpp"

#include <fmt/format.h>
#include <malloc.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <iterator>
#include <optional>
#include <set>
#include <thread>

namespace controller {

namespace {

using Clock = std::chrono::steady_clock;

// A change of a quiet moment is taken at once; in a burst, changes are gathered for this long.
constexpr std::chrono::milliseconds burst_gap{10};
constexpr std::chrono::milliseconds longest_burst{100};
// How long the first snapshot waits for ExternalName addresses.
constexpr std::chrono::milliseconds first_answers{1000};

std::chrono::nanoseconds thread_cpu() {
  timespec time{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return std::chrono::seconds{time.tv_sec} + std::chrono::nanoseconds{time.tv_nsec};
}

std::set<routing::Diagnostic> gather(const manifests::Directory& directory, const manifests::Loaded& loaded, const translate::Translation& translation) {
  std::set<routing::Diagnostic> all;
  for (auto& diagnostic : directory.diagnostics()) all.insert(std::move(diagnostic));
  all.insert(loaded.diagnostics.begin(), loaded.diagnostics.end());
  all.insert(translation.route_diagnostics.begin(), translation.route_diagnostics.end());
  all.insert(translation.upstream_diagnostics.begin(), translation.upstream_diagnostics.end());
  return all;
}

std::string notice_text(const manifests::Directory::Notice& notice) {
  if (notice.kind.empty()) return fmt::format("{} holds something that is no Kubernetes object: skipped", notice.file);
  return fmt::format("{} holds objects of kind {}, which are not read here: skipped", notice.file, notice.kind);
}

}  // namespace

struct Reconciler::State {
  Options options;
  Observer& observer;
  Publish publish;
  manifests::Directory directory;
  manifests::Loaded loaded;
  translate::CertificateCache certificates;
  std::optional<translate::Translation> translation;
  std::set<routing::Diagnostic> reported;
  std::set<manifests::Directory::Notice> noticed;
  std::uint64_t published_version = 0;
  int wake = ::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  std::atomic<bool> stopping{false}, answers_changed{false};
  std::unique_ptr<DnsResolver> resolver;
  std::thread thread;

  State(Options given, Observer& watcher, Publish hand_out)
      : options(std::move(given)), observer(watcher), publish(std::move(hand_out)), directory(options.manifests) {}

  void notify() const {
    const std::uint64_t one = 1;
    (void)!::write(wake, &one, sizeof one);
  }
  void translate_all();
  void refresh_endpoints(const std::set<kube::Key>* services);  // null: of all
  void finish(std::chrono::nanoseconds cpu_before);
  void report_notices();
  void react();
  void run();
  bool wait();
};

void Reconciler::State::translate_all() {
  translation = translate::translate(loaded.store, options, resolver->answers(), certificates, translation ? &*translation : nullptr);
  resolver->want(translation->external_names);
}

void Reconciler::State::refresh_endpoints(const std::set<kube::Key>* services) {
  translate::refresh_upstreams(*translation, services, loaded.store, options, resolver->answers());
}

void Reconciler::State::finish(std::chrono::nanoseconds cpu_before) {
  const bool is_new = translation->snapshot->version != published_version;
  if (is_new) {
    published_version = translation->snapshot->version;
    publish(translation->snapshot);
  }
  std::set<routing::Diagnostic> now = gather(directory, loaded, *translation);
  std::vector<routing::Diagnostic> fresh, gone;
  std::set_difference(now.begin(), now.end(), reported.begin(), reported.end(), std::back_inserter(fresh));
  std::set_difference(reported.begin(), reported.end(), now.begin(), now.end(), std::back_inserter(gone));
  for (const auto& diagnostic : fresh) observer.on_diagnostic(diagnostic);
  for (const auto& diagnostic : gone) observer.on_healed(diagnostic);
  reported = std::move(now);
  report_notices();
  if (is_new) observer.on_published(published_version, thread_cpu() - cpu_before);
}

void Reconciler::State::report_notices() {
  const auto notices = directory.notices();
  for (const auto& notice : notices)
    if (!noticed.contains(notice)) observer.on_notice(notice_text(notice));
  noticed = {notices.begin(), notices.end()};
}

void Reconciler::State::react() {
  const auto cpu_before = thread_cpu();
  const bool new_answers = answers_changed.exchange(false);
  const manifests::Changes changes = manifests::update(loaded, directory);
  if (changes.routes) translate_all();
  else if (new_answers) refresh_endpoints(nullptr);
  else if (!changes.services.empty()) refresh_endpoints(&changes.services);
  finish(cpu_before);
}

// False when it is time to stop. Returns when something has changed, gathered over a burst.
bool Reconciler::State::wait() {
  bool changed = false;
  auto deadline = Clock::time_point::max();
  while (!stopping) {
    const auto gap = changed ? std::min(burst_gap, std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now())) : directory.until_check();
    pollfd polled[] = {{directory.fd(), POLLIN, 0}, {wake, POLLIN, 0}};
    const int ready = ::poll(polled, 2, static_cast<int>(std::max(gap, std::chrono::milliseconds{0}).count()));
    if (stopping) return false;
    if (ready == 0 && changed) return true;
    std::uint64_t ignored;
    if (polled[1].revents) (void)!::read(wake, &ignored, sizeof ignored);
    const bool by_files = directory.take_changes();
    if (!by_files && !answers_changed) continue;
    if (!changed) deadline = Clock::now() + longest_burst;
    changed = true;
    if (Clock::now() >= deadline) return true;
  }
  return false;
}

void Reconciler::State::run() {
  const auto cpu_before = thread_cpu();
  (void)directory.take_delta();
  loaded = manifests::store_from(directory);
  translate_all();
  if (!translation->external_names.empty()) {
    resolver->wait_for_first(first_answers);
    answers_changed = false;
    refresh_endpoints(nullptr);
  }
  finish(cpu_before);
  ::malloc_trim(0);  // what parsing left free goes back to the system
  while (wait()) react();
}

Reconciler::Reconciler(Options options, Observer& observer, Publish publish)
    : state_(std::make_unique<State>(std::move(options), observer, std::move(publish))) {}

Reconciler::~Reconciler() {
  state_->stopping = true;
  state_->notify();
  if (state_->thread.joinable()) state_->thread.join();
  state_->resolver.reset();
  ::close(state_->wake);
}

Reconciler::Started Reconciler::start() {
  Started started;
  state_->directory.watch();
  started.ok = state_->directory.load(started.error);
  if (!started.ok) return started;
  State* const state = state_.get();
  state_->resolver = std::make_unique<DnsResolver>([state] {
    state->answers_changed = true;
    state->notify();
  });
  state_->thread = std::thread{[state] { state->run(); }};
  return started;
}

}  // namespace controller
