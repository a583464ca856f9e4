#include "proxy/client_facts.hpp"

#include "proxy/http1/head_parser.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace {

struct Request {
  std::string bytes;
  proxy::RequestHead head;
  proxy::http1::HostStorage storage;
  std::string joined;
};

std::unique_ptr<Request> request(std::string fields) {
  auto made = std::make_unique<Request>();
  made->bytes = "GET / HTTP/1.1\r\nHost: a.test\r\n" + fields + "\r\n";
  const auto result = proxy::http1::parse_request(made->bytes, {}, made->head, made->storage);
  EXPECT_EQ(result.status, proxy::http1::ParseStatus::complete);
  return made;
}

routing::AddressRange range(std::uint8_t a, std::uint8_t b, std::uint8_t bits_of_32) {
  routing::AddressRange made;
  made.address[10] = made.address[11] = 0xff;
  made.address[12] = a;
  made.address[13] = b;
  made.prefix_bits = static_cast<std::uint8_t>(96 + bits_of_32);
  return made;
}

routing::Forwarding trusting(std::vector<routing::AddressRange> ranges) {
  routing::Forwarding settings;
  settings.use_forwarded_headers = true;
  settings.trusted = std::move(ranges);
  return settings;
}

constexpr proxy::ConnectionFacts from_proxy{"10.0.0.1", false, "80", {}};

}  // namespace

TEST(ClientFacts, BelieveNothingByDefault) {
  auto sent = request("X-Forwarded-For: 6.6.6.6\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: evil\r\n");

  const auto facts = proxy::client_facts(sent->head, from_proxy, routing::Forwarding{}, sent->joined);

  EXPECT_EQ(facts.client_address, "10.0.0.1");
  EXPECT_EQ(facts.scheme, "http");
  EXPECT_EQ(facts.host, "a.test");
  EXPECT_EQ(facts.forwarded_for, "6.6.6.6");
}

TEST(ClientFacts, TakeTheRightmostAddressThatIsNoTrustedProxy) {
  auto sent = request("X-Forwarded-For: 6.6.6.6, 7.7.7.7\r\nX-Forwarded-For: 10.1.1.1\r\n");

  const auto facts = proxy::client_facts(sent->head, from_proxy, trusting({range(10, 0, 8)}), sent->joined);

  EXPECT_EQ(facts.client_address, "7.7.7.7");
}

TEST(ClientFacts, TakeTheLeftmostWhenEverybodyIsTrusted) {
  auto sent = request("X-Forwarded-For: 6.6.6.6, [2001:db8::1]:443\r\n");

  EXPECT_EQ(proxy::client_facts(sent->head, from_proxy, trusting({routing::AddressRange{}}), sent->joined).client_address, "6.6.6.6");
}

TEST(ClientFacts, StopAtWhatIsNoAddress) {
  auto sent = request("X-Forwarded-For: 6.6.6.6, unknown\r\n");

  EXPECT_EQ(proxy::client_facts(sent->head, from_proxy, trusting({range(10, 0, 8)}), sent->joined).client_address, "10.0.0.1");
}

TEST(ClientFacts, IgnoreTheListOfAPeerThatIsNotTrusted) {
  auto sent = request("X-Forwarded-For: 6.6.6.6\r\n");

  EXPECT_EQ(proxy::client_facts(sent->head, from_proxy, trusting({range(192, 168, 16)}), sent->joined).client_address, "10.0.0.1");
}

TEST(ClientFacts, TakeSchemePortAndHostFromATrustedFront) {
  auto sent = request("X-Forwarded-Proto: https\r\nX-Forwarded-Port: 8443\r\nX-Forwarded-Host: b.test, c.test\r\n");

  const auto facts = proxy::client_facts(sent->head, from_proxy, trusting({routing::AddressRange{}}), sent->joined);

  EXPECT_EQ(facts.scheme, "https");
  EXPECT_EQ(facts.port, "8443");
  EXPECT_EQ(facts.host, "b.test");
}

TEST(ClientFacts, KeepTheHostWhenTheForwardedOneIsNone) {
  auto sent = request("X-Forwarded-Host: b/../c\r\n");

  EXPECT_EQ(proxy::client_facts(sent->head, from_proxy, trusting({routing::AddressRange{}}), sent->joined).host, "a.test");
}
