#include "controller/kube/reflector.hpp"

#include "controller/kube/object_splitter.hpp"
#include "controller/kube/plain_json.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <fmt/format.h>

namespace controller::kube {

namespace asio = boost::asio;
namespace json = boost::json;

namespace {

using Clock = std::chrono::steady_clock;

Failure malformed(std::string text) { return {Failure::Kind::malformed, 0, std::move(text), {}}; }

// Feeds a splitter, whose objects go to `take`.
template <typename Take>
std::optional<Failure> split(ObjectSplitter& splitter, std::string_view bytes, Take take) {
  std::optional<Failure> failure;
  const bool is_good = splitter.feed(bytes, [&](std::string_view text) {
    failure = take(text);
    return !failure;
  });
  if (!is_good && !failure) failure = malformed("the server's answer is no JSON, or holds an object that is too large");
  return failure;
}

}  // namespace

// A watch: events one behind the other.
class Reflector::EventSink final : public BodySink {
 public:
  EventSink(Reflector& reflector, Clock::time_point end) : reflector_(reflector), end_(end) {}

  void on_open() override {
    if (reflector_.reflection_.is_in_step()) reflector_.note_success();
  }
  [[nodiscard]] std::optional<Failure> take(std::string_view bytes) override {
    const bool was_listing = reflector_.reflection_.is_listing();
    auto failure = split(splitter_, bytes, [this](std::string_view text) { return reflector_.reflection_.take_event(text); });
    if (was_listing && reflector_.reflection_.is_in_step()) reflector_.note_success();
    if (!failure) reflector_.backoff_.reset();
    return failure;
  }
  [[nodiscard]] std::chrono::milliseconds patience() const override {
    if (reflector_.reflection_.is_listing()) return list_silence;
    return std::max(std::chrono::milliseconds{1}, std::chrono::ceil<std::chrono::milliseconds>(end_ - Clock::now()));
  }

 private:
  Reflector& reflector_;
  Clock::time_point end_;
  ObjectSplitter splitter_{ObjectSplitter::Form::sequence};
};

// A page of a list.
class Reflector::PageSink final : public BodySink {
 public:
  explicit PageSink(Reflection* reflection) : reflection_(reflection) {}

  [[nodiscard]] std::optional<Failure> take(std::string_view bytes) override {
    return split(splitter_, bytes, [this](std::string_view text) { return reflection_ ? reflection_->take_item(text) : std::nullopt; });
  }
  [[nodiscard]] std::chrono::milliseconds patience() const override { return Client::longest_wait; }

  // What the list says of itself, once it is complete.
  struct Metadata {
    std::string resource_version, next;  // next "": this was the last page
  };
  [[nodiscard]] std::optional<Metadata> metadata() const {
    boost::system::error_code error;
    const json::value value = splitter_.is_complete() ? json::parse(splitter_.envelope(), error) : json::value{};
    const json::object* const found = object_in(error ? nullptr : value.if_object(), "metadata");
    Metadata made{text_in(found, "resourceVersion"), text_in(found, "continue")};
    if (made.resource_version.empty()) return {};
    return made;
  }

 private:
  Reflection* reflection_;  // null: the objects are of no interest
  ObjectSplitter splitter_{ObjectSplitter::Form::list};
};

void Reflector::note_success() {
  failures_ = 0;
  was_gone_ = false;
  backoff_.reset();
  observer_.on_in_step();
}

std::string Reflector::target(std::string parameters) const {
  std::string result = watched_.path() + "?" + std::move(parameters);
  if (!watched_.field_selector.empty()) result += "&fieldSelector=" + escape(watched_.field_selector);
  if (!watched_.label_selector.empty()) result += "&labelSelector=" + escape(watched_.label_selector);
  return result;
}

asio::awaitable<std::optional<Failure>> Reflector::list_pages() {
  reflection_.begin_list();
  std::string next;
  unsigned restarts = 0;
  for (unsigned page = 0; page < max_pages; ++page) {
    Request request;
    request.target = target(fmt::format("limit={}{}{}", page_objects, next.empty() ? "" : "&continue=", escape(next)));
    request.accepts_gzip = true;
    PageSink sink{&reflection_};
    std::optional<Failure> failure = co_await client_.stream(request, sink);
    if (failure && failure->kind == Failure::Kind::gone && !next.empty() && restarts++ < most_restarts) {
      reflection_.begin_list();
      next.clear();
      continue;
    }
    if (failure) co_return failure;
    const auto metadata = sink.metadata();
    if (!metadata) co_return malformed("the server's answer is no complete list");
    next = metadata->next;
    if (!next.empty()) continue;
    reflection_.end_list(metadata->resource_version);
    note_success();
    co_return std::nullopt;
  }
  co_return malformed("the list has no end");
}

asio::awaitable<std::optional<Failure>> Reflector::watch() {
  const bool is_list = reflection_.is_listing();
  const std::chrono::seconds time{std::uniform_int_distribution<long>{shortest_watch.count(), longest_watch.count()}(random_)};
  Request request;
  request.target = target(fmt::format("watch=true&allowWatchBookmarks=true&timeoutSeconds={}{}", time.count(),
                                      is_list ? "&sendInitialEvents=true&resourceVersionMatch=NotOlderThan" : "&resourceVersion=" + escape(reflection_.resource_version())));
  const auto begun = Clock::now();
  EventSink sink{*this, begun + time + watch_slack};
  std::optional<Failure> failure = co_await client_.stream(request, sink);
  if (!failure && reflection_.is_listing()) failure = malformed("the list has ended too early");
  // Servers before 1.27 do not know such lists, later ones may have them switched off.
  if (is_list && reflection_.is_listing() && failure) {
    const bool is_silent = failure->kind == Failure::Kind::unreachable && Clock::now() - begun >= list_silence;
    if (is_silent || failure->kind == Failure::Kind::refused || failure->kind == Failure::Kind::malformed) streams_lists_ = false;
  }
  if (failure && failure->kind == Failure::Kind::gone) reflection_.begin_list();
  if (!failure && Clock::now() - begun < quick_end) co_await wait(Backoff::shortest);
  co_return failure;
}

// A server restored from a backup is silent about what it has forgotten: a watch from the future waits for ever.
asio::awaitable<std::optional<Failure>> Reflector::compare_version() {
  Request request;
  request.target = target("limit=1");
  PageSink sink{nullptr};
  std::optional<Failure> failure = co_await client_.stream(request, sink);
  if (failure) co_return failure;
  const auto metadata = sink.metadata();
  if (!metadata) co_return malformed("the server's answer is no complete list");
  if (is_behind(metadata->resource_version, reflection_.resource_version())) reflection_.begin_list();
  must_compare_ = false;
  co_return std::nullopt;
}

asio::awaitable<std::optional<Failure>> Reflector::advance() {
  if (reflection_.is_in_step() && must_compare_) return compare_version();
  if (reflection_.is_in_step()) return watch();
  must_compare_ = false;  // a list shows what is there now
  if (!streams_lists_) return list_pages();
  reflection_.begin_list();
  return watch();
}

asio::awaitable<void> Reflector::wait(std::chrono::milliseconds time) {
  asio::steady_timer timer{client_.executor(), time};
  co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
}

std::chrono::milliseconds Reflector::wait_after(const Failure& failure) {
  const bool is_first = failures_++ == 0;
  if (failure.kind == Failure::Kind::gone && !was_gone_) {
    was_gone_ = true;
    return std::chrono::milliseconds{0};
  }
  if (!streams_lists_ && is_first && failure.kind == Failure::Kind::refused) return std::chrono::milliseconds{0};
  must_compare_ = must_compare_ || failure.kind == Failure::Kind::unreachable;
  // A connection that was cut is nothing yet; that there is no other is.
  const bool is_cut = failure.kind == Failure::Kind::unreachable && is_first && reflection_.is_in_step();
  if (!is_cut) observer_.on_failure(failure);
  return backoff_.next(failure);
}

asio::awaitable<void> Reflector::run() {
  for (;;) {
    std::optional<Failure> failure = co_await advance();
    if (!failure) continue;
    const auto time = wait_after(*failure);
    if (time.count() > 0) co_await wait(time);
  }
}

}  // namespace controller::kube
