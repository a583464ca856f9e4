#include "proxy/forwarding_headers.hpp"

#include "proxy/http1/head_parser.hpp"

#include <gmock/gmock.h>

#include <memory>
#include <string>

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

namespace {

std::string forwarded(const std::string& fields, const routing::Settings& settings = {}, const std::string& line = "GET /a?b HTTP/1.1") {
  const std::string bytes = line + "\r\nHost: A.test:8080\r\n" + fields + "\r\n";
  auto head = std::make_unique<proxy::RequestHead>();
  proxy::http1::HostStorage storage;
  EXPECT_EQ(proxy::http1::parse_request(bytes, {}, *head, storage).status, proxy::http1::ParseStatus::complete) << bytes;
  const std::string lines = proxy::scheme_lines("http", "80");
  std::string joined;
  proxy::HeadWriter out;
  const auto client = proxy::client_facts(*head, {"192.0.2.7", false, "80", lines}, settings.forwarding, joined);
  proxy::write_request_head({*head, client, settings, head->target, "0123", ""}, out);
  return std::string{out.text()};
}

}  // namespace

TEST(ForwardingHeaders, WriteTheWholeHead) {
  EXPECT_EQ(forwarded("Accept: */*\r\nCookie: a=b\r\n"),
            "GET /a?b HTTP/1.1\r\nHost: A.test:8080\r\nAccept: */*\r\nCookie: a=b\r\n"
            "X-Request-ID: 0123\r\nX-Real-IP: 192.0.2.7\r\nX-Forwarded-For: 192.0.2.7\r\nX-Forwarded-Host: A.test:8080\r\n"
            "X-Forwarded-Port: 80\r\nX-Forwarded-Proto: http\r\nX-Forwarded-Scheme: http\r\nX-Scheme: http\r\n\r\n");
}

TEST(ForwardingHeaders, DropWhatIsHopByHopAndWhatOnlyWeMaySay) {
  const std::string out = forwarded(
      "Connection: keep-alive, X-Hop\r\nX-Hop: 1\r\nKeep-Alive: 5\r\nProxy-Connection: x\r\nTE: gzip\r\nUpgrade: websocket\r\n"
      "Proxy: evil\r\nX-Real-IP: 6.6.6.6\r\nX-Forwarded-Proto: https\r\nssl-client-verify: SUCCESS\r\nX_Forwarded_For: 6.6.6.6\r\n"
      "X-Scheme: https\r\nX-Stay:  1\r\n");

  for (const char* gone : {"X-Hop", "Keep-Alive", "Proxy-Connection", "TE:", "Upgrade", "Proxy:", "6.6.6.6", "https", "ssl-client", "Connection:"})
    EXPECT_THAT(out, Not(HasSubstr(gone)));
  EXPECT_THAT(out, HasSubstr("\r\nX-Stay: 1\r\n"));
}

TEST(ForwardingHeaders, KeepWhatTheClientSaidOfItsPast) {
  EXPECT_THAT(forwarded("X-Forwarded-For: 6.6.6.6\r\n"), HasSubstr("\r\nX-Original-Forwarded-For: 6.6.6.6\r\n"));
}

TEST(ForwardingHeaders, AppendToTheListWhenAsked) {
  routing::Settings settings;
  settings.forwarding.use_forwarded_headers = settings.forwarding.compute_full_forwarded_for = true;
  EXPECT_THAT(forwarded("X-Forwarded-For: 6.6.6.6\r\n", settings), HasSubstr("\r\nX-Forwarded-For: 6.6.6.6, 192.0.2.7\r\n"));
}

TEST(ForwardingHeaders, WriteFramingAnew) {
  EXPECT_THAT(forwarded("Content-Length: 005\r\n"), HasSubstr("\r\nContent-Length: 5\r\n"));
  EXPECT_THAT(forwarded("transfer-encoding: CHUNKED\r\n"), HasSubstr("\r\nTransfer-Encoding: chunked\r\n"));
}

TEST(ForwardingHeaders, SendAnAbsoluteFormInOriginForm) {
  EXPECT_THAT(forwarded("", {}, "GET http://B.test/x?y HTTP/1.1"), StartsWith("GET /x?y HTTP/1.1\r\nHost: B.test\r\n"));
}
