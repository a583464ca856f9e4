// What a line of the access log holds: every variable, the three escapings, and that a line costs no allocation.
#include "proxy/telemetry/log_format.hpp"

#include <gtest/gtest.h>

#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <ctime>
#include <new>

namespace {
std::atomic<std::size_t> allocations{0};
}

// Not inlined: the compiler would see a new and a free() and warn.
[[gnu::noinline]] void* operator new(std::size_t bytes) {
  allocations.fetch_add(1, std::memory_order_relaxed);
  if (void* memory = std::malloc(bytes ? bytes : 1)) return memory;
  throw std::bad_alloc{};
}
// What std::stable_sort asks for, in GoogleTest among others: it is given back by the delete below.
[[gnu::noinline]] void* operator new(std::size_t bytes, const std::nothrow_t&) noexcept {
  allocations.fetch_add(1, std::memory_order_relaxed);
  return std::malloc(bytes ? bytes : 1);
}
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

namespace proxy::telemetry {
namespace {

using namespace std::chrono_literals;
using routing::LogEscape;

std::string line(std::string_view format, const ExchangeRecord& record, LogEscape escape = LogEscape::nginx) {
  std::string out;
  LogFormat::compile(format, escape).append(record, out);
  EXPECT_TRUE(out.ends_with('\n'));
  out.pop_back();
  return out;
}

const routing::Route& route() {
  static const routing::Route made = [] {
    routing::Route r;
    r.origin = {"shop", "front", "shop.example.com", "/cart", routing::PathType::prefix, "web", "8080"};
    return r;
  }();
  return made;
}

const Attempt one_attempt[] = {{"10.0.0.7:8080", 200, 612, 1ms, 34ms, 1234ms, 790}};
const Attempt two_attempts[] = {{"10.0.0.7:8080", 502, 0, -1ns, -1ns, 5ms}, {"10.0.0.8:8080", 200, 612, 2ms, 34ms, 35ms}};

ExchangeRecord record() {
  ExchangeRecord r;
  r.route = &route();
  r.upstream_name = "shop-web-8080";
  r.client_address = "192.0.2.1";
  r.peer_address = "10.1.1.1";
  r.client_port = 50123;
  r.server_port = 443;
  r.request_line = "GET /Cart/%41?a=1&B=two HTTP/1.1";
  r.method = "GET";
  r.target = "/Cart/%41?a=1&B=two";
  r.protocol = "HTTP/1.1";
  r.host = "shop.example.com";
  r.normalised_path = "/Cart/A";
  r.request_id = "0123456789abcdef";
  r.is_tls = true;
  r.tls_protocol = "TLSv1.3";
  r.tls_cipher = "TLS_AES_256_GCM_SHA384";
  r.tls_server_name = "shop.example.com";
  r.status = 200;
  r.body_bytes_sent = 612;
  r.bytes_sent = 850;
  r.request_length = 77;
  r.finished_at = std::chrono::system_clock::time_point{1'700'000'000s + 42ms};
  r.request_time = 1234ms;
  r.attempts = one_attempt;
  r.connection_serial = 9;
  r.connection_requests = 3;
  return r;
}

TEST(LogFormat, PrintsEveryVariable) {
  const struct {
    std::string_view format, expected;
  } cases[] = {
      {"$remote_addr $the_real_ip $realip_remote_addr $remote_port", "192.0.2.1 192.0.2.1 10.1.1.1 50123"},
      {"$host $server_name $server_port $scheme $https", "shop.example.com shop.example.com 443 https on"},
      {"$request", "GET /Cart/%41?a=1&B=two HTTP/1.1"},
      {"$request_method $request_uri $server_protocol", "GET /Cart/%41?a=1&B=two HTTP/1.1"},
      {"$uri$is_args$args $query_string", "/Cart/A?a=1&B=two a=1&B=two"},
      {"$arg_a $arg_b $arg_c", "1 two -"},
      {"$status $bytes_sent $body_bytes_sent $request_length $request_time", "200 850 612 77 1.234"},
      {"$msec", "1700000000.042"},
      {"$namespace $ingress_name $service_name $service_port $location_path", "shop front web 8080 /cart"},
      {"$proxy_upstream_name [$proxy_alternative_upstream_name]", "shop-web-8080 []"},
      {"$req_id $request_id", "0123456789abcdef 0123456789abcdef"},
      {"$ssl_protocol $ssl_cipher $ssl_server_name $ssl_client_s_dn", "TLSv1.3 TLS_AES_256_GCM_SHA384 shop.example.com -"},
      {"$connection $connection_requests $pipe", "9 3 ."},
      {"$proxy_protocol_addr $geoip2_city_name", "- -"},
      {"$proxy_add_x_forwarded_for", "192.0.2.1"},
      {"$upstream_addr $upstream_status $upstream_response_length $upstream_bytes_received", "10.0.0.7:8080 200 612 790"},
      {"$upstream_connect_time $upstream_header_time $upstream_response_time", "0.001 0.034 1.234"},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(line(c.format, record()), c.expected) << c.format;
    EXPECT_TRUE(LogFormat::compile(c.format, LogEscape::nginx).unknown().empty()) << c.format;
  }
}

TEST(LogFormat, PrintsTheProcessAndItsHost) {
  char name[256] = "";
  ASSERT_EQ(::gethostname(name, sizeof name - 1), 0);
  EXPECT_EQ(line("$pid@$hostname", record()), std::to_string(::getpid()) + "@" + name);
}

TEST(LogFormat, PrintsTheDefaultLineOfIngressNginx) {
  ExchangeRecord r = record();
  const std::string_view headers[] = {{}, "https://example.com/", "curl/8.0"};
  r.request_headers = headers;
  const auto format = LogFormat::compile(routing::AccessLogSettings{}.format, LogEscape::nginx);
  EXPECT_EQ(format.request_headers(), (std::vector<std::string>{"authorization", "referer", "user-agent"}));
  std::string out;
  format.append(r, out);
  EXPECT_EQ(out, "192.0.2.1 - - [" + line("$time_local", r) +
                     "] \"GET /Cart/%41?a=1&B=two HTTP/1.1\" 200 612 \"https://example.com/\" \"curl/8.0\" 77 1.234 [shop-web-8080] [] "
                     "10.0.0.7:8080 612 1.234 200 0123456789abcdef\n");
}

TEST(LogFormat, PrintsTheTimeOfTheSecondInBothForms) {
  ExchangeRecord r = record();
  for (const std::time_t at : {1'700'000'000, 1'700'000'000, 1'700'000'001, 951'782'400}) {
    r.finished_at = std::chrono::system_clock::from_time_t(at);
    std::tm local{};
    ::localtime_r(&at, &local);
    char clf[64], iso[64];
    std::strftime(clf, sizeof clf, "%d/%b/%Y:%H:%M:%S %z", &local);
    std::strftime(iso, sizeof iso, "%Y-%m-%dT%H:%M:%S%z", &local);
    EXPECT_EQ(line("$time_local", r), clf);
    EXPECT_EQ(line("$time_iso8601", r), std::string{iso}.insert(22, ":"));
  }
}

TEST(LogFormat, JoinsTheTriesAndMarksWhatATryNeverReached) {
  ExchangeRecord r = record();
  r.attempts = two_attempts;
  for (const LogEscape escape : {LogEscape::nginx, LogEscape::json}) {
    EXPECT_EQ(line("$upstream_addr", r, escape), "10.0.0.7:8080, 10.0.0.8:8080");
    EXPECT_EQ(line("$upstream_status", r, escape), "502, 200");
    EXPECT_EQ(line("$upstream_response_length", r, escape), "0, 612");
    EXPECT_EQ(line("$upstream_connect_time", r, escape), "-, 0.002");
    EXPECT_EQ(line("$upstream_header_time", r, escape), "-, 0.034");
    EXPECT_EQ(line("$upstream_response_time", r, escape), "0.005, 0.035");
  }
}

TEST(LogFormat, PrintsADashForWhatIsMissingAndNothingInTheOtherEscapings) {
  const std::string_view names[] = {
      "$remote_addr", "$remote_user", "$request", "$request_method", "$request_uri", "$uri", "$args", "$server_protocol", "$req_id", "$namespace",
      "$ingress_name", "$service_name", "$service_port", "$proxy_upstream_name", "$upstream_addr", "$upstream_status", "$upstream_response_length",
      "$upstream_response_time", "$upstream_connect_time", "$upstream_header_time", "$ssl_protocol", "$ssl_cipher", "$ssl_server_name",
      "$http_referer", "$upstream_http_etag", "$sent_http_etag", "$cookie_a", "$arg_a", "$no_such_thing"};
  for (const std::string_view name : names) {
    EXPECT_EQ(line(name, {}), "-") << name;
    EXPECT_EQ(line(name, {}, LogEscape::json), "") << name;
    EXPECT_EQ(line(name, {}, LogEscape::none), "") << name;
  }
  EXPECT_EQ(line("$status $host $scheme", {}), "000 _ http");
}

TEST(LogFormat, PrintsNothingForWhatIsThereButEmpty) {
  ExchangeRecord r = record();
  const std::string_view headers[] = {""};
  r.request_headers = headers;
  r.target = "/a?x=&y";
  EXPECT_EQ(line("<$http_referer>", r), "<>");
  EXPECT_EQ(line("<$arg_x> <$arg_y>", r), "<> <->");
  EXPECT_EQ(line("<$proxy_alternative_upstream_name> $proxy_alternative_upstream_name.", r), "<> .");
}

TEST(LogFormat, EscapesAsAsked) {
  ExchangeRecord r = record();
  r.target = std::string_view{"/\"\\\n\r\t\b\f\x01\x7f\xc3\xa9\0", 13};
  EXPECT_EQ(line("$request_uri", r), R"(/\x22\x5C\x0A\x0D\x09\x08\x0C\x01\x7F\xC3\xA9\x00)");
  EXPECT_EQ(line("$request_uri", r, LogEscape::json), "/\\\"\\\\\\n\\r\\t\\b\\f\\u0001\x7f\xc3\xa9\\u0000");
  r.target = "/\"\\\xc3\xa9";
  EXPECT_EQ(line("$request_uri", r, LogEscape::none), r.target);
}

TEST(LogFormat, LetsNoEscapingEndTheLineEarly) {
  ExchangeRecord r = record();
  r.target = "/a\n192.0.2.9 forged";
  for (const LogEscape escape : {LogEscape::nginx, LogEscape::json, LogEscape::none})
    EXPECT_EQ(line("$request_uri", r, escape).find('\n'), std::string::npos);
}

TEST(LogFormat, NamesTheHeadersItNeedsOnce) {
  const auto format = LogFormat::compile(
      "$http_user_agent $http_X_Forwarded_For $http_user_agent $cookie_a $cookie_b $remote_user $upstream_http_x_kind $sent_http_content_type $content_type",
      LogEscape::nginx);
  EXPECT_EQ(format.request_headers(), (std::vector<std::string>{"user-agent", "x-forwarded-for", "cookie", "authorization", "content-type"}));
  EXPECT_EQ(format.upstream_headers(), std::vector<std::string>{"x-kind"});
  EXPECT_EQ(format.sent_headers(), std::vector<std::string>{"content-type"});
}

TEST(LogFormat, PrintsTheHeadersOfAllThreeHeads) {
  ExchangeRecord r = record();
  const std::string_view asked[] = {"Shop.Example.COM"}, got[] = {"\"v1\""}, sent[] = {"text/html"};
  r.request_headers = asked;
  r.upstream_headers = got;
  r.sent_headers = sent;
  EXPECT_EQ(line("$http_host $best_http_host $upstream_http_etag $sent_http_content_type", r), R"(Shop.Example.COM Shop.Example.COM \x22v1\x22 text/html)");
}

TEST(LogFormat, FindsCookiesByWholeNameInAnyCase) {
  ExchangeRecord r = record();
  const std::string_view cookies[] = {"xid=no;  Id=7; token=a=b; last=1; id=8"};
  r.request_headers = cookies;
  EXPECT_EQ(line("$cookie_id $cookie_token $cookie_LAST $cookie_d", r), "7 a=b 1 -");
}

TEST(LogFormat, PrintsTheUserOfBasicAuthorizationOnly) {
  const struct {
    std::string_view authorization, expected;
  } cases[] = {
      {"Basic YWxpY2U6c2VjcmV0", "alice"},       // alice:secret
      {"bAsIc   YWxpY2U6c2VjcmV0", "alice"},
      {"Basic Ym9iOg==", "bob"},                 // bob:
      {"Basic Ym9iOg", "bob"},
      {"Basic OnNlY3JldA==", ""},                // :secret
      {"Basic YTpiOmM=", "a"},                   // a:b:c
      {"Basic YQpiOmM=", "a\\x0Ab"},             // a, line feed, b:c
      {"Basic c2VjcmV0", "-"},                   // no colon
      {"Basic !!!", "-"}, {"Basic", "-"}, {"Basic ", "-"}, {"", "-"}, {"Bearer YWxpY2U6c2VjcmV0", "-"},
  };
  for (const auto& c : cases) {
    ExchangeRecord r = record();
    r.request_headers = {&c.authorization, 1};
    EXPECT_EQ(line("$remote_user", r), c.expected) << c.authorization;
  }
}

TEST(LogFormat, NeverHoldsCredentials) {
  const auto format = LogFormat::compile("$http_authorization $http_proxy_authorization", LogEscape::nginx);
  EXPECT_TRUE(format.request_headers().empty());
  ExchangeRecord r = record();
  const std::string_view headers[] = {"Bearer secret", "Basic c2VjcmV0"};
  r.request_headers = headers;
  std::string out;
  format.append(r, out);
  EXPECT_EQ(out, "- -\n");
}

TEST(LogFormat, AddsTheClientToWhatItSaidOfItsPath) {
  ExchangeRecord r = record();
  r.forwarded_for = "198.51.100.7, 203.0.113.9";
  EXPECT_EQ(line("$proxy_add_x_forwarded_for", r), "198.51.100.7, 203.0.113.9, 192.0.2.1");
}

TEST(LogFormat, ReadsBracesCaseAndLoneDollars) {
  const auto r = record();
  EXPECT_EQ(line("${status}s ${request_time}x$STATUS", r), "200s 1.234x200");
  EXPECT_EQ(line("$ 5$ ${status $-", r), "$ 5$ ${status $-");
  EXPECT_EQ(line("", r), "");
  EXPECT_EQ(line(R"({"time":"$msec","ua":"$http_user_agent"})", r, LogEscape::json), R"({"time":"1700000000.042","ua":""})");
}

TEST(LogFormat, ListsWhatItDoesNotKnow) {
  const auto format = LogFormat::compile("$status $no_such_thing ${other} $http_ $geoip2_country", LogEscape::nginx);
  EXPECT_EQ(format.unknown(), (std::vector<std::string>{"no_such_thing", "other", "http_"}));
}

TEST(LogFormat, AllocatesNothingForALineWhenItHasAllBefore) {
  ExchangeRecord r = record();
  const std::string_view headers[] = {"Basic YWxpY2UtYWxpY2UtYWxpY2UtYWxpY2U6c2VjcmV0", "https://example.com/", "curl/8.0\"", "a=1; b=2", "h"};
  r.request_headers = headers;
  r.attempts = two_attempts;
  const auto format = LogFormat::compile(routing::AccessLogSettings{}.format + " $cookie_b $http_host $time_iso8601 $pid $hostname $arg_b", LogEscape::nginx);
  std::string out;
  out.reserve(64 * 1024);
  format.append(r, out);
  const std::size_t before = allocations.load();
  for (int i = 0; i < 50; ++i) format.append(r, out);
  EXPECT_EQ(allocations.load(), before);
}

}  // namespace
}  // namespace proxy::telemetry
