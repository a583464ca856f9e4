// Counts that one worker keeps; /metrics shows their sum.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>

namespace proxy::telemetry {

// Written by its worker alone with relaxed stores, so a plain increment in machine code; read by the admin thread.
class Count {
 public:
  void operator++() noexcept { value_.store(value_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed); }
  void operator--() noexcept { value_.store(value_.load(std::memory_order_relaxed) - 1, std::memory_order_relaxed); }
  void set(std::uint64_t n) noexcept { value_.store(n, std::memory_order_relaxed); }
  void operator+=(std::uint64_t n) noexcept { value_.store(value_.load(std::memory_order_relaxed) + n, std::memory_order_relaxed); }
  [[nodiscard]] std::uint64_t get() const noexcept { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

struct WorkerCounters {
  Count accepted, active, reading;          // downstream connections: ever, now, now in the middle of a head
  Count requests;                           // heads that were understood
  std::array<Count, 6> responses;           // by class: [2] = 2xx; [0] = no answer sent (client gone)
  Count bytes_received, bytes_sent;         // downstream, application bytes
  Count upstream_connects, upstream_connect_failures, upstream_reused, retries;
  Count tls_handshakes, tls_resumed, tls_failures;
  Count rejected_heads;                     // 400, 414, 431, 505 before a route was looked for
  Count tunnels;
  Count access_log_lines_lost;
};

struct Counters {
  std::uint64_t accepted = 0, active = 0, reading = 0, requests = 0;
  std::array<std::uint64_t, 6> responses{};
  std::uint64_t bytes_received = 0, bytes_sent = 0;
  std::uint64_t upstream_connects = 0, upstream_connect_failures = 0, upstream_reused = 0, retries = 0;
  std::uint64_t tls_handshakes = 0, tls_resumed = 0, tls_failures = 0, rejected_heads = 0, tunnels = 0;
  std::uint64_t access_log_lines_lost = 0;

  // Adds what one worker has counted so far. Any thread.
  void add(const WorkerCounters& w) noexcept {
    accepted += w.accepted.get(), active += w.active.get(), reading += w.reading.get(), requests += w.requests.get();
    for (std::size_t i = 0; i < responses.size(); ++i) responses[i] += w.responses[i].get();
    bytes_received += w.bytes_received.get(), bytes_sent += w.bytes_sent.get();
    upstream_connects += w.upstream_connects.get(), upstream_connect_failures += w.upstream_connect_failures.get();
    upstream_reused += w.upstream_reused.get(), retries += w.retries.get();
    tls_handshakes += w.tls_handshakes.get(), tls_resumed += w.tls_resumed.get(), tls_failures += w.tls_failures.get();
    rejected_heads += w.rejected_heads.get(), tunnels += w.tunnels.get();
    access_log_lines_lost += w.access_log_lines_lost.get();
  }
};

}  // namespace proxy::telemetry
