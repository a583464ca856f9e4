#include "controller/reconciler.hpp"

#include "controller/dns_resolver.hpp"
#include "controller/kube/api/access.hpp"
#include "controller/leader.hpp"
#include "controller/source.hpp"
#include "controller/translate/diagnostics.hpp"
#include "controller/translate/translation.hpp"

#include <fmt/format.h>
#include <malloc.h>
#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <iterator>
#include <set>
#include <span>
#include <string_view>
#include <thread>
#include <tuple>
#include <utility>

namespace controller {

namespace {

using Clock = std::chrono::steady_clock;

// A change is taken as soon as its source thinks it whole, but is not waited for longer than this.
constexpr std::chrono::milliseconds longest_burst{100};
// After a reaction there is none for so long, and for so many times the CPU it took: what comes meanwhile is gathered, and however
// fast it comes, it gets a quarter of a core; more only where a single reaction takes so long that others would wait too long.
constexpr std::chrono::milliseconds shortest_rest{5};
constexpr int rest_per_work = 3;
constexpr std::chrono::milliseconds longest_rest{250};
// Diagnostics are gathered and compared whole: after it there is a rest for so many times the CPU it took, so that very many get a
// twentieth of a core; more only where nobody would hear of a new one for longer than the limit.
constexpr int report_rest_per_work = 19;
constexpr std::chrono::milliseconds longest_report_rest{1000};
// How long nobody looks whether certificates are valid still.
constexpr std::chrono::minutes longest_wait{1};
// How long the first snapshot waits for ExternalName addresses.
constexpr std::chrono::milliseconds first_answers{1000};
// How often snapshots that were replaced are looked at, whether any worker still holds them.
constexpr std::chrono::milliseconds release_interval{1000};

std::chrono::nanoseconds thread_cpu() {
  timespec time{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return std::chrono::seconds{time.tv_sec} + std::chrono::nanoseconds{time.tv_nsec};
}

// Those of one object, in a sorted list.
std::span<const routing::Diagnostic> of_object(const std::vector<routing::Diagnostic>& sorted, const kube::ObjectName& name) {
  using Texts = std::tuple<std::string_view, std::string_view, std::string_view>;
  const auto object = [](const routing::Diagnostic& diagnostic) { return Texts{diagnostic.kind, diagnostic.object_namespace, diagnostic.name}; };
  const auto found = std::ranges::equal_range(sorted, Texts{name.first, name.second.first, name.second.second}, {}, object);
  return {found.begin(), found.end()};
}

}  // namespace

struct Reconciler::State {
  Options options;
  Observer& observer;
  Publish publish;
  IsInForce is_in_force;
  std::unique_ptr<Source> source;
  translate::CertificateCache certificates;
  translate::Translation translation;
  std::vector<routing::Diagnostic> reported;  // sorted
  std::set<kube::ObjectName> gone;            // of the objects of those, since then
  std::set<std::string> noticed;
  std::vector<std::string> problems;
  Clock::time_point rests_until{}, reports_from{};
  bool is_report_due = false;
  std::uint64_t published_version = 0;
  bool has_begun = false;  // what has been reported since is news
  std::vector<std::shared_ptr<const routing::Snapshot>> retired;  // that workers may still use; freed here, so that no request waits for it
  int wake = ::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  std::atomic<bool> stopping{false}, answers_changed{false}, leader_changed{false};
  std::unique_ptr<DnsResolver> resolver;
  std::unique_ptr<Leader> leader;  // null: nothing is written back
  std::thread thread;

  State(Options given, Observer& watcher, Publish hand_out, IsInForce in_force)
      : options(std::move(given)), observer(watcher), publish(std::move(hand_out)), is_in_force(std::move(in_force)), source(make_source(options)) {}

  void notify() const {
    const std::uint64_t one = 1;
    (void)!::write(wake, &one, sizeof one);
  }
  void translate_all(const Changes* changes);  // null: anything may differ
  void refresh_endpoints(const std::set<kube::Key>& services, bool new_answers);
  void finish(std::chrono::nanoseconds cpu_before, const Changes& changes);
  [[nodiscard]] std::vector<routing::Diagnostic> gather() const;
  [[nodiscard]] bool must_judge() const { return !translation.judged.contains(std::chrono::system_clock::now()); }
  [[nodiscard]] std::chrono::milliseconds until_check() const;
  void report_problems();
  void report_findings();
  void report_if_due();
  void start_leader();
  void react();
  void run();
  bool wait_for_objects();
  bool wait();
  bool poll(std::chrono::milliseconds limit);
  void release_retired() {
    std::erase_if(retired, [](const auto& snapshot) { return snapshot.use_count() == 1; });
  }
};

void Reconciler::State::translate_all(const Changes* changes) {
  translate::translate(translation, source->store(), options, resolver->answers(), certificates, changes);
  resolver->want(translation.external_names);
}

void Reconciler::State::refresh_endpoints(const std::set<kube::Key>& services, bool new_answers) {
  translate::refresh_upstreams(translation, services, new_answers, source->store(), options, resolver->answers());
}

void Reconciler::State::finish(std::chrono::nanoseconds cpu_before, const Changes& changes) {
  const bool is_new = translation.snapshot->version != published_version;
  if (is_new) {
    published_version = translation.snapshot->version;
    publish(translation.snapshot);
  }
  if (leader) leader->follow(translation, changes, source->store());
  translation.ingress_states.clear();  // nobody else asks
  for (const kube::ObjectName& name : changes.gone)
    if (!of_object(reported, name).empty()) gone.insert(name);
  const auto cpu = thread_cpu() - cpu_before;
  report_problems();
  is_report_due = true;
  if (!has_begun) report_if_due();  // whoever waits for the first configuration says how many there are
  if (is_new) observer.on_published(published_version, cpu);
}

// Sorted, each once.
std::vector<routing::Diagnostic> Reconciler::State::gather() const {
  std::vector<routing::Diagnostic> all = source->diagnostics();
  const auto add = [&all](std::vector<routing::Diagnostic> more) { all.insert(all.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end())); };
  if (translation.snapshot) add(translate::diagnostics_of(translation));
  if (leader) add(leader->diagnostics());
  std::sort(all.begin(), all.end());
  all.erase(std::unique(all.begin(), all.end()), all.end());
  return all;
}

// What is new, and what no longer holds.
void Reconciler::State::report_findings() {
  is_report_due = false;
  std::vector<routing::Diagnostic> now = gather();
  events::Difference difference;
  difference.is_first = !std::exchange(has_begun, translation.snapshot != nullptr);
  std::set_difference(now.begin(), now.end(), reported.begin(), reported.end(), std::back_inserter(difference.arisen));
  std::set_difference(reported.begin(), reported.end(), now.begin(), now.end(), std::back_inserter(difference.healed));
  for (const kube::ObjectName& name : std::exchange(gone, {}))
    for (const auto& diagnostic : of_object(now, name))
      if (std::binary_search(reported.begin(), reported.end(), diagnostic)) difference.renewed.push_back(diagnostic);
  for (const auto& diagnostic : difference.arisen) observer.on_diagnostic(diagnostic);
  for (const auto& diagnostic : difference.healed) observer.on_healed(diagnostic);
  if (leader) leader->report(difference, source->store());
  reported = std::move(now);
  auto notices = source->notices();
  if (leader)
    for (auto& notice : leader->notices()) notices.push_back(std::move(notice));
  for (const auto& notice : notices)
    if (!noticed.contains(notice)) observer.on_notice(notice);
  noticed = {notices.begin(), notices.end()};
}

// Whether the objects are in step, at once: readiness is told by it.
void Reconciler::State::report_problems() {
  auto problems_now = source->problems();
  if (problems_now == problems) return;
  problems = std::move(problems_now);
  observer.on_problems(problems);
}

void Reconciler::State::report_if_due() {
  if (!is_report_due || Clock::now() < reports_from) return;
  const auto cpu_before = thread_cpu();
  report_findings();
  reports_from = Clock::now() + std::min<std::chrono::nanoseconds>(report_rest_per_work * (thread_cpu() - cpu_before), longest_report_rest);
}

void Reconciler::State::react() {
  const auto cpu_before = thread_cpu();
  std::shared_ptr<const routing::Snapshot> before = translation.snapshot;
  const bool new_answers = answers_changed.exchange(false);
  const Changes changes = source->update();
  if (changes.routes || must_judge()) translate_all(changes.is_unbounded ? nullptr : &changes);
  else if (new_answers || !changes.services.empty()) refresh_endpoints(changes.services, new_answers);
  if (translation.snapshot != before) retired.push_back(std::move(before));  // once, or it would count itself as in use
  finish(cpu_before, changes);
  rests_until = Clock::now() + std::clamp<std::chrono::nanoseconds>(rest_per_work * (thread_cpu() - cpu_before), shortest_rest, longest_rest);
  release_retired();
  report_if_due();
}

// Until something may have happened. False when nothing has.
bool Reconciler::State::poll(std::chrono::milliseconds limit) {
  if (!retired.empty()) limit = std::min(limit, release_interval);
  pollfd polled[] = {{source->fd(), POLLIN, 0}, {wake, POLLIN, 0}};
  const int ready = ::poll(polled, 2, static_cast<int>(std::max(limit, std::chrono::milliseconds{0}).count()));
  std::uint64_t ignored;
  if (polled[1].revents) (void)!::read(wake, &ignored, sizeof ignored);
  if (ready == 0) release_retired();
  return ready != 0;
}

// False when it is time to stop.
bool Reconciler::State::wait_for_objects() {
  while (!stopping && !source->is_synced()) {
    report_findings();
    report_problems();
    poll(source->until_check());
    (void)source->take_changes();
  }
  return !stopping;
}

// Until the source wants to be asked, a certificate begins or ceases to be valid, or there is something to tell. The clock may be set meanwhile: hence a limit.
std::chrono::milliseconds Reconciler::State::until_check() const {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(std::min<std::chrono::system_clock::duration>(
      translation.judged.until() - std::chrono::system_clock::now(), longest_wait));
  const auto report_due = is_report_due ? std::chrono::ceil<std::chrono::milliseconds>(reports_from - Clock::now()) : left;
  return std::max(std::min({source->until_check(), left, report_due}), std::chrono::milliseconds{0});
}

// False when it is time to stop. Returns when something has changed and the rest is over.
bool Reconciler::State::wait() {
  bool changed = false;
  auto deadline = Clock::time_point::max(), due = deadline;
  while (!stopping) {
    const bool happened = poll(changed ? std::chrono::ceil<std::chrono::milliseconds>(due - Clock::now()) : until_check());
    if (stopping) return false;
    if (!changed && must_judge()) return true;
    if (changed && Clock::now() >= due) return true;
    if (changed && !happened) continue;
    if (leader_changed.exchange(false)) is_report_due = true;
    const bool by_source = source->take_changes();
    if (!by_source && !answers_changed) {
      if (!changed) report_if_due();  // what is told has to agree with what is served
      continue;
    }
    const auto now = Clock::now();
    if (!changed) deadline = now + longest_burst;
    changed = true;
    due = std::max<Clock::time_point>(std::min<Clock::time_point>(now + source->settling_time(), deadline), rests_until);
    if (now >= due) return true;
  }
  return false;
}

// Whoever knows whether workers serve by a snapshot runs a proxy; what comes from files has nobody to be told to.
void Reconciler::State::start_leader() {
  if (!options.manifests.empty() || !is_in_force) return;
  kube::FoundAccess found = kube::find_access(options);
  if (!found.access) return;  // the source has said so
  leader = std::make_unique<Leader>(options, std::move(*found.access), is_in_force, [this] {
    leader_changed = true;
    notify();
  });
}

void Reconciler::State::run() {
  if (!wait_for_objects()) return;
  const auto cpu_before = thread_cpu();
  (void)source->update();
  translate_all(nullptr);
  if (!translation.external_names.empty()) {
    resolver->wait_for_first(first_answers);
    answers_changed = false;
    refresh_endpoints({}, true);
  }
  finish(cpu_before, {.routes = true, .is_unbounded = true, .ingresses = {}, .services = {}, .secrets = {}, .gone = {}, .statuses = {}});
  ::malloc_trim(0);  // what parsing left free goes back to the system
  while (wait()) react();
  if (is_report_due) report_findings();
}

Reconciler::Reconciler(Options options, Observer& observer, Publish publish, IsInForce is_in_force)
    : state_(std::make_unique<State>(std::move(options), observer, std::move(publish), std::move(is_in_force))) {}

Reconciler::~Reconciler() {
  state_->stopping = true;
  state_->notify();
  if (state_->thread.joinable()) state_->thread.join();
  state_->leader.reset();
  state_->resolver.reset();
  ::close(state_->wake);
}

Reconciler::Started Reconciler::start() {
  Started started;
  started.error = state_->source->start();
  started.ok = started.error.empty();
  if (!started.ok) return started;
  State* const state = state_.get();
  state->start_leader();
  state_->resolver = std::make_unique<DnsResolver>([state] {
    state->answers_changed = true;
    state->notify();
  });
  state_->thread = std::thread{[state] {
    ::pthread_setname_np(::pthread_self(), "reconciler");
    state->run();
  }};
  return started;
}

void Reconciler::leave() {
  if (state_->leader) state_->leader->leave();
}

}  // namespace controller
