#include "routing/snapshot.hpp"

#include <boost/asio/ip/address_v4.hpp>
#include <boost/asio/ip/address_v6.hpp>
#include <boost/json.hpp>
#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <tuple>
#include <vector>

namespace routing {
namespace {

namespace json = boost::json;

json::value to_value(std::chrono::seconds value) { return value.count(); }

// As text: a JSON number may lose the lower bits of 64.
json::value to_value(std::uint64_t hash) { return json::value(fmt::format("{:016x}", hash)); }

json::object to_value(const Action& action, const UpstreamTable& upstreams) {
  if (const auto* reply = std::get_if<Reply>(&action)) return {{"reply", reply->status}, {"reason", reply->reason}};
  const auto upstream = std::get<Forward>(action).upstream;
  if (upstream >= upstreams.groups.size() || !upstreams.groups[upstream]) return {{"forward", nullptr}};
  return {{"forward", upstreams.groups[upstream]->name}};
}

json::object to_value(const RouteOrigin& origin, bool is_regex) {
  return {{"ingress", origin.ingress_namespace + "/" + origin.ingress_name},
          {"host", origin.host},
          {"path", origin.path},
          {"type", is_regex ? "Regex" : origin.type == PathType::exact ? "Exact" : "Prefix"},
          {"service", origin.service},
          {"port", origin.port}};
}

json::array to_value(RetryOn on) {
  constexpr std::pair<RetryOn, const char*> names[]{
      {RetryOn::error, "error"},       {RetryOn::timeout, "timeout"},   {RetryOn::invalid_header, "invalid_header"},
      {RetryOn::http_500, "http_500"}, {RetryOn::http_502, "http_502"}, {RetryOn::http_503, "http_503"},
      {RetryOn::http_504, "http_504"}, {RetryOn::http_403, "http_403"}, {RetryOn::http_404, "http_404"},
      {RetryOn::http_429, "http_429"}, {RetryOn::non_idempotent, "non_idempotent"}};
  json::array list;
  for (const auto& [bit, name] : names) {
    if (contains(on, bit)) list.emplace_back(name);
  }
  return list;
}

json::object to_value(const TlsRedirect& redirect) {
  return {{"status", redirect.status},
          {"preserve_trailing_slash", redirect.preserve_trailing_slash},
          {"append_port", redirect.append_port}};
}

json::object to_value(const Policies& policies, const UpstreamTable& upstreams) {
  json::object object{
      {"max_body_bytes", policies.body_limit.max_body_bytes},
      {"timeouts",
       {{"connect", to_value(policies.timeouts.connect)},
        {"read", to_value(policies.timeouts.read)},
        {"send", to_value(policies.timeouts.send)}}},
      {"retry",
       {{"on", to_value(policies.retry.on)}, {"tries", policies.retry.tries}, {"total", to_value(policies.retry.total)}}},
      {"access_log", policies.access_log}};
  if (policies.tls_redirect.active) object["tls_redirect"] = to_value(policies.tls_redirect);
  if (policies.rewrite) object["rewrite_target"] = policies.rewrite->target;
  if (policies.stand_in) object["stand_in"] = to_value(Action{*policies.stand_in}, upstreams);
  return object;
}

json::object to_value(const Route& route, const UpstreamTable& upstreams, bool is_regex) {
  return {{"origin", to_value(route.origin, is_regex)},
          {"action", to_value(route.action, upstreams)},
          {"policies", to_value(route.policies, upstreams)}};
}

// Routes in the order in which they are declared in the index: for a regex host that is the order they are tried in.
json::array routes_of(const HostEntry& host, const UpstreamTable& upstreams) {
  json::array list;
  const auto add = [&](std::uint32_t route) {
    if (route != PathIndex::none) list.push_back(to_value(host.routes[route], upstreams, host.paths.is_regex()));
  };
  for (const auto& expression : host.paths.expressions()) add(expression.route);
  if (host.paths.is_regex()) return list;
  for (const auto& rule : host.paths.rules()) {
    for (const auto route : {rule.exact, rule.prefix, rule.exact_slash, rule.prefix_slash}) add(route);
  }
  return list;
}

json::array to_value(const RouteTable& table, const UpstreamTable& upstreams) {
  json::array list;
  for (const auto& host : table.hosts) {
    list.push_back(json::object{{"name", host->name},
                                {"regex", host->paths.is_regex()},
                                {"has_certificate", host->has_certificate},
                                {"routes", routes_of(*host, upstreams)}});
  }
  return list;
}

// By name: their numbers depend on what had been there before.
json::array to_value(const UpstreamTable& table) {
  std::vector<const UpstreamGroup*> groups;
  for (const auto& group : table.groups)
    if (group) groups.push_back(group.get());
  std::sort(groups.begin(), groups.end(), [](const UpstreamGroup* a, const UpstreamGroup* b) { return std::tie(a->name, a->service, a->port) < std::tie(b->name, b->service, b->port); });
  json::array list;
  for (const UpstreamGroup* group : groups) {
    json::array endpoints;
    for (const auto& endpoint : group->endpoints) {
      endpoints.push_back(json::object{{"address", endpoint.address}, {"port", endpoint.port}});
    }
    json::object object{{"name", group->name},
                        {"service", group->service_namespace + "/" + group->service},
                        {"port", group->port},
                        {"endpoints", std::move(endpoints)}};
    if (!group->empty_reason.empty()) object["empty_reason"] = group->empty_reason;
    list.push_back(std::move(object));
  }
  return list;
}

// What a client sees in a handshake anyway; never the key.
json::object to_value(const tls::Certificate& certificate) {
  json::array names;
  for (const auto& name : certificate.names()) names.emplace_back(name);
  return {{"names", std::move(names)},
          {"subject", certificate.subject()},
          {"issuer", certificate.issuer()},
          {"serial", certificate.serial()},
          {"fingerprint", certificate.fingerprint()},
          {"expiry", fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(std::chrono::system_clock::to_time_t(certificate.expiry())))}};
}

json::object to_value(const CertificateTable& table) {
  json::array entries;
  for (const auto& entry : table.entries) {
    json::object object{{"host", entry.host}, {"secret", entry.secret}};
    object["certificate"] = entry.certificate ? json::value(to_value(*entry.certificate)) : json::value(nullptr);
    entries.push_back(std::move(object));
  }
  json::object object{{"entries", std::move(entries)}, {"fallback_secret", table.fallback_secret}};
  object["fallback"] = table.fallback ? json::value(to_value(*table.fallback)) : json::value(nullptr);
  return object;
}

json::object to_value(const DownstreamSettings& settings) {
  return {{"header_timeout", to_value(settings.header_timeout)},
          {"body_timeout", to_value(settings.body_timeout)},
          {"keep_alive", to_value(settings.keep_alive)},
          {"keep_alive_requests", settings.keep_alive_requests},
          {"header_buffer_bytes", settings.header_buffer_bytes},
          {"large_header_buffers", settings.large_header_buffers},
          {"large_header_buffer_bytes", settings.large_header_buffer_bytes},
          {"enable_underscores", settings.enable_underscores}};
}

json::object to_value(const UpstreamKeepAlive& settings) {
  return {{"connections", settings.connections},
          {"idle", to_value(settings.idle)},
          {"requests", settings.requests},
          {"lifetime", to_value(settings.lifetime)}};
}

json::object to_value(const Hsts& hsts) {
  return {{"enabled", hsts.enabled},
          {"max_age_seconds", hsts.max_age_seconds},
          {"include_subdomains", hsts.include_subdomains},
          {"preload", hsts.preload}};
}

// "10.0.0.0/8" for a range of mapped IPv4 addresses, else in IPv6 form.
std::string to_text(const AddressRange& range) {
  const boost::asio::ip::address_v6 address{range.address};
  constexpr unsigned mapped_bits = 96;
  if (!address.is_v4_mapped() || range.prefix_bits < mapped_bits) return fmt::format("{}/{}", address.to_string(), range.prefix_bits);
  const auto v4 = boost::asio::ip::make_address_v4(boost::asio::ip::v4_mapped, address);
  return fmt::format("{}/{}", v4.to_string(), range.prefix_bits - mapped_bits);
}

json::object to_value(const Forwarding& forwarding) {
  json::array trusted;
  for (const auto& range : forwarding.trusted) {
    trusted.emplace_back(to_text(range));
  }
  return {{"use_forwarded_headers", forwarding.use_forwarded_headers},
          {"enable_real_ip", forwarding.enable_real_ip},
          {"compute_full_forwarded_for", forwarding.compute_full_forwarded_for},
          {"forwarded_for_header", forwarding.forwarded_for_header},
          {"trusted", std::move(trusted)},
          {"generate_request_id", forwarding.generate_request_id},
          {"add_original_uri", forwarding.add_original_uri}};
}

json::object to_value(const tls::ServerSettings& settings) {
  json::array alpn;
  for (const auto& protocol : settings.alpn) alpn.emplace_back(protocol);
  return {{"tls12", settings.tls12},
          {"tls13", settings.tls13},
          {"ciphers", settings.ciphers},
          {"curves", settings.curves},
          {"session_tickets", settings.session_tickets},
          {"reject_unknown_names", settings.reject_unknown_names},
          {"alpn", std::move(alpn)}};
}

const char* to_text(LogEscape escape) {
  switch (escape) {
    case LogEscape::nginx: return "default";
    case LogEscape::json: return "json";
    case LogEscape::none: break;
  }
  return "none";
}

// The ticket key stays out; that one is set is worth knowing.
json::object to_value(const Settings& settings) {
  return {{"downstream", to_value(settings.downstream)},
          {"upstream_keep_alive", to_value(settings.upstream_keep_alive)},
          {"hsts", to_value(settings.hsts)},
          {"server_tokens", settings.server_tokens == ServerTokens::weir},
          {"allow_backend_server_header", settings.allow_backend_server_header},
          {"forwarding", to_value(settings.forwarding)},
          {"access_log",
           {{"enabled", settings.access_log.enabled},
            {"format", settings.access_log.format},
            {"escape", to_text(settings.access_log.escape)}}},
          {"tls", to_value(settings.tls)},
          {"has_ticket_key", !settings.ticket_key.empty()},
          {"drain_limit", to_value(settings.drain_limit)}};
}

}  // namespace

std::string to_json(const Snapshot& snapshot) {
  // An object keeps the order of insertion, so equal snapshots give equal text.
  return json::serialize(json::object{{"version", to_value(snapshot.version)},
                                      {"hosts", to_value(*snapshot.routes, *snapshot.upstreams)},
                                      {"fallback", to_value(snapshot.routes->fallback, *snapshot.upstreams, false)},
                                      {"upstreams", to_value(*snapshot.upstreams)},
                                      {"certificates", to_value(*snapshot.certificates)},
                                      {"settings", to_value(*snapshot.settings)}});
}

}  // namespace routing
