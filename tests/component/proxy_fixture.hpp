// The data plane of one process on loopback; the test itself plays client and upstream, one step after the other.
#pragma once

#include "proxy/server.hpp"
#include "tests/support/snapshot_maker.hpp"
#include "tests/support/socket.hpp"

#include <gmock/gmock.h>

#include <chrono>
#include <memory>
#include <string>
#include <thread>

namespace test {

class ProxyTest : public testing::Test {
 protected:
  static constexpr std::chrono::seconds patience{10};

  void serve(std::shared_ptr<const routing::Snapshot> snapshot, unsigned workers = 1) {
    proxy::ServerOptions options;
    options.bind_addresses = {"127.0.0.1"};
    options.http_port = options.https_port = 0;
    options.workers = workers;
    server = std::make_unique<proxy::Server>(options, log);
    ASSERT_EQ(server->start(), "");
    server->publish(std::move(snapshot));
    ASSERT_TRUE(eventually([this] { return server->is_serving(); }));
  }

  // One host that goes to `upstream`.
  void serve_upstream(SnapshotMaker::EditPolicies edit = {}) { serve(make_snapshot().host("a.test", {upstream.port()}, std::move(edit)).build()); }

  [[nodiscard]] Socket client() { return Socket::connect(server->http_port()); }

  // Sends on `socket` and takes the request at the upstream.
  [[nodiscard]] Socket forward(Socket& socket, std::string_view request) {
    socket.send(request);
    return upstream.accept();
  }

  template <typename Condition>
  [[nodiscard]] static bool eventually(Condition condition) {
    const auto deadline = std::chrono::steady_clock::now() + patience;
    while (!condition()) {
      if (std::chrono::steady_clock::now() > deadline) return false;
      std::this_thread::yield();
    }
    return true;
  }

  proxy::telemetry::Log log{proxy::telemetry::Level::error, proxy::telemetry::LogForm::text};
  Acceptor upstream;
  std::unique_ptr<proxy::Server> server;
};

inline constexpr std::string_view get_request = "GET /x HTTP/1.1\r\nHost: a.test\r\n\r\n";
inline constexpr std::string_view ok_response = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

}  // namespace test
