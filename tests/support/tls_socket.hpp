// A TLS client on loopback that lets a test choose how its records meet the wire, with a deadline on everything.
#pragma once

#include "tests/support/socket.hpp"

#include <openssl/ssl.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace test {

struct TlsClientOptions {
  std::string server_name = "a.test";  // SNI; "": none is sent
  int version = TLS1_3_VERSION;
};

// Verifies nothing: peer_name() tells whose certificate came.
class TlsSocket final : public Reader {
 public:
  // Connects and shakes hands; is_open() says whether that went well.
  TlsSocket(std::uint16_t port, const TlsClientOptions& options = {}) : TlsSocket(Socket::connect(port), options) {}
  TlsSocket(Socket socket, const TlsClientOptions& options = {});

  [[nodiscard]] bool is_open() const noexcept { return is_open_; }
  [[nodiscard]] SSL* ssl() const noexcept { return ssl_.get(); }
  [[nodiscard]] std::string peer_name() const;  // common name of the server's certificate

  // One record, or as many as it takes.
  bool send(std::string_view plain);
  // The same with its ciphertext in segments of `bytes`.
  bool send_in_segments(std::string_view plain, std::size_t bytes);
  void send_close_notify();
  // The ciphertext that the client would send now, taken without sending it.
  [[nodiscard]] std::string take_ciphertext();
  [[nodiscard]] Socket& raw() noexcept { return socket_; }

  // What ended the stream: true when it was close_notify, false for anything less. Drops what comes before.
  [[nodiscard]] bool is_ended_by_close_notify();

 private:
  struct ContextDeleter {
    void operator()(SSL_CTX* context) const noexcept { SSL_CTX_free(context); }
  };
  struct SslDeleter {
    void operator()(SSL* ssl) const noexcept { SSL_free(ssl); }
  };
  bool flush();
  bool fill() override;

  Socket socket_;
  std::unique_ptr<SSL_CTX, ContextDeleter> context_;
  std::unique_ptr<SSL, SslDeleter> ssl_;
  bool is_open_ = false, got_close_notify_ = false;
};

}  // namespace test
