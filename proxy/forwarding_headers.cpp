#include "proxy/forwarding_headers.hpp"

namespace proxy {

namespace {

bool is_passed(const Field& field, const routing::DownstreamSettings& downstream) {
  if (field.is_dropped || (field.has_underscore && !downstream.enable_underscores)) return false;
  switch (field.id) {
    case FieldId::other:
    case FieldId::date:
    case FieldId::server:
    case FieldId::strict_transport_security:
    case FieldId::x_accel:
      return true;
    default:
      return false;  // framing, hop-by-hop, or written anew below
  }
}

// Lines that follow each other and need no change go in one copy.
void copy_fields(const RequestHead& head, const routing::DownstreamSettings& downstream, HeadWriter& out) {
  const char* run = nullptr;
  std::size_t run_bytes = 0;
  const auto flush = [&] {
    if (run_bytes) out.add({run, run_bytes});
    run_bytes = 0;
  };
  for (const Field& field : head.fields.all()) {
    if (!is_passed(field, downstream)) continue;
    if (!field.is_canonical) {
      flush();
      out.add(field.name);
      out.add_line(": ", field.value);
      continue;
    }
    if (run_bytes && run + run_bytes == field.line.data()) {
      run_bytes += field.line.size();
      continue;
    }
    flush();
    run = field.line.data();
    run_bytes = field.line.size();
  }
  flush();
}

void add_framing(const RequestHead& head, HeadWriter& out) {
  if (head.body == BodyKind::length) {
    out.add("Content-Length: ");
    out.add_number(head.content_length);
    out.add("\r\n");
  } else if (head.body == BodyKind::chunked) {
    out.add("Transfer-Encoding: chunked\r\n");
    for (const Field& field : head.fields.all())
      if (field.id == FieldId::trailer && !field.is_dropped) out.add_line("Trailer: ", field.value);
  }
  if (!head.upgrade.empty()) {
    out.add_line("Upgrade: ", head.upgrade);
    out.add("Connection: upgrade\r\n");
  } else if (head.accepts_trailers) {
    out.add("TE: trailers\r\nConnection: TE\r\n");
  }
}

void add_forwarding(const UpstreamRequest& request, HeadWriter& out) {
  const ClientFacts& client = request.client;
  const routing::Forwarding& forwarding = request.settings.forwarding;
  if (!request.request_id.empty()) out.add_line("X-Request-ID: ", request.request_id);
  out.add_line("X-Real-IP: ", client.client_address);
  if (forwarding.use_forwarded_headers && forwarding.compute_full_forwarded_for && !client.forwarded_for.empty()) {
    out.add("X-Forwarded-For: ");
    out.add(client.forwarded_for);
    out.add_line(", ", client.peer_address);
  } else {
    out.add_line("X-Forwarded-For: ", client.client_address);
  }
  if (!client.host.empty()) out.add_line("X-Forwarded-Host: ", client.host);
  if (!client.scheme_lines.empty()) {
    out.add(client.scheme_lines);
  } else {
    out.add_line("X-Forwarded-Port: ", client.port);
    out.add_line("X-Forwarded-Proto: ", client.scheme);
    out.add_line("X-Forwarded-Scheme: ", client.scheme);
    out.add_line("X-Scheme: ", client.scheme);
  }
  if (!client.forwarded_for.empty()) out.add_line("X-Original-Forwarded-For: ", client.forwarded_for);
  if (!client.forwarded_host.empty()) out.add_line("X-Original-Forwarded-Host: ", client.forwarded_host);
  if (forwarding.add_original_uri) out.add_line("X-Original-URI: ", request.head.target);
}

// More than what is written: every received line once (a name and value that is not canonical gets a blank more), and what
// is added, each value as often as it appears.
std::size_t room_for(const UpstreamRequest& request) {
  constexpr std::size_t fixed_text = 512;
  const ClientFacts& client = request.client;
  const std::size_t received = request.head.line.size() + request.head.fields.bytes_as_lines();
  return fixed_text + received + request.target.size() + request.head.target.size() + request.request_id.size() +
         request.extra_lines.size() + 2 * client.host.size() + 3 * client.scheme.size() + client.port.size() + client.scheme_lines.size() +
         3 * client.client_address.size() + client.peer_address.size() + 2 * client.forwarded_for.size() + client.forwarded_host.size();
}

}  // namespace

void write_request_head(const UpstreamRequest& request, HeadWriter& out) {
  const RequestHead& head = request.head;
  out.start(room_for(request));
  out.add(head.method);
  out.add(" ");
  out.add(request.target);
  out.add(" HTTP/1.1\r\n");
  out.add_line("Host: ", request.client.host);
  copy_fields(head, request.settings.downstream, out);
  add_framing(head, out);
  add_forwarding(request, out);
  out.add(request.extra_lines);
  out.add("\r\n");
}

}  // namespace proxy
