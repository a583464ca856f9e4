#include "proxy/flags.hpp"

#include "proxy/flag_values.hpp"

#include <algorithm>
#include <array>
#include <numeric>

namespace proxy {
namespace {

using enum FlagKind;
using enum FlagGroup;

constexpr unsigned max_workers = 512;

template <typename T, typename Member>
std::string store(FlagValue<T> parsed, Member& member) {
  if (parsed.error.empty()) member = std::move(parsed.value);
  return parsed.error;
}

std::string store_word(std::string_view text, std::string& member) {
  if (text.empty()) return "must not be empty";
  member = text;
  return {};
}

std::string set_manifests(Options& o, std::string_view v) { return store_word(v, o.controller.manifests); }
// Empty: as if it were not there; charts render that.
std::string set_kubeconfig(Options& o, std::string_view v) { return o.controller.kubeconfig = v, ""; }
std::string set_apiserver_host(Options& o, std::string_view v) { return o.controller.apiserver_host = v, ""; }
std::string set_authority(Options& o, std::string_view v) { return o.controller.certificate_authority = v, ""; }
std::string set_http_port(Options& o, std::string_view v) { return store(parse_port(v), o.server.http_port); }
std::string set_https_port(Options& o, std::string_view v) { return store(parse_port(v), o.server.https_port); }
std::string set_healthz_port(Options& o, std::string_view v) { return store(parse_port(v), o.healthz_port); }
std::string set_bind_address(Options& o, std::string_view v) { return store(parse_addresses(v), o.server.bind_addresses); }
std::string set_workers(Options& o, std::string_view v) { return store(parse_count(v, 1, max_workers), o.server.workers); }

std::string set_healthz_host(Options& o, std::string_view v) {
  const auto hosts = parse_addresses(v);
  if (!hosts.error.empty() || hosts.value.size() > 1) return "is not an IP address";
  o.healthz_host = hosts.value.empty() ? std::string{} : hosts.value.front();
  return {};
}

std::string set_health_check_path(Options& o, std::string_view v) {
  if (!v.starts_with('/') || v.find_first_of("?# ") != v.npos) return "is not a path such as /healthz";
  o.health_check_path = v;
  return {};
}

std::string set_ingress_class(Options& o, std::string_view v) { return store_word(v, o.controller.ingress_class); }
std::string set_controller_class(Options& o, std::string_view v) { return store_word(v, o.controller.controller_class); }
std::string set_class_by_name(Options& o, std::string_view v) { return store(parse_bool(v), o.controller.ingress_class_by_name); }
std::string set_without_class(Options& o, std::string_view v) {
  return store(parse_bool(v), o.controller.watch_ingress_without_class);
}
std::string set_namespace(Options& o, std::string_view v) { return store(parse_namespace(v), o.controller.watch_namespace); }
std::string set_selector(Options& o, std::string_view v) {
  o.controller.watch_namespace_selector = v;  // its grammar is the controller's matter
  return {};
}
std::string set_config_map(Options& o, std::string_view v) { return store(parse_object_name(v), o.controller.config_map); }
std::string set_default_backend(Options& o, std::string_view v) {
  return store(parse_object_name(v), o.controller.default_backend_service);
}
std::string set_default_certificate(Options& o, std::string_view v) {
  return store(parse_object_name(v), o.controller.default_ssl_certificate);
}
std::string set_prefix(Options& o, std::string_view v) { return store_word(v, o.controller.annotations_prefix); }
std::string set_disable_catch_all(Options& o, std::string_view v) { return store(parse_bool(v), o.controller.disable_catch_all); }
std::string set_disable_external(Options& o, std::string_view v) {
  return store(parse_bool(v), o.controller.disable_svc_external_name);
}
std::string set_update_status(Options& o, std::string_view v) { return store(parse_bool(v), o.controller.update_status); }
std::string set_update_on_shutdown(Options& o, std::string_view v) {
  return store(parse_bool(v), o.controller.update_status_on_shutdown);
}
std::string set_publish_service(Options& o, std::string_view v) { return store(parse_object_name(v), o.controller.publish_service); }
std::string set_publish_address(Options& o, std::string_view v) { return store(parse_published(v), o.controller.publish_status_addresses); }
std::string set_report_internal(Options& o, std::string_view v) {
  return store(parse_bool(v), o.controller.report_node_internal_address);
}
std::string set_disable_election(Options& o, std::string_view v) {
  bool is_disabled = false;
  std::string error = store(parse_bool(v), is_disabled);
  o.controller.elects_leader = !is_disabled;
  return error;
}
std::string set_election_id(Options& o, std::string_view v) { return store_word(v, o.controller.election_id); }
std::string set_election_ttl(Options& o, std::string_view v) {
  const auto parsed = parse_seconds(v);
  if (parsed.error.empty() && parsed.value.count() == 0) return "must be a second at least";
  return store(parsed, o.controller.election_ttl);
}
std::string set_grace(Options& o, std::string_view v) { return store(parse_seconds(v), o.shutdown_grace); }
std::string set_post_grace(Options& o, std::string_view v) { return store(parse_seconds(v), o.post_shutdown_grace); }

std::string set_log_level(Options& o, std::string_view v) {
  using telemetry::Level;
  if (v == "debug") return o.log_level = Level::debug, "";
  if (v == "info") return o.log_level = Level::info, "";
  if (v == "warning" || v == "warn") return o.log_level = Level::warning, "";
  if (v == "error") return o.log_level = Level::error, "";
  return "is not one of debug, info, warning, error";
}

std::string set_log_format(Options& o, std::string_view v) {
  if (v == "text") return o.log_form = telemetry::LogForm::text, "";
  if (v == "json") return o.log_form = telemetry::LogForm::json, "";
  return "is not one of text, json";
}

std::string set_output(Options& o, std::string_view v) {
  if (v != "text" && v != "json") return "is not one of text, json";
  o.json_output = v == "json";
  return {};
}

// Flags that are not built yet still refuse values that could never be right.
std::string any_value(Options&, std::string_view) { return {}; }
std::string any_bool(Options&, std::string_view v) { return parse_bool(v).error; }
std::string any_object(Options&, std::string_view v) { return parse_object_name(v).error; }
std::string any_seconds(Options&, std::string_view v) { return parse_seconds(v).error; }

constexpr auto flags = std::to_array<Flag>({
    {"manifests", value, source, "DIR  objects from the YAML and JSON files below DIR; follows their changes", set_manifests},
    {"kubeconfig", value, source, "FILE  else from the Kubernetes API, by this kubeconfig's current context", set_kubeconfig},
    {"apiserver-host", value, source, "URL  of the API server; without the three, the pod's service account", set_apiserver_host},
    {"certificate-authority", value, source, "FILE  whose certificates the API server's is checked against", set_authority},

    {"http-port", value, traffic, "PORT  plain HTTP (80)", set_http_port},
    {"https-port", value, traffic, "PORT  HTTPS (443)", set_https_port},
    {"bind-address", value, traffic, "ADDRESSES  where both listen, commas between (all, IPv4 and IPv6)", set_bind_address},
    {"workers", value, traffic, "N  worker threads (the CPUs that the cgroup allows)", set_workers},

    {"ingress-class", value, selection, "NAME  class annotation that is ours (nginx)", set_ingress_class},
    {"controller-class", value, selection, "NAME  IngressClasses of this controller are ours (k8s.io/ingress-nginx)",
     set_controller_class},
    {"ingress-class-by-name", boolean, selection, "an IngressClass named as --ingress-class is ours too", set_class_by_name},
    {"watch-ingress-without-class", boolean, selection, "an Ingress without a class is ours too", set_without_class},
    {"watch-namespace", value, selection, "NAMESPACE  objects of this one only (all)", set_namespace},
    {"watch-namespace-selector", value, selection, "SELECTOR  objects of namespaces with these labels only (all)", set_selector},
    {"annotations-prefix", value, selection, "PREFIX  of annotations (nginx.ingress.kubernetes.io)", set_prefix},
    {"disable-catch-all", boolean, selection, "ignore every Ingress that has a default backend", set_disable_catch_all},
    {"disable-svc-external-name", boolean, selection, "ignore Services of type ExternalName", set_disable_external},

    {"configmap", value, defaults, "NS/NAME  ConfigMap with the global settings", set_config_map},
    {"default-backend-service", value, defaults, "NS/NAME  Service for what no Ingress declares (404)", set_default_backend},
    {"default-ssl-certificate", value, defaults, "NS/NAME  Secret for hosts without one (self-signed)", set_default_certificate},

    {"publish-service", value, operation, "NS/NAME  Service whose addresses go into the status of Ingresses", set_publish_service},
    {"publish-status-address", value, operation, "ADDRESSES  that go there instead, commas between", set_publish_address},
    {"update-status", boolean, operation, "write the status of Ingresses (true)", set_update_status},
    {"update-status-on-shutdown", boolean, operation, "the last replica clears it when it ends (true)", set_update_on_shutdown},
    {"report-node-internal-ip-address", boolean, operation, "without both: of our pods' nodes, the internal one", set_report_internal},
    {"disable-leader-election", boolean, operation, "write without asking other replicas", set_disable_election},
    {"election-id", value, operation, "NAME  Lease that elects who writes (ingress-controller-leader)", set_election_id},
    {"election-ttl", value, operation, "DURATION  after which a dead leader is replaced (30s)", set_election_ttl},
    {"healthz-port", value, operation, "PORT  /healthz, /readyz, /metrics, /debug/snapshot, dashboard (10254)", set_healthz_port},
    {"healthz-host", value, operation, "ADDRESS  where it listens (all)", set_healthz_host},
    {"health-check-path", value, operation, "PATH  of the health check (/healthz)", set_health_check_path},
    {"shutdown-grace-period", value, operation, "SECONDS  from failing readiness to closing the ports (0)", set_grace},
    {"post-shutdown-grace-period", value, operation, "SECONDS  from the last request to the exit (0)", set_post_grace},
    {"log-level", value, operation, "LEVEL  debug, info, warning or error (info)", set_log_level},
    {"log-format", value, operation, "FORM  of this program's log: text or json (text)", set_log_format},

    {"output", value, output, "FORM  text or json (text)", set_output},

    {"bucket-factor", value, unsupported, "", any_value},
    {"enable-ssl-passthrough", boolean, unsupported, "", any_bool},
    {"enable-topology-aware-routing", boolean, unsupported, "", any_bool},
    {"exclude-socket-metrics", value, unsupported, "", any_value},
    {"length-buckets", value, unsupported, "", any_value},
    {"max-buckets", value, unsupported, "", any_value},
    {"maxmind-edition-ids", value, unsupported, "", any_value},
    {"maxmind-license-key", value, unsupported, "", any_value},
    {"maxmind-mirror", value, unsupported, "", any_value},
    {"maxmind-retries-count", value, unsupported, "", any_value},
    {"maxmind-retries-timeout", value, unsupported, "", any_value},
    {"metrics-per-host", boolean, unsupported, "", any_bool},
    {"metrics-per-undefined-host", boolean, unsupported, "", any_bool},
    {"report-status-classes", boolean, unsupported, "", any_bool},
    {"size-buckets", value, unsupported, "", any_value},
    {"status-update-interval", value, unsupported, "", any_seconds},
    {"tcp-services-configmap", value, unsupported, "", any_object},
    {"time-buckets", value, unsupported, "", any_value},
    {"udp-services-configmap", value, unsupported, "", any_object},
    {"validating-webhook", value, unsupported, "", any_value},
    {"validating-webhook-certificate", value, unsupported, "", any_value},
    {"validating-webhook-key", value, unsupported, "", any_value},

    {"add_dir_header", boolean, ignored, "", any_bool},
    {"alsologtostderr", boolean, ignored, "", any_bool},
    {"alsologtostderrthreshold", value, ignored, "", any_value},
    {"deep-inspect", boolean, ignored, "", any_bool},
    {"default-server-port", value, ignored, "", any_value},
    {"disable-full-test", boolean, ignored, "", any_bool},
    {"disable-sync-events", boolean, ignored, "", any_bool},
    {"dynamic-configuration-retries", value, ignored, "", any_value},
    {"enable-annotation-validation", boolean, ignored, "", any_bool},
    {"enable-metrics", boolean, ignored, "", any_bool},
    {"enable-ssl-chain-completion", boolean, ignored, "", any_bool},
    {"health-check-timeout", value, ignored, "", any_value},
    {"internal-logger-address", value, ignored, "", any_value},
    {"log_backtrace_at", value, ignored, "", any_value},
    {"log_dir", value, ignored, "", any_value},
    {"log_file", value, ignored, "", any_value},
    {"log_file_max_size", value, ignored, "", any_value},
    {"logtostderr", boolean, ignored, "", any_bool},
    {"monitor-max-batch-size", value, ignored, "", any_value},
    {"one_output", boolean, ignored, "", any_bool},
    {"profiler-address", value, ignored, "", any_value},
    {"profiler-port", value, ignored, "", any_value},
    {"profiling", boolean, ignored, "", any_bool},
    {"skip_headers", boolean, ignored, "", any_bool},
    {"skip_log_headers", boolean, ignored, "", any_bool},
    {"ssl-passthrough-proxy-port", value, ignored, "", any_value},
    {"status-port", value, ignored, "", any_value},
    {"stderrthreshold", value, ignored, "", any_value},
    {"stream-port", value, ignored, "", any_value},
    {"sync-period", value, ignored, "", any_value},
    {"sync-rate-limit", value, ignored, "", any_value},
    {"v", value, ignored, "", any_value},
    {"vmodule", value, ignored, "", any_value},
});

// Levenshtein: how many letters to add, drop or replace.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i + 1;
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + 1, diagonal + 1});
    }
  }
  return row.back();
}

}  // namespace

std::span<const Flag> all_flags() noexcept { return flags; }

std::string_view nearest_flag(std::string_view name) {
  constexpr std::size_t longest_compared = 64;  // no flag is longer, and the comparison is quadratic
  if (name.size() > longest_compared) return {};
  std::string_view nearest;
  std::size_t least = std::max<std::size_t>(2, name.size() / 3) + 1;
  for (const Flag& flag : flags) {
    if (flag.group == FlagGroup::ignored) continue;  // nobody means one of those
    const auto distance = edit_distance(name, flag.name);
    if (distance < least) least = distance, nearest = flag.name;
  }
  return nearest;
}

std::string conflict_in(const Options& o) {
  if (!o.controller.watch_namespace.empty() && !o.controller.watch_namespace_selector.empty()) {
    return "flags --watch-namespace and --watch-namespace-selector exclude each other";
  }
  const auto same_port = [](std::string_view a, std::string_view b) {
    return std::string{"flags --"}.append(a).append(" and --").append(b).append(" name the same port");
  };
  if (o.server.http_port == o.server.https_port) return same_port("http-port", "https-port");
  if (o.healthz_port == o.server.http_port) return same_port("healthz-port", "http-port");
  if (o.healthz_port == o.server.https_port) return same_port("healthz-port", "https-port");
  return {};
}

}  // namespace proxy
