// One worker: a thread with its io_context and everything its connections share. Workers share nothing with each other.
// Read next: session.hpp (downstream), exchange.hpp, http1/connection.hpp (upstream).
#pragma once

#include "proxy/client_facts.hpp"
#include "proxy/head_writer.hpp"
#include "proxy/http1/host.hpp"
#include "proxy/io/poller.hpp"
#include "proxy/io/scratch.hpp"
#include "proxy/io/timer_wheel.hpp"
#include "proxy/listener.hpp"
#include "proxy/message.hpp"
#include "proxy/request_id.hpp"
#include "proxy/telemetry/access_log.hpp"
#include "proxy/telemetry/counters.hpp"
#include "proxy/telemetry/log.hpp"
#include "proxy/telemetry/request_metrics.hpp"
#include "proxy/telemetry/worker_report.hpp"
#include "proxy/upstream/pool.hpp"
#include "proxy/worker_config.hpp"
#include "tls/server_context.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace proxy {

class Exchange;
class Session;

// Built and joined by the Server; apart from the members said to be for any thread, everything is for its own thread.
class Worker {
 public:
  static constexpr std::size_t max_pooled_exchanges = 256;     // spare ones kept with their memory
  static constexpr std::chrono::seconds drain_idle{1};         // a session idle this long closes when draining
  static constexpr std::chrono::seconds log_flush_period{1};
  static constexpr unsigned max_problems_per_second = 50;
  static constexpr std::size_t max_closed_for_room = 64;       // idle sessions at once
  static constexpr std::size_t report_step = 256;              // label sets copied in one go for metrics

  Worker(unsigned index, telemetry::Log& log);
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  // --- before start(), by the Server
  void add_listener(std::unique_ptr<Listener> listener);
  // Sessions it may have open: what is left of the limit of open files once others have their share.
  void set_session_limit(std::size_t sessions) noexcept { session_limit_ = sessions; }
  void start();
  // --- any thread
  void publish(std::shared_ptr<const routing::Snapshot> snapshot, std::shared_ptr<const tls::TicketKeys> keys);
  void begin_drain();
  void stop();  // cuts what is left and joins the thread
  // Copies what was counted, a few label sets at a time between batches; `done` runs on the worker's thread, never after
  // stop().
  void report(std::function<void(telemetry::WorkerReport)> done);
  [[nodiscard]] bool is_serving() const noexcept { return serving_.load(std::memory_order_acquire); }
  // The version of the snapshot that new requests are served by; 0: none yet.
  [[nodiscard]] std::uint64_t version_in_force() const noexcept { return version_in_force_.load(std::memory_order_acquire); }
  [[nodiscard]] bool has_drained() const noexcept { return drained_.load(std::memory_order_acquire); }
  [[nodiscard]] const telemetry::WorkerCounters& shared_counters() const noexcept { return counters_; }

  // --- own thread
  [[nodiscard]] io::Poller& poller() noexcept { return poller_; }
  [[nodiscard]] io::TimerWheel& timers() noexcept { return timers_; }
  [[nodiscard]] io::Scratch& scratch() noexcept { return scratch_; }
  [[nodiscard]] upstream::Pool& pool() noexcept { return pool_; }
  [[nodiscard]] telemetry::WorkerCounters& counters() noexcept { return counters_; }
  [[nodiscard]] telemetry::Log& log() noexcept { return log_; }
  [[nodiscard]] telemetry::AccessLog& access_log() noexcept { return access_log_; }
  [[nodiscard]] RequestIds& request_ids() noexcept { return request_ids_; }
  [[nodiscard]] const ConfigHandle& config() const noexcept { return config_; }
  [[nodiscard]] const routing::Settings& settings() const noexcept { return config_->settings(); }
  [[nodiscard]] const std::shared_ptr<tls::ServerContext>& tls_context() const noexcept { return tls_context_; }
  [[nodiscard]] bool is_draining() const noexcept { return draining_; }
  // What a connection to one of the listeners says about itself. X-Forwarded-Port of https is 443 whatever its number.
  [[nodiscard]] ConnectionFacts facts_of(std::string_view peer_address, Scheme scheme) const noexcept {
    if (scheme == Scheme::https) return {peer_address, true, "443", https_scheme_lines_};
    return {peer_address, false, http_port_text_, http_scheme_lines_};
  }
  [[nodiscard]] std::uint16_t https_port() const noexcept { return https_port_; }

  // Coarse clocks, read once a batch: time-outs and log times need no more.
  [[nodiscard]] std::chrono::steady_clock::time_point now() const noexcept { return now_; }
  [[nodiscard]] std::chrono::system_clock::time_point wall_now() const noexcept { return wall_now_; }
  [[nodiscard]] const std::string& date_line();  // "Date: ...\r\n", remade once a second

  // Parsed heads of the message at hand; one at a time per thread (they refer to the scratch).
  RequestHead request_head;
  ResponseHead response_head;
  http1::HostStorage host_storage;
  HeadWriter head_writer;  // a head under construction
  std::string out;         // a reply of our own
  std::string path;   // a normalised path

  void accept(int fd, const Listener& listener, const sockaddr_storage& peer);
  [[nodiscard]] Exchange& take_exchange(Session& session);
  void give_back(Exchange& exchange);
  // A problem worth a line in the log; at most max_problems_per_second are written, the rest is counted.
  [[nodiscard]] bool may_report() noexcept;
  void report_starved(const char* error);
  [[nodiscard]] bool has_room() const noexcept { return counters_.active.get() < session_limit_; }
  // Closes the sessions that have waited longest for a next request, max_closed_for_room at most; how many it closed.
  std::size_t close_longest_idle();
  // Runs session.resume() after the current batch: input is there that no event will announce again.
  void make_ready(Session& session);
  void bury(Session& session);               // freed when the batch is over
  void bury(http1::Connection& connection);

 private:
  void run();
  void tick();
  void end_of_batch();
  void free_buried();
  void read_clocks() noexcept;
  void apply(std::shared_ptr<const routing::Snapshot> snapshot, std::shared_ptr<const tls::TicketKeys> keys);
  void start_listening();
  void accept_again();
  struct Reporting;
  void go_on_reporting(std::shared_ptr<Reporting> reporting);
  void close_idle_sessions();

  const unsigned index_;
  telemetry::Log& log_;
  telemetry::RequestMetrics request_metrics_;  // before the context: messages that it still holds refer to this
  boost::asio::io_context context_{1};
  io::Scratch scratch_;
  io::TimerWheel timers_;
  telemetry::WorkerCounters counters_;
  telemetry::AccessLog access_log_;
  RequestIds request_ids_;
  upstream::Pool pool_{*this};
  ConfigHandle config_;
  std::shared_ptr<tls::ServerContext> tls_context_;
  io::Poller poller_;
  boost::asio::steady_timer tick_timer_;
  std::vector<std::unique_ptr<Listener>> listeners_;
  Session* sessions_ = nullptr;  // all of them, newest first
  std::vector<Session*> ready_, running_;
  std::vector<Session*> buried_sessions_;
  std::vector<http1::Connection*> buried_connections_;
  std::vector<std::unique_ptr<Exchange>> spare_exchanges_;
  std::size_t exchanges_made_ = 0;  // that live: spare or at work
  std::chrono::steady_clock::time_point now_{}, last_flush_{};
  std::chrono::system_clock::time_point wall_now_{};
  std::time_t date_second_ = 0;
  std::string date_line_;
  std::uint32_t random_;
  std::uint64_t connection_serial_ = 0;
  unsigned problems_this_second_ = 0;
  std::uint64_t problems_unreported_ = 0;
  std::uint16_t http_port_ = 80, https_port_ = 443;
  std::string http_port_text_, http_scheme_lines_, https_scheme_lines_;
  std::size_t session_limit_ = SIZE_MAX;
  bool draining_ = false;
  bool rerun_posted_ = false;
  std::atomic<bool> serving_{false}, drained_{false};
  std::atomic<std::uint64_t> version_in_force_{0};
  std::thread thread_;
};

}  // namespace proxy
