#include "proxy/exchange_log.hpp"

#include "proxy/http1/field_id.hpp"
#include "proxy/session.hpp"
#include "proxy/worker.hpp"

#include <openssl/ssl.h>

namespace proxy {

ExchangeLog::Slice ExchangeLog::keep(std::string_view text) {
  const Slice slice{static_cast<std::uint32_t>(text_.size()), static_cast<std::uint32_t>(text.size()), true};
  text_.append(text);
  return slice;
}

std::string_view ExchangeLog::view(Slice slice) const noexcept {
  return slice.present ? std::string_view{text_.data() + slice.offset, slice.length} : std::string_view{};
}

void ExchangeLog::start(const telemetry::LogFormat* format, std::chrono::steady_clock::time_point now) {
  format_ = format;
  started_ = now;
  connect_time_ = header_time_ = response_time_ = std::chrono::nanoseconds{-1};
  request_bytes = body_bytes_sent = bytes_sent = 0;
  if (!format_) return;
  text_.clear();
  line_ = method_ = target_ = protocol_ = host_ = path_ = client_ = request_id_ = forwarded_for_ = {};
  request_slots_.assign(format_->request_headers().size(), {});
  upstream_slots_.assign(format_->upstream_headers().size(), {});
  sent_slots_.assign(format_->sent_headers().size(), {});
  attempts_.clear();
}

void ExchangeLog::capture(const std::vector<std::string>& names, const FieldList& fields, std::vector<Slice>& slots) {
  for (std::size_t i = 0; i < names.size(); ++i) {
    for (const Field& field : fields.all()) {
      if (!http1::equals_token(field.name, names[i])) continue;
      slots[i] = keep(field.value);
      break;
    }
  }
}

void ExchangeLog::views(const std::vector<Slice>& slots, std::vector<std::string_view>& out) const {
  out.clear();
  for (const Slice& slot : slots) out.push_back(view(slot));
}

void ExchangeLog::on_request(const RequestHead& head, const ClientFacts& client, std::string_view normalised_path,
                             std::string_view request_id) {
  if (!format_) return;
  line_ = keep(head.line);
  // The parts of the line are where the line is; only an absolute form has another target.
  const std::size_t space = head.line.find(' '), last = head.line.rfind(' ');
  method_ = {line_.offset, static_cast<std::uint32_t>(space), true};
  protocol_ = {static_cast<std::uint32_t>(line_.offset + last + 1), static_cast<std::uint32_t>(head.line.size() - last - 1), true};
  target_ = keep(head.target);
  host_ = keep(head.host);
  path_ = keep(normalised_path);
  client_ = keep(client.client_address);
  forwarded_for_ = keep(client.forwarded_for);
  request_id_ = keep(request_id);
  capture(format_->request_headers(), head.fields, request_slots_);
}

void ExchangeLog::on_refused_head(std::string_view bytes) {
  if (!format_) return;
  static constexpr std::size_t shown = 256;
  const std::size_t end = bytes.find_first_of("\r\n");
  line_ = keep(bytes.substr(0, std::min(end == std::string_view::npos ? shown : end, shown)));
}

void ExchangeLog::on_response(const ResponseHead& head) {
  if (!format_) return;
  capture(format_->upstream_headers(), head.fields, upstream_slots_);
  capture(format_->sent_headers(), head.fields, sent_slots_);
}

void ExchangeLog::start_attempt(std::string_view address, std::chrono::steady_clock::time_point now) {
  attempt_started_ = now;
  connect_time_ = header_time_ = response_time_ = std::chrono::nanoseconds{-1};
  if (format_) attempts_.emplace_back().address = address;
}

void ExchangeLog::on_connected(std::chrono::steady_clock::time_point now) {
  connect_time_ = now - attempt_started_;
  if (format_ && !attempts_.empty()) attempts_.back().connect_time = connect_time_;
}

void ExchangeLog::on_head(std::uint16_t status, std::size_t head_bytes, std::chrono::steady_clock::time_point now) {
  header_time_ = now - attempt_started_;
  if (!format_ || attempts_.empty()) return;
  attempts_.back().status = status;
  attempts_.back().received_bytes += head_bytes;
  attempts_.back().header_time = header_time_;
}

void ExchangeLog::end_attempt(std::uint16_t status_if_none, std::chrono::steady_clock::time_point now) {
  response_time_ = now - attempt_started_;
  if (!format_ || attempts_.empty()) return;
  telemetry::Attempt& attempt = attempts_.back();
  if (attempt.status == 0) attempt.status = status_if_none;
  attempt.response_time = response_time_;
}

void ExchangeLog::write(Worker& worker, Session& session, const routing::Route* route, std::string_view upstream_name,
                        std::uint16_t status) {
  if (!format_) return;
  views(request_slots_, request_views_);
  views(upstream_slots_, upstream_views_);
  views(sent_slots_, sent_views_);

  telemetry::ExchangeRecord record;
  record.route = route;
  record.upstream_name = upstream_name;
  record.peer_address = session.peer_address();
  record.client_address = client_.present ? view(client_) : record.peer_address;
  record.client_port = session.peer_port();
  record.server_port = session.local_port();
  record.request_line = view(line_);
  record.method = view(method_);
  record.target = view(target_);
  record.protocol = view(protocol_);
  record.host = view(host_);
  record.normalised_path = view(path_);
  record.request_id = view(request_id_);
  record.forwarded_for = view(forwarded_for_);
  if (SSL* ssl = session.ssl()) {
    record.is_tls = true;
    record.tls_protocol = SSL_get_version(ssl);
    if (const char* cipher = SSL_get_cipher_name(ssl)) record.tls_cipher = cipher;
    if (const char* name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name)) record.tls_server_name = name;
  }
  record.status = status;
  record.body_bytes_sent = body_bytes_sent;
  record.bytes_sent = bytes_sent;
  record.request_length = request_bytes;
  record.finished_at = worker.wall_now();
  record.request_time = worker.now() - started_;
  record.attempts = attempts_;
  record.connection_serial = session.serial();
  record.connection_requests = session.requests();
  record.request_headers = request_views_;
  record.upstream_headers = upstream_views_;
  record.sent_headers = sent_views_;
  worker.access_log().append(*format_, record);
}

}  // namespace proxy
