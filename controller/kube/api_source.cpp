#include "controller/kube/api_source.hpp"

#include "controller/kube/api/client.hpp"
#include "controller/kube/backoff.hpp"
#include "controller/kube/intake.hpp"
#include "controller/kube/missing_rule.hpp"
#include "controller/kube/reflector.hpp"
#include "controller/kube/resources.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <fmt/format.h>
#include <pthread.h>

#include <algorithm>
#include <deque>
#include <iterator>
#include <optional>
#include <set>
#include <thread>
#include <utility>

namespace controller::kube {

namespace asio = boost::asio;

namespace {

constexpr unsigned most_fetches = 4;  // of single Secrets at a time

routing::Diagnostic missing_rule(const Watched& watched, std::string_view verbs, const Failure& failure) {
  return missing_rule(*watched.resource, watched.resource->plural, verbs, watched.object_namespace, failure.text);
}

constexpr std::string_view read_verbs = "\"list\", \"watch\"";

}  // namespace

class ApiSource::Session {
 public:
  Session(const Options& options, Inbox& inbox, Access access, std::vector<Watched> watched)
      : options_(options), inbox_(inbox), client_(io_.get_executor(), std::move(access)), intake_(inbox, options, [this](const Key& key) { enqueue(key); }) {
    for (std::size_t id = 0; id < watched.size(); ++id) feeds_.push_back(std::make_unique<Feed>(*this, id, std::move(watched[id])));
  }
  ~Session() {
    io_.stop();
    if (thread_.joinable()) thread_.join();
  }
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  // Follows everything until it is destroyed.
  void follow() {
    for (auto& feed : feeds_)
      if (!feed->waits_for_ingresses()) feed->follow();
    thread_ = std::thread{[this] {
      ::pthread_setname_np(::pthread_self(), "kube-api");
      io_.run();
    }};
  }
  // Lists everything, on this thread. "" or why that was not possible.
  [[nodiscard]] std::string read_once() {
    std::string error;
    asio::co_spawn(io_, read_all(error), asio::detached);
    io_.run();
    return error;
  }

 private:
  // One list and watch.
  class Feed final : public ObjectSink, public ReflectorObserver {
   public:
    Feed(Session& session, std::size_t id, Watched watched) : session_(session), id_(id), reflector_(session.client_, std::move(watched), *this, *this) {
      session_.inbox_.set_standing(id_, {"not read yet", {}, ""});
    }

    [[nodiscard]] bool waits_for_ingresses() const { return watched().resource == &secrets; }
    [[nodiscard]] bool is_ingresses() const { return watched().resource == &ingresses; }
    [[nodiscard]] bool is_settled() const { return is_settled_; }
    [[nodiscard]] const Watched& watched() const { return reflector_.watched(); }

    void follow() {
      if (std::exchange(is_following_, true)) return;
      asio::co_spawn(session_.io_, reflector_.run(), asio::detached);
    }
    [[nodiscard]] asio::awaitable<std::optional<Failure>> read_once() { return reflector_.read_once(); }

    void on_replaced(std::vector<Arrived> all) override { session_.intake_.replace(id_, std::move(all)); }
    void on_changed(Arrived arrived) override { session_.intake_.change(id_, std::move(arrived)); }
    void on_removed(const Key& key) override { session_.intake_.remove(id_, kind(), key); }

    void on_in_step() override {
      session_.inbox_.set_standing(id_, {});
      settle();
    }
    void on_failure(const Failure& failure) override {
      Standing standing;
      const bool is_forbidden = failure.kind == Failure::Kind::forbidden;
      if (is_forbidden && watched().is_dispensable) return do_without(failure);
      standing.problem = failure.text;
      if (is_forbidden) standing.forbidden = missing_rule(watched(), read_verbs, failure);
      session_.inbox_.set_standing(id_, std::move(standing));
    }

   private:
    // In the order of Object.
    [[nodiscard]] std::size_t kind() const {
      static const Resource* const kinds[] = {&ingresses, &ingress_classes, &services, &endpoint_slices, &secrets, &config_maps, &namespaces};
      std::size_t index = 0;
      while (kinds[index] != watched().resource) ++index;
      return index;
    }
    void settle() {
      if (std::exchange(is_settled_, true)) return;
      session_.on_settled(*this);
    }
    void do_without(const Failure& failure) {
      const Options& options = session_.options_;
      Standing standing;
      if (watched().resource == &ingress_classes) {
        standing.notice = fmt::format("IngressClasses may not be read ({}): class {} is assumed to be of controller {}", failure.text, options.ingress_class, options.controller_class);
        IngressClass assumed;
        assumed.metadata.name = options.ingress_class;
        assumed.controller = options.controller_class;
        if (!is_settled_) on_changed({std::make_shared<const IngressClass>(std::move(assumed)), {}});
      } else if (watched().resource == &config_maps) {
        standing.notice = fmt::format("ConfigMaps may not be read ({}): none is examined", failure.text);
      } else {
        standing.forbidden = missing_rule(watched(), read_verbs, failure);
      }
      session_.inbox_.set_standing(id_, std::move(standing));
      settle();
    }

    Session& session_;
    std::size_t id_;
    Reflector reflector_;
    bool is_following_ = false, is_settled_ = false;
  };

  // Secrets are read when it is known which of them are needed.
  void on_settled(const Feed& feed) {
    if (is_once_) return;
    if (feed.is_ingresses())
      for (auto& other : feeds_)
        if (other->waits_for_ingresses()) other->follow();
    for (const auto& other : feeds_)
      if (!other->is_settled()) return;
    inbox_.set_synced();
  }

  asio::awaitable<void> read_all(std::string& error) {
    is_once_ = true;
    for (auto& feed : feeds_) {  // the Ingresses come first
      std::optional<Failure> failure = co_await feed->read_once();
      if (!failure) continue;
      feed->on_failure(*failure);
      if (feed->is_settled()) continue;
      error = fmt::format("{}: {}", feed->watched().name(), failure->text);
      if (failure->kind == Failure::Kind::forbidden) error = routing::to_line(missing_rule(feed->watched(), read_verbs, *failure));
      co_return;
    }
    while (!wanted_.empty() || fetches_ != 0) {
      asio::steady_timer timer{io_, Backoff::shortest};
      co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
    }
    inbox_.set_synced();
  }

  void enqueue(const Key& secret) {
    wanted_.push_back(secret);
    if (fetches_ == most_fetches) return;
    ++fetches_;
    asio::co_spawn(io_, fetch_wanted(), asio::detached);
  }

  asio::awaitable<void> fetch_wanted() {
    while (!wanted_.empty()) {
      const Key secret = wanted_.front();
      wanted_.pop_front();
      co_await fetch(secret);
    }
    --fetches_;
  }

  // Until it is there or no longer of use. By a list of one: the right to list Secrets is there, the right to get them need not be.
  asio::awaitable<void> fetch(Key secret) {
    Backoff backoff;
    Request request;
    request.target = path_of(secrets, secret.first) + "?fieldSelector=" + escape("metadata.name=" + secret.second);
    for (;;) {
      Client::Response response = co_await client_.send(request);
      note_fetch(secret, response.failure);
      intake_.fetched(secret, response.failure ? std::nullopt : first_of_list(secrets, response.body));
      if (!intake_.is_wanted(secret) || is_once_) co_return;
      const Failure failure = response.failure.value_or(Failure{Failure::Kind::malformed, 0, "", {}});
      asio::steady_timer timer{io_, backoff.next(failure)};
      co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
    }
  }

  // Behind those of the feeds.
  void note_fetch(const Key& secret, const std::optional<Failure>& failure) {
    Standing standing;
    Watched watched{&secrets, options_.watch_namespace, "", "", false};
    if (failure && failure->kind == Failure::Kind::forbidden) standing.forbidden = missing_rule(watched, read_verbs, *failure);
    else if (failure) standing.problem = fmt::format("Secret {}/{}: {}", secret.first, secret.second, failure->text);
    inbox_.set_standing(feeds_.size(), std::move(standing));
  }

  const Options& options_;
  Inbox& inbox_;
  asio::io_context io_{1};  // before all that uses it
  Client client_;
  Intake intake_;
  std::vector<std::unique_ptr<Feed>> feeds_;
  std::deque<Key> wanted_;  // Secrets to be fetched; bounded by the number of those that are named
  unsigned fetches_ = 0;
  bool is_once_ = false;
  std::thread thread_;
};

ApiSource::ApiSource(Options options, Reading reading) : options_(std::move(options)), reading_(reading) {}

ApiSource::~ApiSource() = default;

std::string ApiSource::start() {
  FoundAccess found = find_access(options_);
  if (!found.access) return found.error;
  if (found.access->is_tls && !found.access->verifies) notice_ = fmt::format("{}: the certificate of {} is not verified", found.access->name, found.access->server);
  std::vector<Watched> watched = watched_by(options_);
  if (reading_ == Reading::once && options_.config_map.empty()) watched.push_back({&config_maps, options_.watch_namespace, "", "", true});
  for (const Watched& one : watched) names_.push_back(one.name());
  names_.emplace_back();  // of single Secrets, whose problems have names
  session_ = std::make_unique<Session>(options_, inbox_, std::move(*found.access), std::move(watched));
  if (reading_ == Reading::once) return session_->read_once();
  session_->follow();
  return {};
}

bool ApiSource::take_changes() {
  Inbox::Taken taken = inbox_.take();
  if (!taken.is_new) return false;
  if (taken_.empty()) taken_ = std::move(taken.changes);
  else taken_.insert(taken_.end(), std::make_move_iterator(taken.changes.begin()), std::make_move_iterator(taken.changes.end()));
  standings_ = std::move(taken.standings);
  is_synced_ = is_synced_ || taken.is_synced;
  return true;
}

Changes ApiSource::update() {
  Changes changes;
  apply(std::exchange(taken_, {}), options_, store_, object_diagnostics_, changes);
  return changes;
}

std::vector<routing::Diagnostic> ApiSource::diagnostics() const {
  std::vector<routing::Diagnostic> all;
  for (const auto& [name, list] : object_diagnostics_) all.insert(all.end(), list.begin(), list.end());
  for (const auto& [id, standing] : standings_)
    if (standing.forbidden) all.push_back(*standing.forbidden);
  return all;
}

std::vector<std::string> ApiSource::notices() const {
  std::vector<std::string> all;
  if (!notice_.empty()) all.push_back(notice_);
  for (const auto& [id, standing] : standings_)
    if (!standing.notice.empty()) all.push_back(standing.notice);
  return all;
}

// One line for all that have the same problem.
std::vector<std::string> ApiSource::problems() const {
  std::vector<std::pair<std::string, std::string>> by_text;
  for (const auto& [id, standing] : standings_) {
    if (standing.problem.empty()) continue;
    auto known = std::find_if(by_text.begin(), by_text.end(), [&standing = standing](const auto& one) { return one.first == standing.problem; });
    if (known == by_text.end()) known = by_text.insert(by_text.end(), {standing.problem, ""});
    known->second += (known->second.empty() || names_[id].empty() ? "" : ", ") + names_[id];
  }
  std::vector<std::string> lines;
  for (const auto& [text, names] : by_text) lines.push_back(names.empty() ? text : names + ": " + text);
  return lines;
}

}  // namespace controller::kube
