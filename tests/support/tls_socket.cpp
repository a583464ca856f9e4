#include "tests/support/tls_socket.hpp"

#include <openssl/bio.h>
#include <openssl/x509.h>

#include <poll.h>
#include <sys/socket.h>

#include <utility>

namespace test {

namespace {

// Ciphertext from the socket into the client's BIO; false at the end of the stream.
bool receive(int fd, SSL* ssl) {
  pollfd poll_fd{fd, POLLIN, 0};
  if (::poll(&poll_fd, 1, Socket::deadline_milliseconds) <= 0) return false;
  char bytes[65536];
  const ssize_t n = ::recv(fd, bytes, sizeof bytes, 0);
  return n > 0 && BIO_write(SSL_get_rbio(ssl), bytes, static_cast<int>(n)) == n;
}

}  // namespace

TlsSocket::TlsSocket(Socket socket, const TlsClientOptions& options)
    : socket_(std::move(socket)), context_(SSL_CTX_new(TLS_client_method())), ssl_(SSL_new(context_.get())) {
  SSL_set_bio(ssl_.get(), BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
  SSL_set_min_proto_version(ssl_.get(), options.version);
  SSL_set_max_proto_version(ssl_.get(), options.version);
  if (!options.server_name.empty()) SSL_set_tlsext_host_name(ssl_.get(), options.server_name.c_str());
  int done = 0;
  while ((done = SSL_connect(ssl_.get())) != 1) {
    const bool wants_more = SSL_get_error(ssl_.get(), done) == SSL_ERROR_WANT_READ;
    if (!flush() || !wants_more || !receive(socket_.fd(), ssl_.get())) return;
  }
  is_open_ = flush();
}

std::string TlsSocket::peer_name() const {
  const std::unique_ptr<X509, decltype(&X509_free)> leaf{SSL_get1_peer_certificate(ssl_.get()), X509_free};
  char name[256] = {};
  if (leaf) X509_NAME_get_text_by_NID(X509_get_subject_name(leaf.get()), NID_commonName, name, sizeof name);
  return name;
}

std::string TlsSocket::take_ciphertext() {
  char* bytes = nullptr;
  const long count = BIO_get_mem_data(SSL_get_wbio(ssl_.get()), &bytes);
  std::string taken{bytes, static_cast<std::size_t>(count)};
  (void)BIO_reset(SSL_get_wbio(ssl_.get()));
  return taken;
}

bool TlsSocket::flush() { return socket_.send(take_ciphertext()); }

bool TlsSocket::send(std::string_view plain) {
  std::size_t written = 0;
  return SSL_write_ex(ssl_.get(), plain.data(), plain.size(), &written) == 1 && flush();
}

bool TlsSocket::send_in_segments(std::string_view plain, std::size_t bytes) {
  std::size_t written = 0;
  if (SSL_write_ex(ssl_.get(), plain.data(), plain.size(), &written) != 1) return false;
  const std::string ciphertext = take_ciphertext();
  for (std::size_t at = 0; at < ciphertext.size(); at += bytes)
    if (!socket_.send(std::string_view{ciphertext}.substr(at, bytes))) return false;
  return true;
}

void TlsSocket::send_close_notify() {
  SSL_shutdown(ssl_.get());
  flush();
}

bool TlsSocket::fill() {
  char bytes[65536];
  while (true) {
    std::size_t got = 0;
    const int ok = SSL_read_ex(ssl_.get(), bytes, sizeof bytes, &got);
    if (ok == 1) {
      buffer_.append(bytes, got);
      return true;
    }
    const int error = SSL_get_error(ssl_.get(), ok);
    got_close_notify_ = error == SSL_ERROR_ZERO_RETURN;
    if (error != SSL_ERROR_WANT_READ || !flush() || !receive(socket_.fd(), ssl_.get())) return false;
  }
}

bool TlsSocket::is_ended_by_close_notify() {
  while (fill()) buffer_.clear();
  return got_close_notify_;
}

}  // namespace test
