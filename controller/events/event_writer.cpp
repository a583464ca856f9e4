#include "controller/events/event_writer.hpp"

#include "controller/kube/backoff.hpp"
#include "controller/kube/missing_rule.hpp"
#include "controller/kube/resources.hpp"

#include <boost/asio/use_awaitable.hpp>

#include <utility>

namespace controller::events {

namespace asio = boost::asio;
using kube::Failure;

EventWriter::EventWriter(const Options& options, kube::Client& client, Findings& findings, const election::Elector& elector, std::string instance)
    : options_(options), client_(client), findings_(findings), elector_(elector), instance_(std::move(instance)), pause_(client.executor()) {}

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
  for (const auto& diagnostic : difference.renewed) {
    if (const auto found = find(diagnostic)) queue_.renew(diagnostic, *found);
    else queue_.heal(diagnostic, std::nullopt);
  }
  for (const auto& diagnostic : difference.arisen)
    if (const auto found = find(diagnostic)) queue_.arise(diagnostic, *found, difference.is_first);
  return queue_.has_work();
}

std::optional<EventQueue::Item> EventWriter::next() {
  const std::lock_guard lock{mutex_};
  const bool leads = elector_.leads();
  queue_.set_leading(leads);
  if (!leads)  // it is another's now to tell
    for (const std::string& event_namespace : std::exchange(told_, {})) findings_.set("events in " + event_namespace, std::nullopt);
  return queue_.next(Clock::now());
}

asio::awaitable<EventWriter::MaybeFailure> EventWriter::repeat(const EventQueue::Item& item) {
  unsigned count = 0;
  {
    const std::lock_guard lock{mutex_};
    count = queue_.next_count(item);
  }
  std::string target = kube::path_of(kube::events, item.regarding.event_namespace(), name_of(item.regarding, item.diagnostic, item.occasion));
  const kube::Request request = kube::json_request("PATCH", std::move(target), repeated(count, std::chrono::system_clock::now()), kube::merge_patch);
  kube::Client::Response response = co_await client_.send(request);
  if (!response.failure) {
    const std::lock_guard lock{mutex_};
    queue_.on_repeated(item);
  }
  co_return response.failure;
}

asio::awaitable<EventWriter::Outcome> EventWriter::write(const EventQueue::Item& item) {
  std::string body = text_of(item.regarding, item.diagnostic, item.occasion, instance_, std::chrono::system_clock::now());
  const kube::Request request = kube::json_request("POST", kube::path_of(kube::events, item.regarding.event_namespace()), std::move(body));
  kube::Client::Response response = co_await client_.send(request);
  Outcome outcome{response.failure};
  if (!response.failure || response.failure->status != 409) co_return outcome;
  if (item.may_be_told) co_return Outcome{std::nullopt, false};
  outcome.failure = co_await repeat(item);
  co_return outcome;
}

void EventWriter::take_in(const EventQueue::Item& item, const Outcome& outcome) {
  const MaybeFailure& failure = outcome.failure;
  const bool is_ending = failure && failure->text.find("being terminated") != std::string::npos;  // the namespace, and all in it
  const bool is_lost = failure && (failure->kind == Failure::Kind::refused || failure->kind == Failure::Kind::malformed);
  const std::lock_guard lock{mutex_};
  if (!failure || is_ending || is_lost) queue_.on_done(item, Clock::now(), !failure && outcome.has_written);
  else if (kube::is_missing_rule(*failure) || !kube::concerns_all(*failure)) queue_.put_off(item.regarding.event_namespace(), Clock::now() + refused_wait);
}

void EventWriter::tell(const std::string& event_namespace, const MaybeFailure& failure) {
  const std::string about = "events in " + event_namespace;
  if (failure && kube::is_missing_rule(*failure)) {
    const std::string where = options_.watch_namespace.empty() ? "" : event_namespace;
    told_.insert(event_namespace);
    findings_.set(about, kube::missing_rule(kube::events, kube::events.plural, "\"create\", \"patch\"", where, failure->text));
  } else if (!failure && told_.erase(event_namespace) != 0) {
    findings_.set(about, std::nullopt);
  }
}

asio::awaitable<void> EventWriter::run() {
  constexpr std::chrono::milliseconds pace{1000 / writes_per_second};
  kube::Backoff backoff;
  while (!pause_.is_over()) {
    const auto item = next();
    if (!item) {
      co_await pause_.rest(idle_check);
      continue;
    }
    const Outcome outcome = co_await write(*item);
    take_in(*item, outcome);
    tell(item->regarding.event_namespace(), outcome.failure);
    const bool holds_all_back = outcome.failure && kube::concerns_all(*outcome.failure) && !kube::is_missing_rule(*outcome.failure);
    if (!holds_all_back) backoff.reset();
    const std::chrono::milliseconds wait = holds_all_back ? backoff.next(*outcome.failure) : pace;
    co_await pause_.keep(wait);
  }
}

}  // namespace controller::events
