#include "proxy/http1/head_parser.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

using namespace std::literals;
using proxy::http1::HeadLimits;
using proxy::http1::HostStorage;
using proxy::http1::ParseResult;
using proxy::http1::ParseStatus;

namespace {

struct Parsed {
  std::string bytes;  // what the head refers to
  ParseResult result;
  proxy::RequestHead head;
  HostStorage storage;
};

std::unique_ptr<Parsed> parse(std::string_view bytes, HeadLimits limits = {}) {
  auto parsed = std::make_unique<Parsed>();
  parsed->bytes = bytes;
  parsed->result = proxy::http1::parse_request(parsed->bytes, limits, parsed->head, parsed->storage);
  return parsed;
}

std::string request(std::string_view lines, std::string_view start = "GET / HTTP/1.1") {
  std::string text{start};
  text.append("\r\n").append(lines).append("\r\n");
  return text;
}

int status_of(std::string_view bytes, HeadLimits limits = {}) {
  const auto parsed = parse(bytes, limits);
  if (parsed->result.status == ParseStatus::incomplete) return 0;
  return parsed->result.status == ParseStatus::complete ? 200 : parsed->result.reply_status;
}

struct Row {
  std::string bytes;
  int status;
};

}  // namespace

TEST(HeadParser, ReadsAPlainRequest) {
  const std::string bytes = "GET /a/b?c=d HTTP/1.1\r\nHost: Shop.Example.com:8080\r\nX-A:  v \t\r\n\r\nrest";

  const auto parsed = parse(bytes);

  ASSERT_EQ(parsed->result.status, ParseStatus::complete);
  EXPECT_EQ(parsed->result.head_bytes, bytes.size() - 4);
  EXPECT_EQ(parsed->head.method, "GET");
  EXPECT_EQ(parsed->head.target, "/a/b?c=d");
  EXPECT_EQ(parsed->head.path, "/a/b");
  EXPECT_EQ(parsed->head.query, "?c=d");
  EXPECT_EQ(parsed->head.authority, "Shop.Example.com:8080");
  EXPECT_EQ(parsed->head.host, "shop.example.com");
  ASSERT_EQ(parsed->head.fields.count, 2u);
  EXPECT_EQ(parsed->head.fields.items[1].value, "v");
  EXPECT_FALSE(parsed->head.fields.items[1].is_canonical);
  EXPECT_TRUE(parsed->head.fields.items[0].is_canonical);
  EXPECT_TRUE(parsed->head.keeps_alive());
}

TEST(HeadParser, IsIncompleteAtEveryPrefixAndThenComplete) {
  const std::string bytes = "\r\nPOST http://h.test/p?q HTTP/1.1\r\nHost: h.test\r\nTransfer-Encoding: chunked\r\nX: y\r\n\r\n";
  for (std::size_t n = 0; n < bytes.size(); ++n) EXPECT_EQ(status_of(std::string_view{bytes}.substr(0, n)), 0) << n;
  EXPECT_EQ(status_of(bytes), 200);
}

TEST(HeadParser, RequestLines) {
  const std::vector<Row> rows = {
      {"GET / HTTP/1.0\r\n\r\n", 200},
      {"GET / HTTP/1.1\r\n\r\n", 400},  // no Host
      {request("Host: a\r\n", "GET /"), 400},
      {request("Host: a\r\n", "GET / HTTP/2.0"), 505},
      {request("Host: a\r\n", "GET / HTTP/1.9"), 200},
      {request("Host: a\r\n", "GET / HTTP/1.10"), 400},
      {request("Host: a\r\n", "GET / http/1.1"), 400},
      {request("Host: a\r\n", "GET  / HTTP/1.1"), 400},
      {request("Host: a\r\n", "GET /  HTTP/1.1"), 400},
      {request("Host: a\r\n", "GET /a b HTTP/1.1"), 400},
      {request("Host: a\r\n", "GET / HTTP/1.1 "), 400},
      {request("Host: a\r\n", " GET / HTTP/1.1"), 400},
      {request("Host: a\r\n", "GET\t/\tHTTP/1.1"), 400},
      {request("Host: a\r\n", "G(T / HTTP/1.1"), 400},
      {request("Host: a\r\n", "PROPFIND / HTTP/1.1"), 200},
      {request("Host: a\r\n", "CONNECT a:80 HTTP/1.1"), 405},
      {request("Host: a\r\n", "TRACE / HTTP/1.1"), 405},
      {request("Host: a\r\n", "OPTIONS * HTTP/1.1"), 200},
      {request("Host: a\r\n", "GET * HTTP/1.1"), 400},
      {request("Host: a\r\n", "GET a HTTP/1.1"), 400},
      {request("Host: a\r\n", "GET ?a HTTP/1.1"), 400},
      {request("Host: a\r\n", "GET /#f HTTP/1.1"), 400},
      {request("Host: a\r\n", "GET /a\\b HTTP/1.1"), 400},
      {request("Host: a\r\n", "GET /a?b\\c HTTP/1.1"), 200},
      {request("Host: a\r\n", "GET /\x80 HTTP/1.1"), 400},
      {request("Host: a\r\n", "GET /\x01 HTTP/1.1"), 400},
      {request("Host: a\r\n", "GET ftp://a/ HTTP/1.1"), 400},
      {request("Host: a\r\n", "GET http:///x HTTP/1.1"), 400},
      {request("Host: a\r\n", "GET http://u@b/ HTTP/1.1"), 400},
      {request("Host: a\r\n", "GET http://b?q HTTP/1.1"), 400},
      {"GET / HTTP/1.1\nHost: a\n\n", 400},
      {"GET / HTTP/1.1\rHost: a\r\r", 400},
      {"\x16\x03\x01", 400},
      {"\r\n\r\n\r\n\r\n\r\nGET / HTTP/1.0\r\n\r\n", 400},
      {std::string(9000, 'G'), 414},
      {"GET /" + std::string(9000, 'a'), 414},
      {request("Host: a\r\n", std::string(40, 'M') + " / HTTP/1.1"), 501},
  };
  for (const Row& row : rows) EXPECT_EQ(status_of(row.bytes), row.status) << row.bytes.substr(0, 60);
}

TEST(HeadParser, FieldLines) {
  const std::vector<Row> rows = {
      {request("Host: a\r\nX-A : v\r\n"), 400},
      {request("Host: a\r\nX-A\t: v\r\n"), 400},
      {request("Host: a\r\nX-A v\r\n"), 400},
      {request("Host: a\r\n: v\r\n"), 400},
      {request(" Host: a\r\n"), 400},
      {request("Host: a\r\nX: a\r\n b\r\n"), 400},
      {request("Host: a\r\nX: a\nY: b\r\n"), 400},
      {request("Host: a\r\nX: a\rY: b\r\n"), 400},
      {request("Host: a\r\nX: a\x01\r\n"), 400},
      {request("Host: a\r\nX: a\x7f\r\n"), 400},
      {request("Host: a\r\nX: \0\r\n"s), 400},
      {request("Host: a\r\nX: a\tb\r\n"), 200},
      {request("Host: a\r\nX: caf\xc3\xa9\r\n"), 200},
      {request("Host: a\r\nX:\r\n"), 200},
      {request("Host: a\r\nX(: v\r\n"), 400},
      {request("Host: a\r\nX\x80: v\r\n"), 400},
      {request("Host: a\r\nX: " + std::string(9000, 'v') + "\r\n"), 431},
      {request("Host: a\r\nConnection: @@@\r\n"), 400},
      {request("Host: a\r\nExpect: other\r\n"), 417},
  };
  for (const Row& row : rows) EXPECT_EQ(status_of(row.bytes), row.status) << row.bytes.substr(0, 80);
}

TEST(HeadParser, TooManyFieldsAndTooLargeHeads) {
  std::string many = "Host: a\r\n", large = "Host: a\r\n";
  for (int i = 0; i < 600; ++i) many += "X: v\r\n";
  for (int i = 0; i < 6; ++i) large += "X: " + std::string(7000, 'v') + "\r\n";

  EXPECT_EQ(status_of(request(many)), 431);
  EXPECT_EQ(status_of(request(large)), 431);
}

TEST(HeadParser, Hosts) {
  HostStorage storage;
  const std::vector<std::pair<std::string, std::string>> rows = {
      {"A.Example", "a.example"}, {"a.example.", "a.example"}, {"a:80", "a"},   {"a:", "a"},    {"[::1]:80", "[::1]"}, {"a_b.c", "a_b.c"},
      {"a..b", ""},               {".a", ""},                  {"a b", ""},     {"a/b", ""},    {"u@a", ""},           {"a:x", ""},
      {"a..", ""},                {"..", ""},                  {".", ""},       {"a..:80", ""},
      {"a:70000", ""},            {"::1", ""},                 {"[::1", ""},    {"a%2eb", ""},  {"", ""},              {"a, b", ""},
      {std::string(300, 'a'), ""}, {"a:80:80", ""},            {"\xff", ""},    {"\"a\"", ""},  {"a^", ""},            {"[g]", ""},
  };
  for (const auto& [text, host] : rows) EXPECT_EQ(proxy::http1::parse_host(text, storage), host) << text;
}

TEST(HeadParser, HostRules) {
  EXPECT_EQ(status_of(request("Host: a\r\nHost: a\r\n")), 400);
  EXPECT_EQ(status_of(request("Host: a\r\nhOsT: b\r\n")), 400);
  EXPECT_EQ(status_of(request("Host:\r\n")), 400);
  const auto absolute = parse(request("Host: b.test\r\n", "GET http://A.test HTTP/1.1"));
  ASSERT_EQ(absolute->result.status, ParseStatus::complete);
  EXPECT_EQ(absolute->head.host, "a.test");
  EXPECT_EQ(absolute->head.authority, "A.test");
  EXPECT_EQ(absolute->head.path, "/");
  EXPECT_EQ(absolute->head.target, "/");
  EXPECT_EQ(parse(request("Host: a\r\n", "OPTIONS http://a.test HTTP/1.1"))->head.target, "*");
  EXPECT_EQ(parse(request("Host: a\r\n", "OPTIONS http://a.test/ HTTP/1.1"))->head.target, "/");
}

TEST(HeadParser, Framing) {
  const std::vector<Row> rows = {
      {"Content-Length: 5\r\n", 200},
      {"Content-Length: 05\r\n", 200},
      {"Content-Length: +5\r\n", 400},
      {"Content-Length: -5\r\n", 400},
      {"Content-Length: 0x5\r\n", 400},
      {"Content-Length: 5, 5\r\n", 400},
      {"Content-Length: 5 5\r\n", 400},
      {"Content-Length:\r\n", 400},
      {"Content-Length: 9223372036854775808\r\n", 400},
      {"Content-Length: 18446744073709551621\r\n", 400},
      {"Content-Length: 5\r\nContent-Length: 5\r\n", 400},
      {"Content-Length : 5\r\n", 400},
      {"Transfer-Encoding: chunked\r\n", 200},
      {"Transfer-Encoding: CHUNKED \r\n", 200},
      {"Transfer-Encoding: gzip\r\n", 501},
      {"Transfer-Encoding: gzip, chunked\r\n", 501},
      {"Transfer-Encoding: chunked, chunked\r\n", 501},
      {"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", 400},
      {"Transfer-Encoding:\r\n", 501},
      {"Transfer-Encoding: \x0b" "chunked\r\n", 400},
      {"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", 400},
  };
  for (const Row& row : rows) EXPECT_EQ(status_of(request("Host: a\r\n" + row.bytes, "POST / HTTP/1.1")), row.status) << row.bytes;
  EXPECT_EQ(status_of("POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"), 400);
}

TEST(HeadParser, ConnectionNamesOtherFieldsButNotThoseThatFrame) {
  const auto parsed = parse(request("Host: a\r\nConnection: close, X-Hop, host, Content-Length\r\nx-hop: 1\r\nX-Stay: 2\r\nContent-Length: 1\r\n"));

  ASSERT_EQ(parsed->result.status, ParseStatus::complete);
  EXPECT_FALSE(parsed->head.keeps_alive());
  const auto fields = parsed->head.fields.all();
  EXPECT_FALSE(fields[0].is_dropped);
  EXPECT_TRUE(fields[2].is_dropped);
  EXPECT_FALSE(fields[3].is_dropped);
  EXPECT_FALSE(fields[4].is_dropped);
}

TEST(HeadParser, UpgradesPassInPairsAndNeverToHttp2) {
  EXPECT_EQ(parse(request("Host: a\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n"))->head.upgrade, "websocket");
  EXPECT_EQ(parse(request("Host: a\r\nUpgrade: websocket\r\n"))->head.upgrade, "");
  EXPECT_EQ(parse(request("Host: a\r\nConnection: Upgrade\r\nUpgrade: websocket, H2C\r\n"))->head.upgrade, "");
  EXPECT_EQ(parse(request("Host: a\r\nConnection: Upgrade\r\nUpgrade: HTTP/2.0\r\n"))->head.upgrade, "");
  EXPECT_EQ(parse(request("Host: a\r\nConnection: Upgrade\r\nUpgrade: http\r\n"))->head.upgrade, "");
  EXPECT_EQ(parse(request("Host: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n", "GET / HTTP/1.0"))->head.upgrade, "");
}

namespace {

struct ParsedResponse {
  ParseResult result;
  proxy::ResponseHead head;
};

std::unique_ptr<ParsedResponse> parse_response(std::string_view bytes, bool is_head_request = false) {
  auto parsed = std::make_unique<ParsedResponse>();
  parsed->result = proxy::http1::parse_response(bytes, {}, is_head_request, parsed->head);
  return parsed;
}

}  // namespace

TEST(HeadParser, Responses) {
  const std::vector<std::pair<std::string, ParseStatus>> rows = {
      {"HTTP/1.1 200 OK\r\n\r\n", ParseStatus::complete},
      {"HTTP/1.1 200 \r\n\r\n", ParseStatus::complete},
      {"HTTP/1.1 200\r\n\r\n", ParseStatus::complete},
      {"HTTP/1.0 200 OK\r\n\r\n", ParseStatus::complete},
      {"HTTP/1.1 20", ParseStatus::incomplete},
      {"HTTP/1.1 2x0 OK\r\n\r\n", ParseStatus::refused},
      {"HTTP/1.1 2000 OK\r\n\r\n", ParseStatus::refused},
      {"HTTP/1.1 099 OK\r\n\r\n", ParseStatus::refused},
      {"HTTP/1.1 600 OK\r\n\r\n", ParseStatus::refused},
      {"HTTP/2.0 200 OK\r\n\r\n", ParseStatus::refused},
      {"ICY 200 OK\r\n\r\n", ParseStatus::refused},
      {"http/1.1 200 OK\r\n\r\n", ParseStatus::refused},
      {" HTTP/1.1 200 OK\r\n\r\n", ParseStatus::refused},
      {"HTTP/1.1 200 OK\n\n", ParseStatus::refused},
      {"HTTP/1.1 200 OK\r\nX: a\nY: b\r\n\r\n", ParseStatus::refused},
      {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\n", ParseStatus::refused},
      {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n", ParseStatus::refused},
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n", ParseStatus::refused},
      {"HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", ParseStatus::refused},
  };
  for (const auto& [bytes, status] : rows) EXPECT_EQ(parse_response(bytes)->result.status, status) << bytes;
}

TEST(HeadParser, ResponseBodies) {
  using proxy::BodyKind;
  EXPECT_EQ(parse_response("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n")->head.body, BodyKind::length);
  EXPECT_EQ(parse_response("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")->head.body, BodyKind::chunked);
  EXPECT_EQ(parse_response("HTTP/1.1 200 OK\r\n\r\n")->head.body, BodyKind::until_close);
  EXPECT_EQ(parse_response("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", true)->head.body, BodyKind::none);
  EXPECT_EQ(parse_response("HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n")->head.body, BodyKind::none);
  EXPECT_EQ(parse_response("HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n")->head.body, BodyKind::none);
}
