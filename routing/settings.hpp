// What holds for the whole process: the ConfigMap's keys as values, with ingress-nginx's defaults (ingress-nginx.md 2).
// Settings that a route may override are in policies/ and already merged into each route.
#pragma once

#include "tls/server_context.hpp"

#include <array>
#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace routing {

// An address range: proxy-real-ip-cidr. Host bits are masked off.
struct AddressRange {
  std::array<std::uint8_t, 16> address{};  // IPv4 as ::ffff:a.b.c.d
  std::uint8_t prefix_bits = 0;            // of 128

  friend bool operator==(const AddressRange&, const AddressRange&) = default;
};

struct DownstreamSettings {
  std::chrono::seconds header_timeout{60};      // client-header-timeout: the whole head
  std::chrono::seconds body_timeout{60};        // client-body-timeout: between two reads
  std::chrono::seconds keep_alive{75};          // keep-alive; 0: close after each answer
  std::uint32_t keep_alive_requests = 1000;
  std::uint32_t header_buffer_bytes = 1024;     // client-header-buffer-size
  std::uint32_t large_header_buffers = 4;       // large-client-header-buffers: count and size. A line above the size is
  std::uint32_t large_header_buffer_bytes = 8192;  // answered 414 (request line) or 431; the head may be count x size
  bool enable_underscores = false;              // enable-underscores-in-headers

  friend bool operator==(const DownstreamSettings&, const DownstreamSettings&) = default;
};

struct UpstreamKeepAlive {
  std::uint32_t connections = 320;              // idle ones kept per worker, all groups together
  std::chrono::seconds idle{60};
  std::uint32_t requests = 10000;
  std::chrono::seconds lifetime{3600};

  friend bool operator==(const UpstreamKeepAlive&, const UpstreamKeepAlive&) = default;
};

struct Hsts {
  bool enabled = true;
  std::uint64_t max_age_seconds = 31536000;
  bool include_subdomains = true;
  bool preload = false;

  friend bool operator==(const Hsts&, const Hsts&) = default;
};

enum class ServerTokens { weir, none };  // "Server: weir" unless server-tokens is "false" in so many words

struct Forwarding {
  bool use_forwarded_headers = false;
  bool enable_real_ip = false;
  bool compute_full_forwarded_for = false;
  std::string forwarded_for_header = "X-Forwarded-For";
  std::vector<AddressRange> trusted = {AddressRange{}};  // proxy-real-ip-cidr; 0 bits of nothing = everybody
  bool generate_request_id = true;
  bool add_original_uri = false;                // proxy-add-original-uri-header

  friend bool operator==(const Forwarding&, const Forwarding&) = default;
};

enum class LogEscape { nginx, json, none };

struct AccessLogSettings {
  bool enabled = true;                          // disable-access-log, disable-http-access-log
  std::string format =
      R"($remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" "$http_user_agent" $request_length $request_time [$proxy_upstream_name] [$proxy_alternative_upstream_name] $upstream_addr $upstream_response_length $upstream_response_time $upstream_status $req_id)";
  LogEscape escape = LogEscape::nginx;

  friend bool operator==(const AccessLogSettings&, const AccessLogSettings&) = default;
};

struct Settings {
  DownstreamSettings downstream;
  UpstreamKeepAlive upstream_keep_alive;
  Hsts hsts;
  ServerTokens server_tokens = ServerTokens::weir;
  bool allow_backend_server_header = false;     // allow-backend-server-header
  Forwarding forwarding;
  AccessLogSettings access_log;
  tls::ServerSettings tls;
  std::string ticket_key;                       // ssl-session-ticket-key, decoded; a secret: never printed or logged
  std::chrono::seconds drain_limit{240};        // worker-shutdown-timeout

  friend bool operator==(const Settings&, const Settings&) = default;
};

}  // namespace routing
