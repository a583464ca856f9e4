#include "proxy/exchange.hpp"

#include "proxy/forwarding_headers.hpp"
#include "proxy/http1/field_id.hpp"
#include "proxy/http1/connection.hpp"
#include "proxy/worker.hpp"
#include "routing/normalize_path.hpp"
#include "routing/redirects.hpp"

#include <fmt/format.h>

#include <iterator>

namespace proxy {

namespace {

// nginx's list of methods that are not sent twice (proxy_next_upstream); everything else counts as idempotent.
bool is_idempotent_method(Method method) { return method != Method::post && method != Method::patch && method != Method::lock; }

// What only we may tell a stand-in default backend.
void drop_stand_in_fields(FieldList& fields) {
  constexpr std::string_view ours[] = {"x-code", "x-format", "x-namespace", "x-ingress-name", "x-service-name", "x-service-port"};
  for (Field& field : fields.all())
    for (const std::string_view name : ours) field.is_dropped = field.is_dropped || http1::equals_token(field.name, name);
}

// The head of a reply ends the connection when nothing certain can be said about what follows the request.
bool ends_connection(std::uint16_t status) {
  return status == 400 || status == 408 || status == 413 || status == 414 || status == 431 || status == 501 || status == 505;
}

}  // namespace

void Exchange::attach(Session& session) {
  session_ = &session;
  config_ = worker_.config();
  route_ = &config_->snapshot().routes->fallback;
  series_ = nullptr;
  upstream_ = nullptr;
  group_ = nullptr;
  is_stand_in_ = false;
  state_ = State::replied;
  request_body_.start(BodyKind::none, 0);
  request_head_.clear();
  replay_.clear();
  body_bytes_ = discarded_bytes_ = 0;
  request_minor_ = 1;
  is_head_request_ = wants_upgrade_ = accepts_trailers_ = awaits_continue_ = is_discarding_ = request_sent_ = sent_any_ = false;
  is_idempotent_ = keeps_alive_ = is_readable_body_ = replay_is_whole_ = is_logged_ = true;
  started_ = worker_.now();
  tried_.clear();
  response_started_ = response_done_ = response_chunked_ = upstream_reusable_ = client_ended_ = upstream_ended_ = false;
  informational_ = 0;
  status_ = 0;
  log_.start(config_->settings().access_log.enabled ? &config_->log_format : nullptr, started_);
}

std::size_t Exchange::begin(const RequestHead& head, char* rest, std::size_t count) {
  ++worker_.counters().requests;
  request_body_.start(head.body, head.content_length);
  request_minor_ = head.minor_version;
  method_ = method_of(head.method);
  is_head_request_ = method_ == Method::head;
  is_idempotent_ = is_idempotent_method(method_);
  wants_upgrade_ = !head.upgrade.empty();
  accepts_trailers_ = head.accepts_trailers && head.minor_version >= 1;
  keeps_alive_ = head.keeps_alive();
  awaits_continue_ = head.expects_continue && count == 0 && !request_body_.is_done();
  log_.request_bytes = static_cast<std::uint64_t>(rest - head.line.data());

  const routing::Settings& settings = config_->settings();
  std::string joined;
  const ClientFacts client =
      client_facts(head, worker_.facts_of(session_->peer_address(), session_->scheme()), settings.forwarding, joined);
  const std::string_view request_id =
      client.request_id.empty() && settings.forwarding.generate_request_id ? worker_.request_ids().next() : client.request_id;

  std::string_view path = head.path;
  bool is_path_valid = true;
  if (!routing::is_normalised(path)) {
    is_path_valid = routing::normalize_path(path, worker_.path);
    path = worker_.path;
  }
  log_.on_request(head, client, is_path_valid ? path : head.path, request_id);
  if (!is_path_valid) {
    reply(400, "path cannot be normalised");
  } else {
    const routing::Match match = config_->snapshot().routes->match({head.host, path});
    if (match.route) {
      route_ = match.route;
      series_ = &config_->series(match);
    }
    is_logged_ = policies().access_log && match.kind != routing::MatchKind::unknown_host;
    if (match.kind == routing::MatchKind::unknown_host && path == "/healthz") {
      send_reply(200, {}, {});  // load balancers ask the traffic port, as they could ask ingress-nginx
    } else if (!answer_locally(head, client, match) && choose_upstream() && prepare_request(head, client, path, request_id)) {
      start_attempt();
    }
  }
  if (state_ == State::finished) return 0;
  if (state_ == State::relaying && !sent_any_) return relay_body(request_head_, rest, count);
  return wants_request_bytes() ? take_request_bytes(rest, count) : 0;
}

bool Exchange::answer_locally(const RequestHead& head, const ClientFacts& client, const routing::Match& match) {
  // The order is ingress-nginx's (0.5): size, then what closes the path, then the redirect to https.
  const std::uint64_t max_body_bytes = policies().body_limit.max_body_bytes;
  if (max_body_bytes != 0 && head.content_length > max_body_bytes) {
    reply(413, "body larger than proxy-body-size");
    return true;
  }
  if (match.kind == routing::MatchKind::add_slash) {
    redirect_with_slash(head, client);
    return true;
  }
  if (const auto* answer = std::get_if<routing::Reply>(&route_->action)) {
    reply(answer->status, answer->reason);
    return true;
  }
  if (policies().tls_redirect.active && client.scheme != "https") {
    redirect_to_https(head, client);
    return true;
  }
  return false;
}

void Exchange::redirect_to_https(const RequestHead& head, const ClientFacts& client) {
  if (client.host.empty()) {  // HTTP/1.0
    reply(400, "no host to redirect to");
    return;
  }
  std::string line = "Location: ";
  routing::append_https_location(policies().tls_redirect, client.host, head.target, worker_.https_port(), line);
  reply(policies().tls_redirect.status, "redirect to https", line.append("\r\n"));
}

void Exchange::redirect_with_slash(const RequestHead& head, const ClientFacts& client) {
  std::string line = "Location: ";
  routing::append_slash_location(session_->is_tls() ? "https" : "http", client.host, head.path, head.query, line);
  reply(301, "redirect to the path with a slash", line.append("\r\n"));
}

bool Exchange::choose_upstream() {
  upstream_index_ = std::get<routing::Forward>(route_->action).upstream;
  group_ = &config_->group(upstream_index_);
  if (group_->endpoints.empty() && policies().stand_in) {
    is_stand_in_ = true;
    upstream_index_ = policies().stand_in->upstream;
    group_ = &config_->group(upstream_index_);
  }
  if (!group_->endpoints.empty()) return true;
  const std::string& reason = config_->spec(upstream_index_).empty_reason;
  reply(503, reason.empty() ? "no ready endpoint" : reason);
  return false;
}

bool Exchange::prepare_request(const RequestHead& head, const ClientFacts& client, std::string_view normalised_path,
                               std::string_view request_id) {
  std::string target;
  std::string_view wanted = head.target;
  if (policies().rewrite) {
    switch (routing::apply(*policies().rewrite, normalised_path, target)) {
      case routing::RewriteOutcome::refused:
        reply(400, "the rewritten path would leave its directory");
        return false;
      case routing::RewriteOutcome::rewritten:
        if (routing::is_absolute(*policies().rewrite)) {
          reply(302, "rewrite to a URL", fmt::format("Location: {}{}\r\n", target, head.query));
          return false;
        }
        wanted = target.append(head.query);
        break;
      case routing::RewriteOutcome::unmatched:
        break;
    }
  }
  std::string extra;
  if (is_stand_in_) {
    drop_stand_in_fields(worker_.request_head.fields);
    const routing::RouteOrigin& origin = route_->origin;
    extra = fmt::format("X-Code: 503\r\nX-Namespace: {}\r\nX-Ingress-Name: {}\r\nX-Service-Name: {}\r\nX-Service-Port: {}\r\n",
                        origin.ingress_namespace, origin.ingress_name, origin.service, origin.port);
    for (const Field& field : head.fields.all())
      if (http1::equals_token(field.name, "accept")) extra.append("X-Format: ").append(field.value).append("\r\n");
  }
  write_request_head({head, client, config_->settings(), wanted, request_id, extra}, worker_.head_writer);
  request_head_ = worker_.head_writer.text();
  return true;
}

void Exchange::refuse(const http1::ParseResult& why, std::string_view bytes) {
  ++worker_.counters().rejected_heads;
  log_.request_bytes = bytes.size();
  log_.on_refused_head(bytes);
  keeps_alive_ = false;
  is_readable_body_ = false;
  reply(why.reply_status, why.reason);
}

void Exchange::reply(std::uint16_t status, std::string_view reason, std::string_view extra_lines) {
  if (status >= 400) report(status >= 500 ? telemetry::Level::warning : telemetry::Level::info, fmt::format("{}", status), reason);
  if (ends_connection(status)) keeps_alive_ = false;
  send_reply(status, error_page(status), extra_lines);
}

void Exchange::send_reply(std::uint16_t status, std::string_view page, std::string_view extra_lines) {
  drop_connection();
  state_ = State::replied;
  status_ = status;
  response_started_ = response_done_ = true;
  const bool stays = keeps_client() && (request_body_.is_done() || can_discard_rest());
  if (!stays) keeps_alive_ = false;

  std::string& out = worker_.out;
  out.clear();
  out.append("HTTP/1.1 ");
  fmt::format_to(std::back_inserter(out), "{} {}\r\n", status, reason_phrase(status));
  out.append(config_->server_line).append(worker_.date_line());
  if (!page.empty()) out.append("Content-Type: text/html\r\n");
  fmt::format_to(std::back_inserter(out), "Content-Length: {}\r\n", page.size());
  out.append(extra_lines);
  if (session_->is_tls() && route_ != &config_->snapshot().routes->fallback) out.append(config_->hsts_line);
  if (!stays) out.append("Connection: close\r\n");
  else if (request_minor_ == 0) out.append("Connection: keep-alive\r\n");
  out.append("\r\n");
  const std::size_t head_bytes = out.size();
  if (!is_head_request_) out.append(page);
  log_.bytes_sent += out.size();
  log_.body_bytes_sent += out.size() - head_bytes;
  const std::string_view whole = out;
  if (!session_->write(std::span{&whole, 1})) {
    session_->on_client_failed();
    return;
  }
  settle_request();
}

bool Exchange::keeps_client() const noexcept {
  const routing::DownstreamSettings& downstream = config_->settings().downstream;
  return keeps_alive_ && downstream.keep_alive.count() > 0 && session_->requests() < downstream.keep_alive_requests &&
         !worker_.is_draining();
}

// The rest of a request body is read to its end only when that end is certain to come soon: a client that waits for
// "100 Continue" may never send it.
bool Exchange::can_discard_rest() const noexcept {
  if (!is_readable_body_ || awaits_continue_ || client_ended_) return false;
  return request_body_.kind() != BodyKind::length || request_body_.left() <= max_discarded_body_bytes;
}

void Exchange::settle_request() {
  if (request_body_.is_done() && is_readable_body_) {
    finish(keeps_client() ? Afterwards::keep_alive : Afterwards::close);
  } else if (keeps_client() && can_discard_rest()) {
    is_discarding_ = true;
    state_ = State::replied;
    session_->wait_for(Waiting::body, config_->settings().downstream.body_timeout);
    worker_.make_ready(*session_);
  } else {
    finish(Afterwards::linger);
  }
}

void Exchange::on_body_timeout() {
  if (is_discarding_) {
    finish(Afterwards::close);
  } else if (response_started_) {
    cut_response("request body did not arrive within client-body-timeout");
  } else {
    drop_connection();
    reply(408, "request body did not arrive within client-body-timeout");
  }
}

void Exchange::on_request_ended() {
  client_ended_ = true;
  if (state_ == State::tunnel) {
    upstream_->transport().shut_down_write();
    end_tunnel_if_done();
    return;
  }
  keeps_alive_ = false;
  is_readable_body_ = false;
  if (is_discarding_ || response_started_) {
    drop_connection();
    finish(Afterwards::close);
    return;
  }
  drop_connection();
  reply(400, "client closed before the request body was complete");
}

void Exchange::on_client_half_closed() {
  if (state_ == State::tunnel) return;  // what came before the end is not read yet; reading finds the end
  client_ended_ = true;
  keeps_alive_ = keeps_alive_ && session_->has_input();  // pipelined requests are answered to the last
  if ((state_ == State::connecting || state_ == State::relaying) && !response_started_ && request_body_.is_done())
    session_->wait_for(Waiting::half_closed, Session::half_closed_grace);
}

void Exchange::on_client_gone() {
  drop_connection();
  if (!response_done_ && !response_started_) status_ = 499;
  conclude();
}

void Exchange::finish(Afterwards afterwards) {
  drop_connection();
  Session& session = *session_;
  conclude();
  session.finish_exchange(afterwards);
}

// The one place where an exchange ends: log, count, give back what it holds.
void Exchange::conclude() {
  state_ = State::finished;
  const std::size_t status_class = status_ / 100;
  ++worker_.counters().responses[status_ == 499 ? 0 : status_class < 6 ? status_class : 0];
  if (series_) series_->counts(method_, status_).add(log_.sample(worker_.now()));
  if (is_logged_) {
    const std::string_view upstream_name = group_ ? std::string_view{config_->spec(upstream_index_).name} : std::string_view{};
    log_.write(worker_, *session_, route_, upstream_name, status_);
  }
  route_ = nullptr;
  series_ = nullptr;
  group_ = nullptr;
  session_ = nullptr;
  config_ = {};
  worker_.give_back(*this);
}

void Exchange::report(telemetry::Level level, std::string_view what, std::string_view detail) {
  if (!worker_.log().is_enabled(level) || !worker_.may_report()) return;
  const std::string_view line = std::string_view{request_head_}.substr(0, request_head_.find('\r'));
  const routing::RouteOrigin& origin = route_->origin;
  worker_.log().write(level, fmt::format("{}: {}; client {}{}{}{}{}", what, detail, session_->peer_address(),
                                         origin.ingress_name.empty() ? "" : ", Ingress ",
                                         origin.ingress_name.empty() ? "" : origin.ingress_namespace + "/" + origin.ingress_name,
                                         line.empty() ? "" : ", request ", line));
}

}  // namespace proxy
