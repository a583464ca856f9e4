#include "tls/server_context.hpp"

#include "handshake.hpp"
#include "tests/support/make_certificate.hpp"

#include <gtest/gtest.h>
#include <openssl/ssl.h>

#include <map>

namespace tls {
namespace {

using testing::make_certificate;
using testing::shake_hands;

std::shared_ptr<const Certificate> certificate_named(const std::string& name) {
  const auto pem = make_certificate({.names = {name}, .common_name = name});
  return *Certificate::parse(pem.chain, pem.key);
}

// What the proxy's certificate table does, in small.
struct Certificates {
  std::map<std::string, std::shared_ptr<const Certificate>, std::less<>> by_name;
  std::shared_ptr<const Certificate> fallback;
  std::vector<std::string> asked;

  CertificateLookup lookup() {
    return [this](std::string_view name) -> const Certificate* {
      asked.emplace_back(name);
      if (const auto found = by_name.find(name); found != by_name.end()) return found->second.get();
      const auto dot = name.find('.');
      if (dot != name.npos) {
        if (const auto found = by_name.find("*" + std::string{name.substr(dot)}); found != by_name.end()) return found->second.get();
      }
      return fallback.get();
    };
  }
};

struct ServerContextTest : ::testing::TestWithParam<int> {
  ServerContextTest() {
    static const auto a = certificate_named("a.com");
    static const auto b = certificate_named("b.com");
    static const auto wildcard = certificate_named("wildcard");
    static const auto fallback = certificate_named("fallback");
    certificates.by_name = {{"a.com", a}, {"b.com", b}, {"*.a.com", wildcard}};
    certificates.fallback = fallback;
  }

  std::unique_ptr<ServerContext> make(ServerSettings settings = {}) {
    auto made = ServerContext::make(settings, keys, certificates.lookup());
    EXPECT_TRUE(made.has_value());
    return std::move(*made);
  }

  Certificates certificates;
  std::shared_ptr<const TicketKeys> keys = TicketKeys::rotated(nullptr);
};

// In both versions of the protocol.
struct EachVersion : ServerContextTest {};
INSTANTIATE_TEST_SUITE_P(Tls, EachVersion, ::testing::Values(TLS1_2_VERSION, TLS1_3_VERSION),
                         [](const auto& version) { return version.param == TLS1_2_VERSION ? "12" : "13"; });

TEST_P(EachVersion, ChoosesTheCertificateByName) {
  const auto server = make();
  struct Case {
    const char *name, *certificate;
  };
  for (const auto& c : {Case{"a.com", "a.com"}, Case{"b.com", "b.com"}, Case{"x.a.com", "wildcard"}, Case{"x.y.a.com", "fallback"},
                        Case{"other.org", "fallback"}, Case{"", "fallback"}, Case{"A.Com", "a.com"}, Case{"a.com.", "a.com"},
                        Case{"X.A.COM.", "wildcard"}}) {
    const auto outcome = shake_hands(*server, {.name = c.name, .version = GetParam()});
    EXPECT_TRUE(outcome.ok) << c.name;
    EXPECT_EQ(outcome.certificate, c.certificate) << c.name;
    EXPECT_EQ(outcome.version, GetParam() == TLS1_2_VERSION ? "TLSv1.2" : "TLSv1.3");
  }
}

TEST_P(EachVersion, AsksForLowerCaseNamesWithoutTrailingDot) {
  const auto server = make();
  EXPECT_TRUE(shake_hands(*server, {.name = "WWW.Example.ORG.", .version = GetParam()}).ok);
  EXPECT_TRUE(shake_hands(*server, {.version = GetParam()}).ok);
  for (std::size_t i = 0; i < certificates.asked.size(); ++i) {
    EXPECT_EQ(certificates.asked[i], i < certificates.asked.size() / 2 ? "www.example.org" : "");
  }
}

TEST_P(EachVersion, RefusesUnknownNames) {
  certificates.fallback = nullptr;
  const auto server = make();
  const auto refused = shake_hands(*server, {.name = "other.org", .version = GetParam()});
  EXPECT_FALSE(refused.ok);
  EXPECT_EQ(refused.alert, SSL_AD_UNRECOGNIZED_NAME);
  EXPECT_FALSE(shake_hands(*server, {.version = GetParam()}).ok);
  EXPECT_TRUE(shake_hands(*server, {.name = "a.com", .version = GetParam()}).ok);
}

TEST_P(EachVersion, ResumesAtAnotherWorker) {
  const auto one = make();
  const auto other = make();
  const auto first = shake_hands(*one, {.name = "a.com", .version = GetParam()});
  ASSERT_NE(first.session, nullptr);
  EXPECT_FALSE(first.resumed);
  const auto second = shake_hands(*other, {.name = "a.com", .version = GetParam(), .session = first.session.get()});
  EXPECT_TRUE(second.ok);
  EXPECT_TRUE(second.resumed);
}

TEST_P(EachVersion, ResumesAgainAndAgain) {
  const auto server = make();
  auto last = shake_hands(*server, {.name = "a.com", .version = GetParam()});
  for (int i = 0; i < 4; ++i) {
    last = shake_hands(*server, {.name = "a.com", .version = GetParam(), .session = last.session.get()});
    EXPECT_TRUE(last.resumed) << i;
    EXPECT_EQ(last.has_new_ticket, GetParam() == TLS1_3_VERSION);
  }
}

TEST_P(EachVersion, TicketOfOneNameIsNotHonouredForAnother) {
  const auto server = make();
  for (const auto* first_name : {"a.com", "x.a.com", "other.org", ""}) {
    const auto first = shake_hands(*server, {.name = first_name, .version = GetParam()});
    ASSERT_NE(first.session, nullptr);
    for (const auto* name : {"b.com", "y.a.com", "another.org"}) {
      const auto second = shake_hands(*server, {.name = name, .version = GetParam(), .session = first.session.get()});
      EXPECT_TRUE(second.ok) << first_name << " -> " << name;
      EXPECT_FALSE(second.resumed) << first_name << " -> " << name;
    }
    const auto none = shake_hands(*server, {.version = GetParam(), .session = first.session.get()});
    EXPECT_EQ(none.resumed, first_name[0] == '\0') << first_name;
  }
}

TEST_P(EachVersion, TicketDoesNotOutliveItsName) {
  const auto server = make();
  const auto first = shake_hands(*server, {.name = "b.com", .version = GetParam()});
  certificates.by_name.erase("b.com");
  certificates.fallback = nullptr;
  const auto second = shake_hands(*server, {.name = "b.com", .version = GetParam(), .session = first.session.get()});
  EXPECT_FALSE(second.ok);
  EXPECT_EQ(second.alert, SSL_AD_UNRECOGNIZED_NAME);
}

TEST_P(EachVersion, OldKeysOpenAndRenew) {
  const auto server = make();
  const auto first = shake_hands(*server, {.name = "a.com", .version = GetParam()});
  keys = TicketKeys::rotated(keys.get());
  server->set_ticket_keys(keys);
  const auto second = shake_hands(*server, {.name = "a.com", .version = GetParam(), .session = first.session.get()});
  EXPECT_TRUE(second.resumed);
  EXPECT_TRUE(second.has_new_ticket);
  ASSERT_NE(second.session, nullptr);

  server->set_ticket_keys(TicketKeys::rotated(nullptr));
  const auto third = shake_hands(*server, {.name = "a.com", .version = GetParam(), .session = second.session.get()});
  EXPECT_TRUE(third.ok);
  EXPECT_FALSE(third.resumed);
}

TEST_P(EachVersion, KeysOfTheConfigMapSealAndOpen) {
  for (const std::size_t length : {48u, 80u}) {
    keys = *TicketKeys::from_bytes(std::string(length, 'k'));
    const auto first = shake_hands(*make(), {.name = "a.com", .version = GetParam()});
    ASSERT_NE(first.session, nullptr);
    EXPECT_TRUE(shake_hands(*make(), {.name = "a.com", .version = GetParam(), .session = first.session.get()}).resumed);
  }
}

TEST_P(EachVersion, TicketsCanBeOff) {
  const auto on = make();
  const auto off = make({.session_tickets = false});
  const auto held = shake_hands(*on, {.name = "a.com", .version = GetParam()});
  const auto outcome = shake_hands(*off, {.name = "a.com", .version = GetParam(), .session = held.session.get()});
  EXPECT_TRUE(outcome.ok);
  EXPECT_FALSE(outcome.resumed);
  EXPECT_FALSE(outcome.has_new_ticket);

  keys = nullptr;
  const auto keyless = make();
  const auto again = shake_hands(*keyless, {.name = "a.com", .version = GetParam(), .session = held.session.get()});
  EXPECT_TRUE(again.ok);
  EXPECT_FALSE(again.resumed);
  EXPECT_FALSE(again.has_new_ticket);
}

TEST_P(EachVersion, PicksTheProtocolInOurOrder) {
  const auto server = make({.alpn = {"h2", "http/1.1"}});
  EXPECT_EQ(shake_hands(*server, {.version = GetParam(), .alpn = {"http/1.1", "h2"}}).alpn, "h2");
  EXPECT_EQ(shake_hands(*server, {.version = GetParam(), .alpn = {"spdy/3", "http/1.1"}}).alpn, "http/1.1");
  EXPECT_EQ(shake_hands(*server, {.version = GetParam()}).alpn, "");
}

TEST_P(EachVersion, RefusesClientsThatSpeakNoneOfOurProtocols) {
  const auto server = make();
  for (const auto* protocol : {"h2", "acme-tls/1", "ftp"}) {
    const auto outcome = shake_hands(*server, {.version = GetParam(), .alpn = {protocol}});
    EXPECT_FALSE(outcome.ok);
    EXPECT_EQ(outcome.alert, SSL_AD_NO_APPLICATION_PROTOCOL);
  }
}

TEST_P(EachVersion, ServesEveryKindOfKey) {
  using testing::KeyType;
  for (const auto type : {KeyType::rsa2048, KeyType::p256, KeyType::ed25519}) {
    const auto pem = make_certificate({.common_name = "kind", .type = type});
    certificates.by_name["kind.com"] = *Certificate::parse(pem.chain, pem.key);
    EXPECT_EQ(shake_hands(*make(), {.name = "kind.com", .version = GetParam()}).certificate, "kind");
  }
}

TEST_F(ServerContextTest, SpeaksOnlyTheVersionsThatAreOn) {
  const auto only12 = make({.tls13 = false});
  const auto only13 = make({.tls12 = false});
  EXPECT_EQ(shake_hands(*only12, {}).version, "TLSv1.2");
  EXPECT_EQ(shake_hands(*only13, {}).version, "TLSv1.3");
  EXPECT_EQ(shake_hands(*only12, {.version = TLS1_3_VERSION}).alert, SSL_AD_PROTOCOL_VERSION);
  EXPECT_EQ(shake_hands(*only13, {.version = TLS1_2_VERSION}).alert, SSL_AD_PROTOCOL_VERSION);
}

TEST_F(ServerContextTest, RefusesCiphersThatAreOff) {
  const auto server = make();
  EXPECT_FALSE(shake_hands(*server, {.name = "a.com", .version = TLS1_2_VERSION, .ciphers = "AES128-SHA"}).ok);
  EXPECT_TRUE(shake_hands(*server, {.name = "a.com", .version = TLS1_2_VERSION, .ciphers = "ECDHE-ECDSA-CHACHA20-POLY1305"}).ok);
}

TEST_F(ServerContextTest, BadSettingsAreErrors) {
  const auto error_of = [&](ServerSettings settings) {
    const auto made = ServerContext::make(settings, keys, certificates.lookup());
    return made ? boost::system::error_code{} : made.error();
  };
  EXPECT_EQ(error_of({.tls12 = false, .tls13 = false}), errc::bad_protocols);
  EXPECT_EQ(error_of({.ciphers = "NO-SUCH-CIPHER"}), errc::bad_ciphers);
  EXPECT_EQ(error_of({.ciphers = ""}), errc::bad_ciphers);
  EXPECT_EQ(error_of({.curves = "X25519:no-such-curve"}), errc::bad_curves);
  EXPECT_EQ(error_of({.curves = ""}), errc::bad_curves);
  EXPECT_EQ(error_of({.alpn = {""}}), errc::bad_protocols);
  EXPECT_EQ(error_of({.alpn = {std::string(256, 'x')}}), errc::bad_protocols);
  EXPECT_EQ(error_of({.alpn = {}}), boost::system::error_code{});
}

TEST_F(ServerContextTest, BytesThatAreNoHandshakeEndIt) {
  const auto server = make();
  const auto connection = server->new_connection();
  BIO* input = BIO_new_mem_buf("GET / HTTP/1.1\r\n\r\n", -1);
  SSL_set_bio(connection.get(), input, BIO_new(BIO_s_mem()));
  EXPECT_LE(SSL_do_handshake(connection.get()), 0);
  EXPECT_EQ(SSL_get_error(connection.get(), -1), SSL_ERROR_SSL);
}

}  // namespace
}  // namespace tls
