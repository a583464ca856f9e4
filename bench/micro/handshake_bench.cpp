// CPU of the server's side of a TLS handshake, through memory: ours against a bare SSL_CTX with one fixed certificate, both
// with one ticket and a P-256 key. The client's work is left out of the time.

#include "tls/server_context.hpp"

#include <benchmark/benchmark.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <chrono>
#include <cstdlib>
#include <ctime>
#include <string>

namespace {

struct Free {
  void operator()(X509* p) const { X509_free(p); }
  void operator()(EVP_PKEY* p) const { EVP_PKEY_free(p); }
  void operator()(BIO* p) const { BIO_free(p); }
  void operator()(SSL_CTX* p) const { SSL_CTX_free(p); }
  void operator()(SSL_SESSION* p) const { SSL_SESSION_free(p); }
};
template <typename T>
using Owned = std::unique_ptr<T, Free>;

std::string text_of(BIO* bio) {
  char* data = nullptr;
  const auto length = BIO_get_mem_data(bio, &data);
  return {data, static_cast<std::size_t>(length)};
}

std::shared_ptr<const tls::Certificate> make_certificate() {
  const Owned<EVP_PKEY> key{EVP_EC_gen("P-256")};
  const Owned<X509> certificate{X509_new()};
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), 0);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 86400);
  X509_set_pubkey(certificate.get(), key.get());
  X509_sign(certificate.get(), key.get(), EVP_sha256());
  const Owned<BIO> chain{BIO_new(BIO_s_mem())}, secret{BIO_new(BIO_s_mem())};
  PEM_write_bio_X509(chain.get(), certificate.get());
  PEM_write_bio_PrivateKey(secret.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  auto parsed = tls::Certificate::parse(text_of(chain.get()), text_of(secret.get()));
  if (!parsed) std::abort();
  return *parsed;
}

int keep_session(SSL* client, SSL_SESSION* session) {
  static_cast<Owned<SSL_SESSION>*>(SSL_get_ex_data(client, 0))->reset(session);
  return 1;
}

Owned<SSL_CTX> make_client() {
  Owned<SSL_CTX> client{SSL_CTX_new(TLS_client_method())};
  SSL_CTX_set_session_cache_mode(client.get(), SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL_STORE);
  SSL_CTX_sess_set_new_cb(client.get(), keep_session);
  SSL_CTX_set1_groups_list(client.get(), "X25519");
  return client;
}

// CPU time of this thread: a machine that others use must not show in the figures.
std::chrono::nanoseconds now() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return std::chrono::seconds{time.tv_sec} + std::chrono::nanoseconds{time.tv_nsec};
}

// One handshake; adds the server's part of it to `spent`. `session`: to resume if not null, then the newest ticket.
template <typename NewServer>
bool shake_hands(SSL_CTX* client_context, const NewServer& new_server, Owned<SSL_SESSION>& session, std::chrono::nanoseconds& spent) {
  const bool expect_resumed = session != nullptr;
  const tls::Connection client{SSL_new(client_context)};
  SSL_set_connect_state(client.get());
  SSL_set_ex_data(client.get(), 0, &session);
  SSL_ctrl(client.get(), SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, const_cast<char*>("shop.example.com"));
  if (session != nullptr) SSL_set_session(client.get(), session.get());
  BIO *client_side = nullptr, *server_side = nullptr;
  BIO_new_bio_pair(&client_side, 32768, &server_side, 32768);
  SSL_set_bio(client.get(), client_side, client_side);
  SSL_do_handshake(client.get());

  auto begin = now();
  tls::Connection server = new_server();
  SSL_set_bio(server.get(), server_side, server_side);
  SSL_do_handshake(server.get());
  spent += now() - begin;
  SSL_do_handshake(client.get());
  begin = now();
  bool ok = SSL_do_handshake(server.get()) == 1;
  spent += now() - begin;
  ok = ok && (SSL_session_reused(server.get()) == 1) == expect_resumed;
  char byte = 0;
  SSL_read(client.get(), &byte, 1);  // takes the ticket
  SSL_set_shutdown(client.get(), SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);  // else the session counts as broken
  begin = now();
  SSL_set_quiet_shutdown(server.get(), 1);
  server.reset();
  spent += now() - begin;
  return ok;
}

template <typename NewServer>
void run(benchmark::State& state, const NewServer& new_server, bool resume) {
  const auto client = make_client();
  Owned<SSL_SESSION> session;
  std::chrono::nanoseconds warm_up{};
  bool ok = shake_hands(client.get(), new_server, session, warm_up);
  for (auto _ : state) {
    if (!resume) session.reset();
    std::chrono::nanoseconds spent{};
    ok = shake_hands(client.get(), new_server, session, spent) && ok;
    state.SetIterationTime(std::chrono::duration<double>(spent).count());
  }
  if (!ok) state.SkipWithError("a handshake failed");
}

void ours(benchmark::State& state, bool resume) {
  const auto certificate = make_certificate();
  const auto made = tls::ServerContext::make({}, tls::TicketKeys::rotated(nullptr), [&](std::string_view) { return certificate.get(); });
  run(state, [&] { return (*made)->new_connection(); }, resume);
}

void bare(benchmark::State& state, bool resume) {
  const auto certificate = make_certificate();
  const Owned<SSL_CTX> context{SSL_CTX_new(TLS_server_method())};
  SSL_CTX_use_cert_and_key(context.get(), certificate->leaf(), certificate->key(), nullptr, 1);
  SSL_CTX_set_num_tickets(context.get(), 1);
  SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
  const auto new_server = [&] {
    tls::Connection server{SSL_new(context.get())};
    SSL_set_accept_state(server.get());
    return server;
  };
  run(state, new_server, resume);
}

BENCHMARK_CAPTURE(bare, full, false)->UseManualTime()->MinTime(2);
BENCHMARK_CAPTURE(ours, full, false)->UseManualTime()->MinTime(2);
BENCHMARK_CAPTURE(bare, resumed, true)->UseManualTime()->MinTime(2);
BENCHMARK_CAPTURE(ours, resumed, true)->UseManualTime()->MinTime(2);

}  // namespace
