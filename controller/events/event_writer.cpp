#include "controller/events/event_writer.hpp"

#include "controller/kube/backoff.hpp"
#include "controller/kube/missing_rule.hpp"
#include "controller/kube/resources.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <utility>

namespace controller::events {

namespace asio = boost::asio;
using kube::Failure;

EventWriter::EventWriter(const Options& options, kube::Client& client, Findings& findings, const election::Elector& elector, std::string instance)
    : options_(options), client_(client), findings_(findings), elector_(elector), instance_(std::move(instance)), timer_(client.executor()) {}

// With --watch-namespace we have rights there and where our ConfigMap stands.
bool EventWriter::may_write_in(const std::string& event_namespace) const {
  const std::string& watched = options_.watch_namespace;
  return watched.empty() || event_namespace == watched || (!options_.config_map.empty() && event_namespace == kube::key_of(options_.config_map).first);
}

bool EventWriter::report(const Difference& difference, const Store& store) {
  const std::lock_guard lock{mutex_};
  const auto find = [&](const routing::Diagnostic& diagnostic) {
    auto found = regarding(diagnostic, store);
    return found && may_write_in(found->event_namespace()) ? found : std::nullopt;
  };
  for (const auto& diagnostic : difference.healed) queue_.heal(diagnostic, find(diagnostic));
  for (const auto& diagnostic : difference.arisen)
    if (const auto found = find(diagnostic)) queue_.arise(diagnostic, *found, difference.is_first);
  return queue_.has_work();
}

std::optional<EventQueue::Item> EventWriter::next() {
  const std::lock_guard lock{mutex_};
  queue_.set_leading(elector_.leads());
  return queue_.next(Clock::now());
}

asio::awaitable<EventWriter::MaybeFailure> EventWriter::repeat(const EventQueue::Item& item) {
  unsigned count = 0;
  {
    const std::lock_guard lock{mutex_};
    count = queue_.count_repeat(item);
  }
  std::string target = kube::path_of(kube::events, item.regarding.event_namespace(), name_of(item.regarding, item.diagnostic, item.occasion));
  const kube::Request request = kube::json_request("PATCH", std::move(target), repeated(count, std::chrono::system_clock::now()), kube::merge_patch);
  kube::Client::Response response = co_await client_.send(request);
  co_return response.failure;
}

asio::awaitable<EventWriter::MaybeFailure> EventWriter::write(const EventQueue::Item& item) {
  std::string body = text_of(item.regarding, item.diagnostic, item.occasion, instance_, std::chrono::system_clock::now());
  const kube::Request request = kube::json_request("POST", kube::path_of(kube::events, item.regarding.event_namespace()), std::move(body));
  kube::Client::Response response = co_await client_.send(request);
  if (!response.failure || response.failure->status != 409) co_return response.failure;
  if (item.may_be_told) co_return std::nullopt;
  co_return co_await repeat(item);
}

// What would hold for every other write as well is returned.
EventWriter::MaybeFailure EventWriter::note(const EventQueue::Item& item, MaybeFailure failure) {
  const bool is_ending = failure && failure->text.find("being terminated") != std::string::npos;  // the namespace, and all in it
  const bool is_forbidden = failure && !is_ending && failure->kind == Failure::Kind::forbidden;
  const bool is_lasting = failure && !is_ending && !is_forbidden && failure->kind != Failure::Kind::refused && failure->kind != Failure::Kind::malformed;
  const std::string place = item.regarding.event_namespace();
  {
    const std::lock_guard lock{mutex_};
    if (is_forbidden) queue_.put_off(place, Clock::now() + forbidden_wait);
    else if (!is_lasting) queue_.on_done(item, Clock::now());
  }
  if (!is_lasting && !is_ending) {
    const std::string& where = options_.watch_namespace.empty() ? options_.watch_namespace : place;
    findings_.set("events in " + where, is_forbidden ? std::optional{kube::missing_rule(kube::events, kube::events.plural, "\"create\", \"patch\"", where, failure->text)} : std::nullopt);
  }
  return is_lasting ? failure : std::nullopt;
}

asio::awaitable<void> EventWriter::run() {
  constexpr std::chrono::milliseconds pace{1000 / writes_per_second};
  kube::Backoff backoff;
  while (!is_leaving_) {
    std::chrono::milliseconds time = pace;
    if (const auto item = next()) {
      MaybeFailure failure = co_await write(*item);
      failure = note(*item, std::move(failure));
      if (failure) time = backoff.next(*failure);
      else backoff.reset();
    } else {
      time = election::Election::longest_look;
    }
    if (is_leaving_) break;
    timer_.expires_after(time);
    co_await timer_.async_wait(asio::as_tuple(asio::use_awaitable));
  }
}

void EventWriter::leave() {
  is_leaving_ = true;
  timer_.cancel();
}

}  // namespace controller::events
