#include "proxy/options.hpp"

#include "proxy/flags.hpp"
#include "tests/support/temporary_directory.hpp"

#include <gmock/gmock.h>

#include <algorithm>

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

namespace {

proxy::ParsedOptions parse(std::vector<const char*> words) {
  words.insert(words.begin(), "weir");
  return proxy::parse_options(static_cast<int>(words.size()), words.data());
}

TEST(Options, HaveTheContractsDefaults) {
  const auto parsed = parse({});

  ASSERT_EQ(parsed.exit_code, -1) << parsed.text;
  EXPECT_EQ(parsed.options.command, proxy::Command::serve);
  EXPECT_EQ(parsed.options.server.http_port, 80);
  EXPECT_EQ(parsed.options.server.https_port, 443);
  EXPECT_EQ(parsed.options.healthz_port, 10254);
  EXPECT_GE(parsed.options.server.workers, 1u);
  EXPECT_EQ(parsed.options.controller.ingress_class, "nginx");
  EXPECT_EQ(parsed.options.controller.controller_class, "k8s.io/ingress-nginx");
}

TEST(Options, TakeValuesInOneWordOrTwo) {
  const auto parsed = parse({"--manifests", "dir", "--http-port=8080", "--https-port", "8443", "--bind-address=127.0.0.1,::1",
                             "--workers=3", "--watch-namespace=shop", "--configmap=a/b", "--default-ssl-certificate", "c/d",
                             "--shutdown-grace-period=1m", "--log-level=warn", "--log-format=json", "--healthz-host=127.0.0.1"});

  ASSERT_EQ(parsed.exit_code, -1) << parsed.text;
  const auto& o = parsed.options;
  EXPECT_EQ(o.controller.manifests, "dir");
  EXPECT_EQ(o.server.http_port, 8080);
  EXPECT_EQ(o.server.https_port, 8443);
  EXPECT_THAT(o.server.bind_addresses, ElementsAre("127.0.0.1", "::1"));
  EXPECT_EQ(o.server.workers, 3u);
  EXPECT_EQ(o.controller.watch_namespace, "shop");
  EXPECT_EQ(o.controller.config_map, "a/b");
  EXPECT_EQ(o.controller.default_ssl_certificate, "c/d");
  EXPECT_EQ(o.shutdown_grace, 60s);
  EXPECT_EQ(o.log_level, proxy::telemetry::Level::warning);
  EXPECT_EQ(o.log_form, proxy::telemetry::LogForm::json);
  EXPECT_EQ(o.healthz_host, "127.0.0.1");
}

TEST(Options, TakeBooleansInOneWordOnly) {
  EXPECT_TRUE(parse({"--disable-catch-all"}).options.controller.disable_catch_all);
  EXPECT_TRUE(parse({"--disable-catch-all=true"}).options.controller.disable_catch_all);
  EXPECT_FALSE(parse({"--disable-catch-all", "--disable-catch-all=false"}).options.controller.disable_catch_all);

  const auto two_words = parse({"--disable-catch-all", "false"});
  EXPECT_EQ(two_words.exit_code, 2);
  EXPECT_THAT(two_words.text, HasSubstr("unexpected word \"false\""));
  for (const auto bad : {"--disable-catch-all=maybe", "--disable-catch-all="}) {
    const auto parsed = parse({bad});
    EXPECT_EQ(parsed.exit_code, 2);
    EXPECT_THAT(parsed.text, HasSubstr("--disable-catch-all"));
  }
}

TEST(Options, LetTheLastOfTwoWin) {
  const auto parsed = parse({"--http-port=1", "--http-port=2"});
  ASSERT_EQ(parsed.exit_code, -1) << parsed.text;
  EXPECT_EQ(parsed.options.server.http_port, 2);
}

TEST(Options, TakeAnEmptyValueForOne) {
  const auto parsed = parse({"--watch-namespace=", "--http-port=8080", "--publish-service="});
  ASSERT_EQ(parsed.exit_code, -1) << parsed.text;
  EXPECT_EQ(parsed.options.controller.watch_namespace, "");
  EXPECT_EQ(parsed.options.server.http_port, 8080);
  EXPECT_THAT(parsed.options.unsupported, IsEmpty());
}

TEST(Options, NameTheUnknownFlagAndTheNearestKnownOne) {
  const auto parsed = parse({"--htp-port=80"});
  EXPECT_EQ(parsed.exit_code, 2);
  EXPECT_THAT(parsed.text, HasSubstr("\"--htp-port\""));
  EXPECT_THAT(parsed.text, HasSubstr("--http-port"));

  EXPECT_EQ(parse({"--quite-something-else"}).exit_code, 2);
  EXPECT_THAT(parse({"-manifests=x"}).text, HasSubstr("written --manifests"));
  EXPECT_EQ(parse({"serve"}).exit_code, 2);
  EXPECT_EQ(parse({"-"}).exit_code, 2);
  EXPECT_EQ(parse({"--"}).exit_code, -1);
  EXPECT_EQ(parse({"--", "--http-port=1"}).exit_code, 2);
  EXPECT_EQ(parse({""}).exit_code, 2);
}

TEST(Options, NameFlagAndValueOfABadValue) {
  const auto parsed = parse({"--http-port=abc"});
  EXPECT_EQ(parsed.exit_code, 2);
  EXPECT_THAT(parsed.text, HasSubstr("--http-port"));
  EXPECT_THAT(parsed.text, HasSubstr("\"abc\""));

  for (const auto bad : {"--configmap=x", "--election-ttl=abc", "--election-ttl=0s", "--log-level=loud", "--workers=0", "--manifests=",
                         "--publish-status-address=192.0.2.1 192.0.2.2", "--healthz-host=localhost", "--http-port="}) {
    const auto each = parse({bad});
    EXPECT_EQ(each.exit_code, 2) << bad;
    EXPECT_THAT(each.text, HasSubstr(std::string{bad}.substr(0, std::string{bad}.find('=')))) << bad;
  }
}

TEST(Options, SayWhenAValueIsMissing) {
  for (const auto& words : {std::vector<const char*>{"--manifests"}, {"--manifests", "--http-port=80"}}) {
    const auto parsed = parse(words);
    EXPECT_EQ(parsed.exit_code, 2);
    EXPECT_THAT(parsed.text, HasSubstr("flag --manifests needs a value"));
  }
}

TEST(Options, RefuseWhatContradictsItself) {
  EXPECT_EQ(parse({"--watch-namespace=a", "--watch-namespace-selector=x=y"}).exit_code, 2);
  EXPECT_EQ(parse({"--http-port=8080", "--https-port=8080"}).exit_code, 2);
  EXPECT_EQ(parse({"--http-port=10254"}).exit_code, 2);
}

TEST(Options, ReportFlagsThatDoNotAct) {
  const auto parsed = parse({"--v=2", "--logtostderr", "--election-id=x", "--update-status=false", "--enable-ssl-passthrough",
                             "--validating-webhook=:8443", "--publish-service=ns/svc", "--profiling=false"});
  ASSERT_EQ(parsed.exit_code, -1) << parsed.text;
  EXPECT_THAT(parsed.options.ignored, testing::UnorderedElementsAre("-v", "--logtostderr", "--profiling"));
  EXPECT_THAT(parsed.options.unsupported,
              testing::UnorderedElementsAre("--enable-ssl-passthrough", "--validating-webhook"));
  EXPECT_FALSE(parsed.options.controller.update_status);
  EXPECT_EQ(parsed.options.controller.publish_service, "ns/svc");
  EXPECT_EQ(parsed.options.controller.election_id, "x");

  for (const auto& words : {std::vector<const char*>{"-v=2"}, {"-v", "2"}, {"-v2"}, {"--v", "2"}}) {
    EXPECT_THAT(parse(words).options.ignored, ElementsAre("-v"));
  }
}

// The list of ingress-nginx.md A.3: a chart's extraArgs need no edit.
TEST(Options, KnowEveryFlagOfIngressNginx) {
  for (const auto name :
       {"annotations-prefix", "apiserver-host", "bucket-factor", "certificate-authority", "configmap", "controller-class", "deep-inspect",
        "default-backend-service", "default-server-port", "default-ssl-certificate", "disable-catch-all", "disable-full-test",
        "disable-leader-election", "disable-svc-external-name", "disable-sync-events", "dynamic-configuration-retries", "election-id",
        "election-ttl", "enable-annotation-validation", "enable-metrics", "enable-ssl-chain-completion", "enable-ssl-passthrough",
        "enable-topology-aware-routing", "exclude-socket-metrics", "health-check-path", "health-check-timeout", "healthz-host",
        "healthz-port", "http-port", "https-port", "ingress-class", "ingress-class-by-name", "internal-logger-address", "kubeconfig",
        "length-buckets", "max-buckets", "metrics-per-host", "metrics-per-undefined-host", "monitor-max-batch-size",
        "post-shutdown-grace-period", "profiler-address", "profiler-port", "profiling", "publish-service", "publish-status-address",
        "report-node-internal-ip-address", "report-status-classes", "shutdown-grace-period", "size-buckets",
        "ssl-passthrough-proxy-port", "status-port", "status-update-interval", "stream-port", "sync-period", "sync-rate-limit",
        "tcp-services-configmap", "time-buckets", "udp-services-configmap", "update-status", "update-status-on-shutdown",
        "validating-webhook", "validating-webhook-certificate", "validating-webhook-key", "watch-ingress-without-class",
        "watch-namespace", "watch-namespace-selector"}) {
    const auto flags = proxy::all_flags();
    EXPECT_TRUE(std::any_of(flags.begin(), flags.end(), [&](const auto& flag) { return flag.name == name; })) << name;
  }
}

TEST(Options, SayThatTheCommandStandsFirst) {
  EXPECT_THAT(parse({"--manifests=dir", "check"}).text, HasSubstr("the command stands first: weir check"));
}

TEST(Options, SayHowADirectoryOfManifestsIsGiven) {
  const support::TemporaryDirectory files;
  files.write("a.yaml", "");
  const std::string name = files.path().string(), file = name + "/a.yaml";
  for (const auto& parsed : {parse({name.c_str()}), parse({"check", name.c_str()}), parse({file.c_str()}), parse({"check", file.c_str()})}) {
    EXPECT_EQ(parsed.exit_code, 2);
    EXPECT_THAT(parsed.text, HasSubstr("a whole directory of manifests is read, with --manifests \"" + name + "\""));
  }
}

TEST(Options, ChooseTheCommandByTheFirstWord) {
  const auto check = parse({"check", "--manifests=dir", "--output=json"});
  ASSERT_EQ(check.exit_code, -1) << check.text;
  EXPECT_EQ(check.options.command, proxy::Command::check);
  EXPECT_TRUE(check.options.json_output);

  EXPECT_EQ(parse({"--output=json"}).exit_code, 2);
  EXPECT_EQ(parse({"check", "--output=xml"}).exit_code, 2);
  EXPECT_EQ(parse({"version"}).exit_code, 0);
  EXPECT_THAT(parse({"--version"}).text, testing::StartsWith("weir "));
}

TEST(Options, TakeTheRequestToExplain) {
  const auto parsed = parse({"explain", "-H", "Host: a.test", "--manifests", "dir", "https://b.test:8443/x?y", "-H", "X-A: b", "--output=json", "--https-port=8443"});
  ASSERT_EQ(parsed.exit_code, -1) << parsed.text;
  EXPECT_EQ(parsed.options.command, proxy::Command::explain);
  EXPECT_EQ(parsed.options.explain.url, "https://b.test:8443/x?y");
  EXPECT_THAT(parsed.options.explain.headers, ElementsAre("Host: a.test", "X-A: b"));
  EXPECT_EQ(parsed.options.controller.manifests, "dir");
  EXPECT_TRUE(parsed.options.json_output);
  EXPECT_EQ(parse({"explain", "--help"}).exit_code, 0);
}

TEST(Options, NameWhatIsWrongWithTheRequestToExplainButDoNotRepeatIt) {
  for (const auto& words : {std::vector<const char*>{"explain"}, {"explain", "a.test", "b.test"}, {"explain", "ftp://me:sekret@a.test/"}, {"explain", "http:///x"},
                            {"explain", "http://a.test/\n"}, {"explain", "a.test", "-H", "sekret"}, {"explain", "a.test", "-H", "X: sekret\r\nY: z"},
                            {"explain", "a.test", "-H"}, {"explain", "--no-such", "a.test"}, {"-H", "Host: a.test"}}) {
    const auto parsed = parse(words);
    EXPECT_EQ(parsed.exit_code, 2) << words.back();
    EXPECT_THAT(parsed.text, testing::Not(HasSubstr("sekret")));
  }
}

TEST(Options, HelpFitsOnAScreen) {
  const auto help = parse({"--help"});
  EXPECT_EQ(help.exit_code, 0);
  EXPECT_LE(std::count(help.text.begin(), help.text.end(), '\n'), 24);
  for (const auto& text : {help.text, parse({"check", "--help"}).text, parse({"explain", "--help"}).text, parse({"version", "--help"}).text, parse({"--help-all"}).text}) {
    std::size_t from = 0;
    for (auto end = text.find('\n'); end != std::string::npos; from = end + 1, end = text.find('\n', from)) {
      EXPECT_LE(end - from, 88u) << text.substr(from, end - from);
    }
  }
}

TEST(Options, HelpAllNamesEveryFlag) {
  const auto text = parse({"--help-all"}).text;
  for (const auto& flag : proxy::all_flags()) EXPECT_THAT(text, HasSubstr("-" + std::string{flag.name}));
}

}  // namespace
