#include "controller/status/status_writer.hpp"

#include "controller/kube/backoff.hpp"
#include "controller/kube/missing_rule.hpp"
#include "controller/kube/resources.hpp"
#include "controller/status/addresses.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <fmt/format.h>

#include <utility>

namespace controller::status {

namespace asio = boost::asio;
using kube::Failure;

StatusWriter::StatusWriter(const Options& options, Parts parts, const kube::Key& pod)
    : options_(options), parts_(std::move(parts)), nodes_(parts_.client, parts_.findings, pod, options.report_node_internal_address),
      timer_(parts_.client.executor()) {
  if (!options.update_status) origin_ = Origin::nothing;
  else if (!options.publish_status_address.empty()) origin_ = Origin::flag;
  else if (!options.publish_service.empty()) origin_ = Origin::service;
  else origin_ = pod.second.empty() ? Origin::nothing : Origin::nodes;
}

std::string StatusWriter::notice() const {
  const std::lock_guard lock{mutex_};
  if (!options_.update_status || version_ == 0 || has_addresses_) return "";
  switch (origin_) {
    case Origin::flag: return "--publish-status-address holds no address: the status of Ingresses is left as it is";
    case Origin::service:
      return fmt::format("--publish-service: Service {} has no address yet, or does not exist: the status of Ingresses is left as it is", options_.publish_service);
    case Origin::nothing:
      return "the status of Ingresses is not written: set --publish-service, --publish-status-address, or POD_NAME for the addresses of our pods' nodes";
    default: return "";
  }
}

void StatusWriter::find_addresses(const Store& store) {
  kube::StatusAddresses addresses;
  if (origin_ == Origin::flag) {
    addresses = parse_addresses(options_.publish_status_address);
  } else if (origin_ == Origin::service) {
    const auto service = store.services.find(kube::key_of(options_.publish_service));
    if (service != store.services.end()) addresses = addresses_of(*service->second);
  } else {
    return;
  }
  has_addresses_ = !addresses.empty();
  statuses_.set_addresses(std::move(addresses));
}

void StatusWriter::serve(const translate::Translation& translation, const Store& store) {
  const std::lock_guard lock{mutex_};
  version_ = translation.snapshot->version;
  find_addresses(store);
  statuses_.serve(translation.served, translation.refused, store.ingresses);
}

bool StatusWriter::follow(std::uint64_t version, const Changes& changes, const Store& store) {
  const std::lock_guard lock{mutex_};
  version_ = version;
  find_addresses(store);
  statuses_.see(changes.statuses, store.ingresses);
  return statuses_.has_work();
}

asio::awaitable<void> StatusWriter::look_at_nodes() {
  const auto now = Clock::now();
  if (origin_ != Origin::nodes || !parts_.elector.leads() || now < nodes_due_) co_return;
  nodes_due_ = now + NodeAddresses::interval;
  std::optional<kube::StatusAddresses> found = co_await nodes_.find();
  if (!found) co_return;
  const std::lock_guard lock{mutex_};
  has_addresses_ = true;
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
  return waits_for_workers ? in_force_check : election::Election::longest_look;
}

asio::awaitable<StatusWriter::MaybeFailure> StatusWriter::write(const Statuses::Write& next) {
  std::string target = kube::path_of(kube::ingresses, next.ingress.first, next.ingress.second) + "/status";
  const kube::Request request = kube::json_request("PATCH", std::move(target), patch_of(next.addresses), kube::merge_patch);
  kube::Client::Response response = co_await parts_.client.send(request);
  co_return response.failure;
}

// What would hold for every other write as well is returned.
StatusWriter::MaybeFailure StatusWriter::note(const Statuses::Write& done, MaybeFailure failure) {
  const bool is_gone = failure && failure->status == 404;
  const bool is_refused = failure && !is_gone && failure->status != 409 && (failure->kind == Failure::Kind::refused || failure->kind == Failure::Kind::malformed);
  const bool is_forbidden = failure && failure->kind == Failure::Kind::forbidden;
  {
    const std::lock_guard lock{mutex_};
    if (!failure) statuses_.on_written(done);
    else if (is_gone) statuses_.on_gone(done.ingress);
    else if (is_refused) statuses_.put_off(done.ingress, Clock::now() + refused_wait);
  }
  const auto& [object_namespace, name] = done.ingress;
  parts_.findings.set("status", is_forbidden ? std::optional{kube::missing_rule(kube::ingresses, "ingresses/status", "\"patch\"", options_.watch_namespace, failure->text)}
                                             : std::nullopt);
  parts_.findings.set(fmt::format("status of {}/{}", object_namespace, name),
                      is_refused ? std::optional{routing::Diagnostic{"Ingress", object_namespace, name, "status", "cannot be written: " + failure->text, routing::Severity::changed}}
                                 : std::nullopt);
  if (is_gone || is_refused) return {};
  return failure;
}

asio::awaitable<void> StatusWriter::run() {
  constexpr std::chrono::milliseconds pace{1000 / writes_per_second};
  kube::Backoff backoff;
  while (!is_leaving_) {
    auto time = pace;
    co_await look_at_nodes();
    if (const auto due = next()) {
      MaybeFailure failure = co_await write(*due);
      failure = note(*due, std::move(failure));
      if (failure) time = backoff.next(*failure);
      else backoff.reset();
    } else {
      time = until_next();
    }
    if (is_leaving_) break;
    timer_.expires_after(time);
    co_await timer_.async_wait(asio::as_tuple(asio::use_awaitable));
  }
}

void StatusWriter::leave() {
  is_leaving_ = true;
  timer_.cancel();
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
  for (auto due = next_of_all(); due && parts_.elector.leads(); due = next_of_all()) {
    MaybeFailure failure = co_await write(*due);
    if (note(*due, std::move(failure))) co_return;  // there is no time for a second try
  }
}

}  // namespace controller::status
