#include "controller/election/elector.hpp"

#include "controller/kube/backoff.hpp"
#include "controller/kube/missing_rule.hpp"
#include "controller/kube/resources.hpp"

#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <utility>

namespace controller::election {

namespace asio = boost::asio;
using Clock = std::chrono::steady_clock;
using kube::Failure;

Elector::Elector(kube::Client& client, Findings& findings, Settings settings, std::function<void()> on_elected)
    : client_(client), findings_(findings), settings_(std::move(settings)), on_elected_(std::move(on_elected)), pause_(client.executor()),
      election_(settings_.identity, settings_.ttl) {}

std::string Elector::path() const { return kube::path_of(kube::leases, settings_.lease.object_namespace, settings_.lease.name); }

asio::awaitable<Elector::MaybeFailure> Elector::look() {
  kube::Request request;
  request.target = path();
  kube::Client::Response response = co_await client_.send(request);
  lease_.reset();
  if (response.failure && response.failure->status == 404) co_return std::nullopt;
  if (!response.failure) {
    lease_ = read_lease(response.body);
    if (!lease_) response.failure = Failure{Failure::Kind::malformed, 0, "the server's answer is no Lease", {}};
  }
  co_return response.failure;
}

asio::awaitable<Elector::MaybeFailure> Elector::write(Election::Step step) {
  const bool is_new = step == Election::Step::create;
  std::string body = lease_held_by(settings_.lease, lease_ ? &*lease_ : nullptr, election_.identity(), election_.duration(), std::chrono::system_clock::now());
  const auto begun = Clock::now();
  std::string target = is_new ? kube::path_of(kube::leases, settings_.lease.object_namespace) : path();
  const kube::Request request = kube::json_request(is_new ? "POST" : "PUT", std::move(target), std::move(body));
  kube::Client::Response response = co_await client_.send(request);
  if (!response.failure) {
    election_.on_written(begun);
    lease_ = read_lease(response.body);
  } else if (response.failure->status == 409) {
    election_.on_lost();  // which of us it was, the next look shows
    co_return std::nullopt;
  }
  co_return response.failure;
}

// An answer that does not come says nothing, neither that there is something wrong nor that it no longer is.
void Elector::note(const MaybeFailure& failure) {
  const auto& [object_namespace, name] = settings_.lease;
  if (!failure) return findings_.set("election", std::nullopt);
  if (kube::is_missing_rule(*failure))
    return findings_.set("election", kube::missing_rule(kube::leases, kube::leases.plural, "\"get\", \"create\", \"update\"", object_namespace, failure->text));
  const bool is_refused = failure->kind == Failure::Kind::refused || failure->kind == Failure::Kind::malformed || failure->kind == Failure::Kind::forbidden;
  if (is_refused)
    findings_.set("election", routing::Diagnostic{"Lease", object_namespace, name, "", "cannot be held, so nothing is written: " + failure->text + "; --election-id and POD_NAMESPACE say which it is",
                                                  routing::Severity::refused});
}

asio::awaitable<Elector::MaybeFailure> Elector::take_turn() {
  MaybeFailure failure = co_await look();
  if (failure || settings_.is_alone) co_return failure;
  const auto step = election_.decide(lease_ ? &*lease_ : nullptr, Clock::now());
  if (step != Election::Step::none) failure = co_await write(step);
  co_return failure;
}

asio::awaitable<void> Elector::run() {
  kube::Backoff backoff;
  while (!pause_.is_over() && !settings_.is_alone) {
    const bool led = leads();
    const MaybeFailure failure = co_await take_turn();
    note(failure);
    if (!led && leads()) on_elected_();
    auto time = election_.until_look(Clock::now());
    if (!failure) backoff.reset();
    else time = leads() ? std::min(Election::longest_look, backoff.next(*failure)) : backoff.next(*failure);
    co_await pause_.keep(time);
  }
}

asio::awaitable<void> Elector::release() {
  if (settings_.is_alone) co_return;
  const MaybeFailure failure = co_await look();
  if (failure || !lease_ || lease_->holder != election_.identity()) co_return;
  const kube::Request request = kube::json_request("PUT", path(), released(*lease_, std::chrono::system_clock::now()));
  (void)co_await client_.send(request);
}

}  // namespace controller::election
