#include "routing/content_hash.hpp"

#include "routing/hash.hpp"

#include <re2/re2.h>

namespace routing {
namespace {

void add(ContentHash& hash, bool value) { hash.add(std::uint64_t{value}); }
void add(ContentHash& hash, std::chrono::seconds value) { hash.add(static_cast<std::uint64_t>(value.count())); }
void add(ContentHash& hash, const std::vector<std::string>& texts) {
  hash.add(texts.size());
  for (const auto& text : texts) hash.add(text);
}

void add(ContentHash& hash, const Action& action) {
  hash.add(action.index());
  if (const auto* forward = std::get_if<Forward>(&action)) hash.add(forward->identity);
  if (const auto* reply = std::get_if<Reply>(&action)) {
    hash.add(reply->status);
    hash.add(reply->reason);
  }
}

void add(ContentHash& hash, const RouteOrigin& origin) {
  for (const auto* text : {&origin.ingress_namespace, &origin.ingress_name, &origin.host, &origin.path, &origin.service,
                           &origin.port}) {
    hash.add(*text);
  }
  hash.add(static_cast<std::uint64_t>(origin.type));
}

void add(ContentHash& hash, const Rewrite& rewrite) {
  hash.add(rewrite.target);
  hash.add(rewrite.expression == nullptr ? std::string_view{} : std::string_view{rewrite.expression->pattern()});
}

void add(ContentHash& hash, const Policies& policies) {
  add(hash, policies.tls_redirect.active);
  add(hash, policies.tls_redirect.preserve_trailing_slash);
  add(hash, policies.tls_redirect.append_port);
  hash.add(policies.tls_redirect.status);
  hash.add(policies.body_limit.max_body_bytes);
  add(hash, policies.timeouts.connect);
  add(hash, policies.timeouts.read);
  add(hash, policies.timeouts.send);
  hash.add(static_cast<std::uint64_t>(policies.retry.on));
  hash.add(policies.retry.tries);
  add(hash, policies.retry.total);
  add(hash, policies.rewrite.has_value());
  if (policies.rewrite) add(hash, *policies.rewrite);
  add(hash, policies.stand_in.has_value());
  if (policies.stand_in) hash.add(policies.stand_in->identity);
  add(hash, policies.access_log);
}

void add(ContentHash& hash, const Route& route) {
  add(hash, route.origin);
  add(hash, route.action);
  add(hash, route.policies);
}

void add(ContentHash& hash, const PathIndex& paths) {
  hash.add(paths.rules().size());
  for (const auto& rule : paths.rules()) {
    hash.add(rule.path);
    for (const auto route : {rule.exact, rule.prefix, rule.exact_slash, rule.prefix_slash}) hash.add(route);
  }
  hash.add(paths.expressions().size());
  for (const auto& expression : paths.expressions()) {
    hash.add(expression.path);
    hash.add(std::uint64_t{expression.route} << 1 | (expression.is_reserved ? 1u : 0u));
  }
}

void add(ContentHash& hash, const DownstreamSettings& settings) {
  add(hash, settings.header_timeout);
  add(hash, settings.body_timeout);
  add(hash, settings.keep_alive);
  hash.add(settings.keep_alive_requests);
  hash.add(settings.header_buffer_bytes);
  hash.add(settings.large_header_buffers);
  hash.add(settings.large_header_buffer_bytes);
  add(hash, settings.enable_underscores);
}

void add(ContentHash& hash, const UpstreamKeepAlive& settings) {
  hash.add(settings.connections);
  add(hash, settings.idle);
  hash.add(settings.requests);
  add(hash, settings.lifetime);
}

void add(ContentHash& hash, const Hsts& hsts) {
  add(hash, hsts.enabled);
  hash.add(hsts.max_age_seconds);
  add(hash, hsts.include_subdomains);
  add(hash, hsts.preload);
}

void add(ContentHash& hash, const Forwarding& forwarding) {
  add(hash, forwarding.use_forwarded_headers);
  add(hash, forwarding.enable_real_ip);
  add(hash, forwarding.compute_full_forwarded_for);
  hash.add(forwarding.forwarded_for_header);
  hash.add(forwarding.trusted.size());
  for (const auto& range : forwarding.trusted) {
    hash.add(std::string_view{reinterpret_cast<const char*>(range.address.data()), range.address.size()});
    hash.add(range.prefix_bits);
  }
  add(hash, forwarding.generate_request_id);
  add(hash, forwarding.add_original_uri);
}

void add(ContentHash& hash, const AccessLogSettings& settings) {
  add(hash, settings.enabled);
  hash.add(settings.format);
  hash.add(static_cast<std::uint64_t>(settings.escape));
}

void add(ContentHash& hash, const tls::ServerSettings& settings) {
  add(hash, settings.tls12);
  add(hash, settings.tls13);
  hash.add(settings.ciphers);
  hash.add(settings.curves);
  add(hash, settings.session_tickets);
  add(hash, settings.reject_unknown_names);
  add(hash, settings.alpn);
}

std::string_view fingerprint_of(const std::shared_ptr<const tls::Certificate>& certificate) {
  return certificate == nullptr ? std::string_view{} : std::string_view{certificate->chain_fingerprint()};
}

}  // namespace

std::uint64_t hash_of(const HostEntry& host) {
  ContentHash hash;
  hash.add(host.name);
  hash.add(host.routes.size());
  for (const auto& route : host.routes) add(hash, route);
  add(hash, host.paths);
  add(hash, host.has_certificate);
  return hash.value();
}

std::uint64_t hash_of(const RouteTable& table) {
  ContentHash hash;
  hash.add(table.hosts.size());
  for (const auto& host : table.hosts) hash.add(host->content_hash);
  add(hash, table.fallback);
  return hash.value();
}

std::uint64_t hash_of(const UpstreamGroup& group) {
  ContentHash hash;
  for (const auto* text : {&group.name, &group.service_namespace, &group.service, &group.port, &group.empty_reason}) hash.add(*text);
  hash.add(group.endpoints.size());
  for (const auto& endpoint : group.endpoints) {
    hash.add(endpoint.address);
    hash.add(endpoint.port);
  }
  return hash.value();
}

std::uint64_t hash_of(const UpstreamTable& table) {
  std::uint64_t sum = 0, count = 0;
  for (const auto& group : table.groups) {
    if (!group) continue;
    sum += group->content_hash;
    ++count;
  }
  ContentHash hash;
  hash.add(count);
  hash.add(sum);
  return hash.value();
}

std::uint64_t hash_of(const CertificateTable& table) {
  // A generated fallback differs in every process; equal objects must not give different versions for it, nor for the hosts
  // that it stands in for.
  const bool is_generated = table.fallback_secret.empty();
  ContentHash hash;
  hash.add(table.entries.size());
  for (const auto& entry : table.entries) {
    const bool is_stand_in = is_generated && entry.certificate == table.fallback;
    hash.add(entry.host);
    hash.add(entry.secret);
    hash.add(is_stand_in ? std::string{} : std::string{fingerprint_of(entry.certificate)});
  }
  hash.add(table.fallback_secret);
  if (!is_generated) hash.add(fingerprint_of(table.fallback));
  return hash.value();
}

std::uint64_t hash_of(const Settings& settings) {
  ContentHash hash;
  add(hash, settings.downstream);
  add(hash, settings.upstream_keep_alive);
  add(hash, settings.hsts);
  hash.add(static_cast<std::uint64_t>(settings.server_tokens));
  add(hash, settings.allow_backend_server_header);
  add(hash, settings.forwarding);
  add(hash, settings.access_log);
  add(hash, settings.tls);
  hash.add(settings.ticket_key);
  add(hash, settings.drain_limit);
  return hash.value();
}

std::uint64_t version_of(const Snapshot& snapshot) {
  ContentHash hash;
  hash.add(snapshot.routes->content_hash);
  hash.add(snapshot.upstreams->content_hash);
  hash.add(snapshot.certificates->content_hash);
  hash.add(hash_of(*snapshot.settings));
  return hash.value() != 0 ? hash.value() : 1;
}

}  // namespace routing
