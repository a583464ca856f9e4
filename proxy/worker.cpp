#include "proxy/worker.hpp"

#include "proxy/exchange.hpp"
#include "proxy/http1/connection.hpp"
#include "proxy/session.hpp"

#include <boost/asio/post.hpp>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <pthread.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <random>

namespace proxy {

Worker::Worker(unsigned index, telemetry::Log& log)
    : index_(index), log_(log), poller_(context_, [this] { read_clocks(); }, [this] { end_of_batch(); }), tick_timer_(context_),
      random_(std::random_device{}()) {
  out.reserve(Exchange::max_response_head_bytes);
  read_clocks();
}

Worker::~Worker() { stop(); }

void Worker::add_listener(std::unique_ptr<Listener> listener) {
  (listener->scheme() == Scheme::https ? https_port_ : http_port_) = listener->port();
  http_port_text_ = std::to_string(http_port_);
  http_scheme_lines_ = scheme_lines("http", http_port_text_);
  https_scheme_lines_ = scheme_lines("https", "443");
  listeners_.push_back(std::move(listener));
}

void Worker::start() {
  thread_ = std::thread{[this] {
    ::pthread_setname_np(::pthread_self(), "worker");  // as `top -H` shows it
    run();
  }};
}

void Worker::run() {
  poller_.start();
  tick();
  context_.run();
  // The thread ends here: what still lives is cut on the thread that owns it.
  while (sessions_) sessions_->on_client_failed();
  pool_.close_idle();
  free_buried();
  config_ = {};
  spare_exchanges_.clear();
  access_log_.finish();
  counters_.access_log_lines_lost.set(access_log_.lost());
  if (access_log_.lost() > 0) log_.warning(fmt::format("{} access log lines were lost: standard output was not read fast enough", access_log_.lost()));
}

void Worker::stop() {
  if (!thread_.joinable()) return;
  context_.stop();
  thread_.join();
}

void Worker::publish(std::shared_ptr<const routing::Snapshot> snapshot, std::shared_ptr<const tls::TicketKeys> keys) {
  boost::asio::post(context_, [this, snapshot = std::move(snapshot), keys = std::move(keys)]() mutable {
    apply(std::move(snapshot), std::move(keys));
  });
}

void Worker::apply(std::shared_ptr<const routing::Snapshot> snapshot, std::shared_ptr<const tls::TicketKeys> keys) {
  const bool is_first = !config_;
  if (is_first || !(snapshot->settings->tls == settings().tls)) {
    auto made = tls::ServerContext::make(snapshot->settings->tls, keys, [this](std::string_view name) {
      const routing::Snapshot& current = config_->snapshot();
      return current.settings->tls.reject_unknown_names ? current.certificates->find_declared(name) : current.certificates->find(name);
    });
    // The controller has checked the settings with the same code; what fails here leaves the context in force.
    if (made) tls_context_ = std::move(*made);
    else log_.error(fmt::format("TLS settings cannot be used: {}", made.error().message()));
  } else if (tls_context_) {
    tls_context_->set_ticket_keys(std::move(keys));
  }
  const std::uint64_t version = snapshot->version;
  config_ = ConfigHandle{new WorkerConfig{std::move(snapshot), pool_, request_metrics_, config_.get(), random_}};
  version_in_force_.store(version, std::memory_order_release);
  if (is_first) start_listening();
}

// Not serving before every listener listens: one that the system refuses is tried again with each tick.
void Worker::start_listening() {
  for (auto& listener : listeners_) {
    if (listener->listen(*this)) continue;
    if (may_report()) log_.error(fmt::format("cannot listen on port {}: {}; trying again", listener->port(), std::strerror(errno)));
    return;
  }
  serving_.store(true, std::memory_order_release);
}

struct Worker::Reporting {
  std::function<void(telemetry::WorkerReport)> done;
  telemetry::WorkerReport report;
  std::vector<std::shared_ptr<const telemetry::RequestSeries>> series;
  std::size_t next = 0;
};

void Worker::report(std::function<void(telemetry::WorkerReport)> done) {
  boost::asio::post(context_, [this, done = std::move(done)]() mutable {
    auto reporting = std::make_shared<Reporting>();
    reporting->done = std::move(done);
    reporting->series = request_metrics_.all();
    go_on_reporting(std::move(reporting));
  });
}

void Worker::go_on_reporting(std::shared_ptr<Reporting> reporting) {
  telemetry::WorkerReport& report = reporting->report;
  for (std::size_t copied = 0; reporting->next < reporting->series.size() && copied < report_step; ++reporting->next) {
    report.series.push_back(telemetry::RequestMetrics::copy_of(*reporting->series[reporting->next]));
    copied += 1 + report.series.back().sets.size();
  }
  if (reporting->next < reporting->series.size()) {
    boost::asio::post(context_, [this, reporting = std::move(reporting)]() mutable { go_on_reporting(std::move(reporting)); });
    return;
  }
  report.uncounted = request_metrics_.uncounted();
  report.writing = exchanges_made_ - spare_exchanges_.size();
  reporting->done(std::move(report));
}

void Worker::read_clocks() noexcept {
  now_ = std::chrono::steady_clock::now();
  wall_now_ = std::chrono::system_clock::now();
}

const std::string& Worker::date_line() {
  const std::time_t second = std::chrono::system_clock::to_time_t(wall_now_);
  if (second != date_second_) {
    date_second_ = second;
    date_line_ = fmt::format("Date: {:%a, %d %b %Y %H:%M:%S} GMT\r\n", fmt::gmtime(second));
  }
  return date_line_;
}

void Worker::tick() {
  tick_timer_.expires_after(io::TimerWheel::tick);
  tick_timer_.async_wait([this](const boost::system::error_code& error) {
    if (error) return;
    read_clocks();
    timers_.advance();
    if (config_ && !is_serving() && !draining_) start_listening();
    accept_again();
    if (now_ - last_flush_ >= log_flush_period) {
      last_flush_ = now_;
      access_log_.flush();
      counters_.access_log_lines_lost.set(access_log_.lost());
      problems_this_second_ = 0;
      if (problems_unreported_ > 0) {
        log_.warning(fmt::format("{} more problems were not logged one by one", problems_unreported_));
        problems_unreported_ = 0;
      }
    }
    if (draining_) close_idle_sessions();
    end_of_batch();
    tick();
  });
}

void Worker::end_of_batch() {
  for (auto& listener : listeners_)
    if (listener->has_more()) listener->accept_some();
  running_.swap(ready_);
  for (Session* session : running_) {
    session->is_ready_queued = false;
    session->resume();
  }
  running_.clear();
  free_buried();
  const bool has_work = !ready_.empty() || std::any_of(listeners_.begin(), listeners_.end(), [](const auto& l) { return l->has_more(); });
  if (has_work && !rerun_posted_) {
    rerun_posted_ = true;
    boost::asio::post(context_, [this] {
      rerun_posted_ = false;
      read_clocks();
      end_of_batch();
    });
  }
  if (draining_ && !sessions_) drained_.store(true, std::memory_order_release);
}

void Worker::accept(int fd, const Listener& listener, const sockaddr_storage& peer) {
  if (listener.scheme() == Scheme::https && !tls_context_) {
    ::close(fd);
    return;
  }
  auto* session = new Session{*this, listener, ++connection_serial_ * 64 + index_ % 64};
  session->next = sessions_;
  if (sessions_) sessions_->previous = session;
  sessions_ = session;
  ++counters_.accepted;
  ++counters_.active;
  if (!session->open(fd, peer)) session->close();
  else session->pump();
}

Exchange& Worker::take_exchange(Session& session) {
  std::unique_ptr<Exchange> exchange;
  if (spare_exchanges_.empty()) {
    exchange = std::make_unique<Exchange>(*this);
    ++exchanges_made_;
  } else {
    exchange = std::move(spare_exchanges_.back());
    spare_exchanges_.pop_back();
  }
  exchange->attach(session);
  return *exchange.release();
}

void Worker::give_back(Exchange& exchange) {
  // Not destroyed at once even when there are enough: its own functions are still on the stack.
  spare_exchanges_.emplace_back(&exchange);
}

void Worker::make_ready(Session& session) {
  if (session.is_ready_queued) return;
  session.is_ready_queued = true;
  ready_.push_back(&session);
}

void Worker::bury(Session& session) {
  if (session.next) session.next->previous = session.previous;
  if (session.previous) session.previous->next = session.next;
  else sessions_ = session.next;
  --counters_.active;
  buried_sessions_.push_back(&session);
}

void Worker::bury(http1::Connection& connection) { buried_connections_.push_back(&connection); }

void Worker::free_buried() {
  if (!buried_sessions_.empty()) {
    for (Session* session : buried_sessions_) {
      if (session->is_ready_queued) std::erase(ready_, session);
      delete session;
    }
    buried_sessions_.clear();
  }
  for (http1::Connection* connection : buried_connections_) {
    pool_.end_use(connection->endpoint());
    delete connection;
  }
  buried_connections_.clear();
  if (spare_exchanges_.size() > max_pooled_exchanges) {
    exchanges_made_ -= spare_exchanges_.size() - max_pooled_exchanges;
    spare_exchanges_.resize(max_pooled_exchanges);
  }
}

bool Worker::may_report() noexcept {
  if (problems_this_second_ < max_problems_per_second) {
    ++problems_this_second_;
    return true;
  }
  ++problems_unreported_;
  return false;
}

void Worker::report_starved(const char* error) {
  if (may_report()) log_.warning(fmt::format("cannot accept a connection: {}; raise the limit of open files (ulimit -n)", error));
}

// nginx closes connections that wait for a next request when others find no room; so does this.
void Worker::accept_again() {
  const auto is_starved = [](const auto& listener) { return listener->is_starved(); };
  if (std::none_of(listeners_.begin(), listeners_.end(), is_starved)) return;
  close_longest_idle();
  for (auto& listener : listeners_)
    if (listener->is_starved()) listener->accept_some();
}

std::size_t Worker::close_longest_idle() {
  std::vector<Session*> idle;
  for (Session* session = sessions_; session; session = session->next)
    if (session->is_idle()) idle.push_back(session);
  const std::size_t count = std::min(idle.size(), max_closed_for_room);
  const auto end = idle.begin() + static_cast<std::ptrdiff_t>(count);
  std::partial_sort(idle.begin(), end, idle.end(), [](const Session* a, const Session* b) { return a->idle_since() < b->idle_since(); });
  std::for_each(idle.begin(), end, [](Session* session) { session->close(); });
  return count;
}

void Worker::begin_drain() {
  boost::asio::post(context_, [this] {
    draining_ = true;
    for (auto& listener : listeners_) listener->close();
    pool_.close_idle();
    close_idle_sessions();
    end_of_batch();
  });
}

void Worker::close_idle_sessions() {
  const auto idle_since = now_ - drain_idle;
  for (Session* session = sessions_; session;) {
    Session* const next = session->next;
    if (session->is_idle() && session->idle_since() <= idle_since) session->close();
    session = next;
  }
}

}  // namespace proxy
