#include "controller/status/status_writer.hpp"

#include "controller/kube/backoff.hpp"
#include "controller/kube/missing_rule.hpp"
#include "controller/kube/resources.hpp"
#include "controller/status/addresses.hpp"

#include <boost/asio/use_awaitable.hpp>
#include <fmt/format.h>

#include <iterator>
#include <string_view>
#include <utility>

namespace controller::status {

namespace asio = boost::asio;
using kube::Failure;

namespace {

routing::Diagnostic contest(const char* kind, const kube::Key& about, std::string_view where) {
  return {kind, about.first, about.second, "status", fmt::format("somebody else keeps writing other addresses {}, perhaps another controller of the same class: leave it to one of them, or set --update-status=false", where), routing::Severity::changed};
}

}  // namespace

StatusWriter::StatusWriter(const Options& options, Parts parts, const kube::Key& pod)
    : options_(options), parts_(std::move(parts)), nodes_(parts_.client, parts_.findings, pod, options.report_node_internal_address),
      pause_(parts_.client.executor()) {
  if (!options.update_status) origin_ = Origin::nothing;
  else if (!options.publish_status_addresses.empty()) origin_ = Origin::flag;
  else if (!options.publish_service.empty()) origin_ = Origin::service;
  else origin_ = pod.second.empty() ? Origin::nothing : Origin::nodes;
}

std::string StatusWriter::notice() const {
  const std::lock_guard lock{mutex_};
  if (!options_.update_status || version_ == 0 || statuses_.has_addresses()) return "";
  switch (origin_) {
    case Origin::service:
      return fmt::format("--publish-service: Service {} has no address yet, or does not exist: the status of Ingresses is left as it is", options_.publish_service);
    case Origin::nothing:
      return "the status of Ingresses is not written: set --publish-service, --publish-status-address, or POD_NAME for the addresses of our pods' nodes";
    default: return "the nodes that our pods run on have no address yet: the status of Ingresses is left as it is";
  }
}

void StatusWriter::find_addresses(const Store& store) {
  kube::StatusAddresses addresses;
  if (origin_ == Origin::flag) {
    addresses = to_addresses(options_.publish_status_addresses);
  } else if (origin_ == Origin::service) {
    const auto service = store.services.find(kube::key_of(options_.publish_service));
    if (service != store.services.end()) addresses = addresses_of(*service->second);
  } else {
    return;
  }
  statuses_.set_addresses(std::move(addresses));
}

bool StatusWriter::follow(const translate::Translation& translation, const Changes& changes, const Store& store) {
  const std::lock_guard lock{mutex_};
  version_ = translation.snapshot->version;
  find_addresses(store);
  statuses_.see(changes.statuses, store.ingresses, Clock::now());
  if (changes.routes)
    for (const auto& [ingress, state] : translation.ingress_states) statuses_.follow(ingress, state, store.ingresses);
  forget_findings([this](const kube::Key& ingress) { return !statuses_.is_due(ingress); });  // no further write would
  return statuses_.has_work();
}

asio::awaitable<void> StatusWriter::look_at_nodes() {
  const auto now = Clock::now();
  if (origin_ != Origin::nodes || !parts_.elector.leads() || now < nodes_due_) co_return;
  std::optional<kube::StatusAddresses> found = co_await nodes_.find();
  nodes_due_ = now + (found ? NodeAddresses::interval : NodeAddresses::short_interval);
  if (!found) co_return;
  const std::lock_guard lock{mutex_};
  statuses_.set_addresses(std::move(*found));
}

// None: nothing is to be written, or not yet.
std::optional<Statuses::Write> StatusWriter::next() const {
  const std::lock_guard lock{mutex_};
  if (!parts_.elector.leads() || !statuses_.has_work() || !parts_.is_in_force(version_)) return {};
  return statuses_.next(Clock::now());
}

std::chrono::milliseconds StatusWriter::until_next() const {
  const std::lock_guard lock{mutex_};
  const bool waits_for_workers = parts_.elector.leads() && statuses_.has_work() && !parts_.is_in_force(version_);
  return waits_for_workers ? in_force_check : idle_check;
}

asio::awaitable<StatusWriter::MaybeFailure> StatusWriter::write(const Statuses::Write& due) {
  std::string target = kube::path_of(kube::ingresses, due.ingress.first, due.ingress.second) + "/status";
  const kube::Request request = kube::json_request("PATCH", std::move(target), patch_of(due.addresses), kube::merge_patch);
  kube::Client::Response response = co_await parts_.client.send(request);
  take_in(due, response.failure);
  tell(due, response.failure);
  co_return response.failure && kube::concerns_all(*response.failure) ? response.failure : std::nullopt;
}

void StatusWriter::take_in(const Statuses::Write& done, const MaybeFailure& failure) {
  const std::lock_guard lock{mutex_};
  if (!failure) return statuses_.on_written(done);
  if (failure->status == 404) statuses_.on_gone(done.ingress);
  if (kube::concerns_all(*failure)) return;
  const bool may_pass = failure->kind == Failure::Kind::busy || failure->status == 409 || failure->status == 404;
  statuses_.put_off(done.ingress, Clock::now() + (may_pass ? failed_wait : refused_wait));
}

// An answer that does not come, or may be another in a moment, says nothing of what was wrong before.
void StatusWriter::tell(const Statuses::Write& done, const MaybeFailure& failure) {
  const auto& [object_namespace, name] = done.ingress;
  const std::string about = fmt::format("status of {}/{}", object_namespace, name);
  if (failure && kube::is_missing_rule(*failure))
    return parts_.findings.set("status", kube::missing_rule(kube::ingresses, "ingresses/status", "\"patch\"", options_.watch_namespace, failure->text));
  const bool is_done = !failure || failure->status == 404;
  const bool is_refused = failure && !is_done && failure->status != 0 && failure->status != 409 && failure->kind != Failure::Kind::busy && failure->kind != Failure::Kind::unauthorized;
  if (!failure) parts_.findings.set("status", std::nullopt);
  if (!is_done && !is_refused) return;
  const std::lock_guard lock{mutex_};
  if (is_refused && !statuses_.is_due(done.ingress)) return;  // nothing is to be written any more
  if (is_refused) told_.insert(done.ingress);
  else if (told_.erase(done.ingress) == 0) return;
  parts_.findings.set(about, is_refused ? std::optional{routing::Diagnostic{"Ingress", object_namespace, name, "status", "cannot be written: " + failure->text, routing::Severity::changed}}
                                        : std::nullopt);
}

void StatusWriter::tell_contests() {
  const auto now = Clock::now();
  if (now < contests_due_) return;
  contests_due_ = now + idle_check;
  std::set<kube::Key> contested;
  if (parts_.elector.leads()) {
    const std::lock_guard lock{mutex_};
    contested = statuses_.contested(now);
  }
  const bool are_more = contested.size() > most_contests_told;
  if (are_more) contested.erase(std::next(contested.begin(), most_contests_told), contested.end());
  const auto about = [](const kube::Key& ingress) { return fmt::format("contest over {}/{}", ingress.first, ingress.second); };
  for (const kube::Key& ingress : contests_told_)
    if (!contested.contains(ingress)) parts_.findings.set(about(ingress), std::nullopt);
  for (const kube::Key& ingress : contested) parts_.findings.set(about(ingress), contest("Ingress", ingress, "here"));
  parts_.findings.set("contests", are_more ? std::optional{contest("Process", {"", "weir"}, "into more Ingresses than are told of one by one")} : std::nullopt);
  contests_told_ = std::move(contested);
}

void StatusWriter::forget_findings(const std::function<bool(const kube::Key&)>& concerns) {
  for (auto at = told_.begin(); at != told_.end();) {
    const kube::Key ingress = *at;
    at = concerns(ingress) ? told_.erase(at) : std::next(at);
    if (!told_.contains(ingress)) parts_.findings.set(fmt::format("status of {}/{}", ingress.first, ingress.second), std::nullopt);
  }
}

asio::awaitable<void> StatusWriter::run() {
  constexpr std::chrono::milliseconds pace{1000 / writes_per_second};
  kube::Backoff backoff;
  while (!pause_.is_over()) {
    co_await look_at_nodes();
    if (pause_.is_over()) break;
    if (std::exchange(led_, parts_.elector.leads()) && !led_) {  // it is another's now to tell
      parts_.findings.set("status", std::nullopt);
      const std::lock_guard lock{mutex_};
      forget_findings([](const kube::Key&) { return true; });
    }
    tell_contests();
    const auto due = next();
    if (!due) {
      co_await pause_.rest(until_next());
      continue;
    }
    const MaybeFailure failure = co_await write(*due);
    if (!failure) backoff.reset();
    const std::chrono::milliseconds wait = failure ? backoff.next(*failure) : pace;
    co_await pause_.keep(wait);
  }
}

asio::awaitable<void> StatusWriter::clear() {
  {
    const std::lock_guard lock{mutex_};
    statuses_.clear_all();
  }
  const auto next_of_all = [this] {
    const std::lock_guard lock{mutex_};
    return statuses_.next(Clock::now());
  };
  unsigned written = 0;
  for (auto due = next_of_all(); due && parts_.elector.leads(); due = next_of_all()) {
    if (const MaybeFailure failure = co_await write(*due)) co_return;  // there is no time for a second try
    if (++written % renewed_after == 0) (void)co_await parts_.elector.take_turn();
  }
}

}  // namespace controller::status
