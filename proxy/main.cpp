// The composition root: the one file that sees both halves.
#include "controller/check.hpp"
#include "controller/explain/explain.hpp"
#include "controller/explain/json.hpp"
#include "controller/explain/look_up.hpp"
#include "controller/explain/text.hpp"
#include "controller/reconciler.hpp"
#include "controller/source.hpp"
#include "proxy/admin/admin_server.hpp"
#include "proxy/controller_report.hpp"
#include "proxy/options.hpp"
#include "proxy/server.hpp"
#include "proxy/version.hpp"
#include "routing/printable.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <atomic>
#include <climits>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <thread>
#include <utility>

namespace {

constexpr std::chrono::seconds ticket_key_check{60};
// For the first configuration; a cluster may take its time.
constexpr std::chrono::milliseconds first_configuration_check{5}, later_configuration_check{200};
constexpr std::chrono::seconds usual_start{10};
constexpr std::chrono::milliseconds report_limit{500};  // for the workers to hand out their counts; they do within a batch or two

sigset_t stop_signals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  return set;
}

void prepare_process() {
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGHUP, SIG_IGN);
  const sigset_t signals = stop_signals();
  ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);  // inherited by every thread: main alone waits for them
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur < files.rlim_max) {
    files.rlim_cur = files.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &files);
  }
}

// True when a signal came within `limit`.
bool wait_for_signal(std::chrono::milliseconds limit) {
  const sigset_t signals = stop_signals();
  const timespec time{limit.count() / 1000, limit.count() % 1000 * 1'000'000};
  return ::sigtimedwait(&signals, nullptr, &time) > 0;
}

// A second signal means now, whatever is still running.
void exit_on_signal() {
  std::thread{[] {
    const sigset_t signals = stop_signals();
    int signal = 0;
    ::sigwait(&signals, &signal);
    ::_exit(1);
  }}.detach();
}

int check(const proxy::Options& options) {
  const controller::CheckResult result = controller::check(options.controller);
  if (!result.error.empty()) {
    fmt::print(stderr, "weir check: {}\n", result.error);
    return 2;
  }
  if (options.json_output) {
    boost::json::array lines;
    for (const auto& d : result.diagnostics)
      lines.push_back({{"kind", d.kind}, {"namespace", d.object_namespace}, {"name", d.name}, {"field", d.field}, {"reason", d.reason},
                       {"severity", d.severity == routing::Severity::refused ? "refused" : "changed"}});
    fmt::print("{}\n", boost::json::serialize(lines));
  } else {
    for (const auto& diagnostic : result.diagnostics) fmt::print("{}\n", routing::to_line(diagnostic));
  }
  for (const std::string& notice : result.notices) fmt::print(stderr, "{}\n", routing::printable(notice));
  const std::string files = options.controller.manifests.empty() ? "" : fmt::format("{} files, ", result.files);
  fmt::print(stderr, "{}{} objects, {} Ingresses served; {} findings\n", files, result.objects, result.ingresses_served, result.diagnostics.size());
  return result.diagnostics.empty() ? 0 : 1;
}

std::vector<std::string> listeners_of(const proxy::ServerOptions& options, const proxy::Server& server) {
  std::vector<std::string> listeners;
  for (const auto& [scheme, port] : {std::pair{"http", server.http_port()}, std::pair{"https", server.https_port()}}) {
    if (options.bind_addresses.empty()) listeners.push_back(fmt::format("{} {}", scheme, port));
    for (const std::string& address : options.bind_addresses)
      listeners.push_back(address.find(':') == std::string::npos ? fmt::format("{} {}:{}", scheme, address, port) : fmt::format("{} [{}]:{}", scheme, address, port));
  }
  return listeners;
}

// As the deployments of ingress-nginx set them.
std::string environment(const char* name, const std::string& otherwise) {
  const char* const value = std::getenv(name);
  return value && *value ? value : otherwise;
}

// In a pod its name.
std::string host_name() {
  char name[HOST_NAME_MAX + 1] = "";
  ::gethostname(name, sizeof name - 1);
  return name;
}

// The line that says what runs, once something does.
std::string start_line(const proxy::admin::Program& program, const proxy::Server& server, std::uint16_t admin_port, std::size_t diagnostics) {
  const auto& routes = *server.snapshot()->routes;
  const std::chrono::duration<double> took = std::chrono::system_clock::now() - program.started_at;
  return fmt::format("weir {} serves {} hosts and {} routes after {:.2f} s: http {}, https {}, health and metrics {}; {} workers; {}; {}", proxy::version(),
                     routes.hosts.size(), routes.route_count, took.count(), server.http_port(), server.https_port(), admin_port, program.workers,
                     program.objects_from, diagnostics == 0 ? "no diagnostics" : diagnostics == 1 ? "1 diagnostic" : fmt::format("{} diagnostics", diagnostics));
}

int explain(const proxy::Options& options) {
  controller::Objects objects = controller::read_objects(options.controller);
  if (!objects.error.empty()) {
    fmt::print(stderr, "weir explain: {}\n", objects.error);
    return 2;
  }
  controller::explain::Explainer explainer{std::move(objects.store), options.controller, std::move(objects.diagnostics)};
  explainer.take_answers(controller::explain::look_up(explainer.external_names()));
  const auto explanation = explainer.explain(proxy::asked_request(options.explain, *explainer.snapshot().settings), options.server.https_port,
                                             std::chrono::system_clock::now());
  fmt::print("{}", options.json_output ? controller::explain::to_json(explanation) + "\n" : controller::explain::to_text(explanation));
  return explanation.is_routed() ? 0 : 1;
}

int fail(proxy::telemetry::Log& log, const std::string& message) {
  log.error(message);
  return 1;
}

int serve(const proxy::Options& options) {
  prepare_process();
  proxy::telemetry::Log log{options.log_level, options.log_form};
  for (const auto& flag : options.ignored) log.info(fmt::format("flag {} has no meaning here: ignored", flag));
  for (const auto& flag : options.unsupported) log.warning(fmt::format("flag {} is not supported yet: it has no effect", flag));

  const auto started_at = std::chrono::system_clock::now();
  proxy::Server server{options.server, log};
  proxy::ControllerReport report{log};
  std::atomic<bool> shutting_down{false};
  if (const std::string error = server.start(); !error.empty()) return fail(log, error);
  const proxy::admin::Program program{.controller_namespace = environment("POD_NAMESPACE", "default"), .controller_class = options.controller.controller_class,
                                      .controller_pod = environment("POD_NAME", host_name()), .listeners = listeners_of(options.server, server), .workers = options.server.workers,
                                      .objects_from = controller::name_of_source(options.controller), .started_at = started_at};
  proxy::admin::AdminServer admin{{.program = program,
                                   .serving_workers = [&server] { return server.serving_workers(); },
                                   .is_shutting_down = [&shutting_down] { return shutting_down.load(); },
                                   .snapshot = [&server] { return server.snapshot(); },
                                   .counters = [&server] { return server.counters(); },
                                   .reports = [&server] { return server.reports(report_limit); },
                                   .controller = [&report] { return report.state(); },
                                   .health_path = options.health_check_path}};
  if (const std::string error = admin.start(options.healthz_host, options.healthz_port); !error.empty()) return fail(log, error);
  std::optional<controller::Reconciler> reconciler;
  reconciler.emplace(options.controller, report, [&server](auto snapshot) { server.publish(std::move(snapshot)); },
                     [&server](std::uint64_t version) { return server.is_in_force(version); });
  if (const auto started = reconciler->start(); !started.ok) return fail(log, started.error);

  bool is_stopping = false;
  while (!is_stopping && !(server.is_serving() && report.state().publishes > 0)) {
    const bool is_late = std::chrono::system_clock::now() - started_at > usual_start;
    is_stopping = wait_for_signal(is_late ? later_configuration_check : first_configuration_check);
  }
  if (!is_stopping) log.info(start_line(program, server, admin.port(), report.state().diagnostics.size()));
  while (!is_stopping && !wait_for_signal(ticket_key_check)) server.rotate_ticket_keys();

  shutting_down = true;  // readiness fails first, so that new clients go elsewhere
  exit_on_signal();
  reconciler->leave();
  log.info("stopping: no longer ready");
  std::this_thread::sleep_for(options.shutdown_grace);
  const auto snapshot = server.snapshot();
  const std::chrono::seconds limit = snapshot ? snapshot->settings->drain_limit : std::chrono::seconds{0};
  log.info(fmt::format("draining: no longer accepting, running requests have {} s", limit.count()));
  const bool drained = server.drain(limit);
  log.info(drained ? "drained" : "drain limit reached: the rest was cut");
  std::this_thread::sleep_for(options.post_shutdown_grace);
  reconciler.reset();
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    const proxy::ParsedOptions parsed = proxy::parse_options(argc, argv);
    if (parsed.exit_code >= 0) {
      fmt::print(parsed.exit_code == 0 ? stdout : stderr, "{}", parsed.text);
      return parsed.exit_code;
    }
    switch (parsed.options.command) {
      case proxy::Command::check: return check(parsed.options);
      case proxy::Command::explain: return explain(parsed.options);
      default: return serve(parsed.options);
    }
  } catch (const std::exception& error) {
    fmt::print(stderr, "weir: {}\n", error.what());
    return 1;
  }
}
