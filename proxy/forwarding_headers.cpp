#include "proxy/forwarding_headers.hpp"

#include <charconv>

namespace proxy {

namespace {

void add(std::string& out, std::string_view name_and_colon, std::string_view value) {
  out.append(name_and_colon).append(value).append("\r\n");
}

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
void copy_fields(const RequestHead& head, const routing::DownstreamSettings& downstream, std::string& out) {
  const char* run = nullptr;
  const char* run_end = nullptr;
  const auto flush = [&] {
    if (run) out.append(run, run_end);
    run = nullptr;
  };
  for (const Field& field : head.fields.all()) {
    if (!is_passed(field, downstream)) continue;
    if (field.is_canonical) {
      if (run && run_end == field.line.data()) {
        run_end += field.line.size();
        continue;
      }
      flush();
      run = field.line.data();
      run_end = run + field.line.size();
    } else {
      flush();
      out.append(field.name);
      add(out, ": ", field.value);
    }
  }
  flush();
}

void add_framing(const RequestHead& head, std::string& out) {
  if (head.body == BodyKind::length) {
    char digits[20];
    const auto end = std::to_chars(digits, digits + sizeof digits, head.content_length).ptr;
    add(out, "Content-Length: ", {digits, static_cast<std::size_t>(end - digits)});
  } else if (head.body == BodyKind::chunked) {
    out.append("Transfer-Encoding: chunked\r\n");
    for (const Field& field : head.fields.all())
      if (field.id == FieldId::trailer) add(out, "Trailer: ", field.value);
  }
  if (!head.upgrade.empty()) {
    add(out, "Upgrade: ", head.upgrade);
    out.append("Connection: upgrade\r\n");
  } else if (head.accepts_trailers) {
    out.append("TE: trailers\r\nConnection: TE\r\n");
  }
}

void add_forwarding(const UpstreamRequest& request, std::string& out) {
  const ClientFacts& client = request.client;
  const routing::Forwarding& forwarding = request.settings.forwarding;
  if (!request.request_id.empty()) add(out, "X-Request-ID: ", request.request_id);
  add(out, "X-Real-IP: ", client.client_address);
  if (forwarding.use_forwarded_headers && forwarding.compute_full_forwarded_for && !client.forwarded_for.empty()) {
    out.append("X-Forwarded-For: ").append(client.forwarded_for);
    add(out, ", ", client.peer_address);
  } else {
    add(out, "X-Forwarded-For: ", client.client_address);
  }
  if (!client.host.empty()) add(out, "X-Forwarded-Host: ", client.host);
  add(out, "X-Forwarded-Port: ", client.port);
  add(out, "X-Forwarded-Proto: ", client.scheme);
  add(out, "X-Forwarded-Scheme: ", client.scheme);
  add(out, "X-Scheme: ", client.scheme);
  if (!client.forwarded_for.empty()) add(out, "X-Original-Forwarded-For: ", client.forwarded_for);
  if (!client.forwarded_host.empty()) add(out, "X-Original-Forwarded-Host: ", client.forwarded_host);
  if (forwarding.add_original_uri) add(out, "X-Original-URI: ", request.head.target);
}

}  // namespace

void write_request_head(const UpstreamRequest& request, std::string& out) {
  const RequestHead& head = request.head;
  out.append(head.method).append(" ").append(request.target).append(" HTTP/1.1\r\n");
  add(out, "Host: ", request.client.host);
  copy_fields(head, request.settings.downstream, out);
  add_framing(head, out);
  add_forwarding(request, out);
  out.append(request.extra_lines).append("\r\n");
}

}  // namespace proxy
