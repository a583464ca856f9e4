#include "tls/certificate.hpp"

#include "tests/support/make_certificate.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/x509.h>

namespace tls {
namespace {

using testing::CertificateSpec;
using testing::KeyForm;
using testing::KeyType;
using testing::make_certificate;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

boost::system::error_code error_of(std::string_view chain, std::string_view key) {
  const auto parsed = Certificate::parse(chain, key);
  return parsed ? boost::system::error_code{} : parsed.error();
}

TEST(Certificate, TakesEveryKindAndFormOfKey) {
  struct Case {
    KeyType type;
    KeyForm form;
    std::string_view label;
  };
  const Case cases[] = {{KeyType::p256, KeyForm::pkcs8, "BEGIN PRIVATE KEY"},
                        {KeyType::p256, KeyForm::traditional, "BEGIN EC PRIVATE KEY"},
                        {KeyType::rsa2048, KeyForm::pkcs8, "BEGIN PRIVATE KEY"},
                        {KeyType::rsa2048, KeyForm::traditional, "BEGIN RSA PRIVATE KEY"},
                        {KeyType::ed25519, KeyForm::pkcs8, "BEGIN PRIVATE KEY"}};
  for (const auto& c : cases) {
    const auto pem = make_certificate({.names = {"a.com"}, .type = c.type, .form = c.form});
    EXPECT_NE(pem.key.find(c.label), std::string::npos);
    EXPECT_EQ(error_of(pem.chain, pem.key), boost::system::error_code{}) << c.label;
  }
}

TEST(Certificate, TellsWhatItIsFor) {
  const auto pem = make_certificate({.names = {"Shop.Example.com", "*.Example.com", "shop.example.com"}, .common_name = "cn.example.com"});
  const auto parsed = Certificate::parse(pem.chain, pem.key);
  ASSERT_TRUE(parsed);
  const auto& certificate = **parsed;
  EXPECT_THAT(certificate.names(), ElementsAre("shop.example.com", "*.example.com"));
  EXPECT_EQ(certificate.subject(), "CN=cn.example.com");
  EXPECT_EQ(certificate.issuer(), "CN=cn.example.com");
  EXPECT_EQ(certificate.serial(), "1234");
  EXPECT_EQ(certificate.serial_decimal(), "4660");
  EXPECT_EQ(certificate.issuer_common_name(), "cn.example.com");
  EXPECT_EQ(certificate.issuer_organization(), "");
  EXPECT_EQ(certificate.fingerprint().size(), 64u);
  EXPECT_EQ(certificate.expiry() - certificate.not_before(), std::chrono::hours{24 * 130});
}

TEST(Certificate, CommonNameCountsOnlyWithoutDnsNames) {
  const auto none = make_certificate({.common_name = "Old.example.com"});
  EXPECT_THAT((*Certificate::parse(none.chain, none.key))->names(), ElementsAre("old.example.com"));
  const auto address = make_certificate({.common_name = "old.example.com", .extra_name = "IP:10.0.0.1"});
  EXPECT_THAT((*Certificate::parse(address.chain, address.key))->names(), ElementsAre("old.example.com"));
  const auto words = make_certificate({.common_name = "Not a host"});
  EXPECT_THAT((*Certificate::parse(words.chain, words.key))->names(), IsEmpty());
}

TEST(Certificate, CoversExactNamesAndOneWildcardLabel) {
  const auto pem = make_certificate({.names = {"a.com", "*.b.com"}});
  const auto certificate = *Certificate::parse(pem.chain, pem.key);
  for (const auto* host : {"a.com", "x.b.com", "*.b.com"}) EXPECT_TRUE(certificate->covers(host)) << host;
  for (const auto* host : {"b.com", "x.y.b.com", "x.a.com", "*.a.com", ".b.com", "", "com"}) EXPECT_FALSE(certificate->covers(host)) << host;
}

TEST(Certificate, KeepsTheChainAndItsEarliestExpiry) {
  const auto leaf = make_certificate({.names = {"a.com"}, .days = 90});
  const auto other = make_certificate({.common_name = "ca", .days = 10});
  const auto alone = *Certificate::parse(leaf.chain, leaf.key);
  const auto chain = *Certificate::parse("Subject: a.com\n" + leaf.chain + "\nIssuer:\n" + other.chain, leaf.key);
  EXPECT_EQ(sk_X509_num(chain->intermediates()), 1);
  EXPECT_EQ(chain->expiry() - chain->not_before(), std::chrono::hours{24 * 110});
  EXPECT_EQ(alone->fingerprint(), chain->fingerprint());
  EXPECT_NE(alone->chain_fingerprint(), chain->chain_fingerprint());
}

TEST(Certificate, ExpiredIsNoError) {
  const auto pem = make_certificate({.names = {"a.com"}, .days = -1});
  const auto parsed = Certificate::parse(pem.chain, pem.key);
  ASSERT_TRUE(parsed);
  EXPECT_LT((*parsed)->expiry(), std::chrono::system_clock::now());
}

TEST(Certificate, OneThatHardlyEverExpiresHasNotExpired) {
  const auto pem = make_certificate({.names = {"a.com"}, .days = 2'000'000});
  const auto parsed = Certificate::parse(pem.chain, pem.key);
  ASSERT_TRUE(parsed);
  EXPECT_GT((*parsed)->expiry(), std::chrono::system_clock::now() + std::chrono::hours{24 * 365 * 200});
}

TEST(Certificate, TextBehindTheBlocksIsIgnored) {
  const auto pem = make_certificate({.names = {"a.com"}});
  EXPECT_EQ(error_of(pem.chain + "\n\n# comment\n\x01garbage", pem.key + "trailing"), boost::system::error_code{});
}

TEST(Certificate, BlocksOfOtherKindsAreSkipped) {
  const auto pem = make_certificate({.names = {"a.com"}});
  const std::string parameters = "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n";
  EXPECT_EQ(error_of(pem.key + pem.chain, pem.chain + pem.key), boost::system::error_code{});
  EXPECT_EQ(error_of(pem.chain, parameters + pem.key), boost::system::error_code{});
}

TEST(Certificate, RefusesWithTheReason) {
  const auto pem = make_certificate({.names = {"a.com"}});
  const auto other = make_certificate({.names = {"b.com"}});
  const auto other_type = make_certificate({.names = {"b.com"}, .type = KeyType::ed25519});
  const std::string broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
  const std::string not_base64 = "-----BEGIN CERTIFICATE-----\n!!!!\n-----END CERTIFICATE-----\n";
  const std::string broken_key = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n";
  EXPECT_EQ(error_of("", pem.key), errc::no_certificate);
  EXPECT_EQ(error_of("hello", pem.key), errc::no_certificate);
  EXPECT_EQ(error_of(broken, pem.key), errc::bad_certificate);
  EXPECT_EQ(error_of(not_base64, pem.key), errc::bad_certificate);
  EXPECT_EQ(error_of(pem.chain + broken, pem.key), errc::bad_certificate);
  EXPECT_EQ(error_of(pem.chain.substr(0, pem.chain.size() - 40), pem.key), errc::bad_certificate);
  EXPECT_EQ(error_of(pem.chain, ""), errc::no_private_key);
  EXPECT_EQ(error_of(pem.chain, pem.chain), errc::no_private_key);
  EXPECT_EQ(error_of(pem.chain, broken_key), errc::bad_private_key);
  EXPECT_EQ(error_of(pem.chain, pem.key.substr(0, pem.key.size() / 2)), errc::bad_private_key);
  EXPECT_EQ(error_of(pem.chain, other.key), errc::key_mismatch);
  EXPECT_EQ(error_of(pem.chain, other_type.key), errc::key_mismatch);
  EXPECT_EQ(error_of(other.chain + pem.chain, pem.key), errc::key_mismatch);  // the leaf must be first
}

TEST(Certificate, ProtectedKeyIsRefusedWithoutAskingForAPassPhrase) {
  const auto pem = make_certificate({.names = {"a.com"}, .form = KeyForm::encrypted});
  ASSERT_NE(pem.key.find("ENCRYPTED"), std::string::npos);
  EXPECT_EQ(error_of(pem.chain, pem.key), errc::bad_private_key);
}

TEST(Certificate, WeakKeysAreRefused) {
  const auto pem = make_certificate({.names = {"a.com"}, .type = KeyType::rsa1024});
  EXPECT_EQ(error_of(pem.chain, pem.key), errc::weak_certificate);
}

TEST(Certificate, ChainsAndTextsAreBounded) {
  const auto pem = make_certificate({.names = {"a.com"}});
  std::string chain = pem.chain;
  for (std::size_t i = 1; i < Certificate::max_chain_certificates; ++i) chain += pem.chain;
  EXPECT_EQ(error_of(chain, pem.key), boost::system::error_code{});
  EXPECT_EQ(error_of(chain + pem.chain, pem.key), errc::bad_certificate);
  EXPECT_EQ(error_of(pem.chain + std::string(Certificate::max_pem_bytes, ' '), pem.key), errc::bad_certificate);
  EXPECT_EQ(error_of(pem.chain, pem.key + std::string(Certificate::max_pem_bytes, ' ')), errc::bad_private_key);
}

TEST(Certificate, SelfSignedLooksLikeThatOfIngressNginx) {
  const auto made = Certificate::self_signed();
  ASSERT_TRUE(made);
  EXPECT_EQ((*made)->subject(), "CN=Kubernetes Ingress Controller Fake Certificate,O=Acme Co");
  EXPECT_THAT((*made)->names(), ElementsAre("ingress.local"));
  EXPECT_EQ((*made)->expiry() - (*made)->not_before(), std::chrono::hours{24 * 365});
  EXPECT_NE((*made)->fingerprint(), (*Certificate::self_signed())->fingerprint());
}

TEST(TlsError, MessagesNameNoSecret) {
  for (int value = 1; value <= static_cast<int>(errc::out_of_memory); ++value) {
    EXPECT_NE(make_error_code(static_cast<errc>(value)).message(), "unknown error");
  }
}

}  // namespace
}  // namespace tls
