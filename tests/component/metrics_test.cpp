// /metrics as Prometheus reads it, of a data plane that serves.
#include "proxy/admin/admin_server.hpp"
#include "tests/component/proxy_fixture.hpp"
#include "tests/support/prometheus.hpp"

using testing::EndsWith;
using testing::IsEmpty;
using testing::StartsWith;
using namespace test;

namespace {

constexpr std::string_view prefix = "nginx_ingress_controller_";

class MetricsTest : public ProxyTest {
 protected:
  void start_admin(unsigned workers = 1) {
    proxy::admin::Facts facts{.program = {.controller_namespace = "ingress", .controller_class = "k8s.io/ingress-nginx", .controller_pod = "weir-0",
                                          .listeners = {}, .workers = workers, .objects_from = "", .started_at = std::chrono::system_clock::now()},
                              .serving_workers = [this] { return server->serving_workers(); },
                              .is_shutting_down = [] { return false; },
                              .snapshot = [this] { return server->snapshot(); },
                              .counters = [this] { return server->counters(); },
                              .reports = [this] { return server->reports(patience); },
                              .controller = [] { return proxy::ControllerState{.diagnostics = {}, .publishes = 3, .version = 7, .published_at = std::chrono::system_clock::from_time_t(1000)}; },
                              .health_path = "/healthz"};
    admin = std::make_unique<proxy::admin::AdminServer>(std::move(facts));
    ASSERT_EQ(admin->start("127.0.0.1", 0), "");
  }
  void TearDown() override { admin.reset(); }  // before the server that it asks

  std::string page(std::string_view version) {
    Socket c = Socket::connect(admin->port());
    c.send("GET /metrics HTTP/" + std::string{version} + "\r\nHost: x\r\nConnection: close\r\n\r\n");
    const std::string answer = c.read_to_end();
    EXPECT_THAT(answer, StartsWith("HTTP/" + std::string{version} + " 200 "));
    const std::size_t head_bytes = answer.find("\r\n\r\n") + 4;
    const bool is_chunked = answer.substr(0, head_bytes).find("Transfer-Encoding: chunked\r\n") != std::string::npos;
    EXPECT_EQ(is_chunked, version == "1.1");
    return is_chunked ? without_chunks(answer.substr(head_bytes)) : answer.substr(head_bytes);
  }
  static std::string without_chunks(std::string_view text) {
    std::string all;
    while (true) {
      const std::size_t line = text.find("\r\n");
      const std::size_t bytes = std::stoul(std::string{text.substr(0, line)}, nullptr, 16);
      if (bytes == 0) break;
      all.append(text.substr(line + 2, bytes));
      text.remove_prefix(line + 2 + bytes + 2);
    }
    EXPECT_EQ(text, "0\r\n\r\n");
    return all;
  }

  Prometheus scrape() {
    Prometheus parsed = parse_prometheus(page("1.1"));
    EXPECT_THAT(parsed.problems, IsEmpty());
    return parsed;
  }
  static std::string named(std::string_view name) { return std::string{prefix}.append(name); }

  // A request answered by the upstream; returns the answer.
  std::string exchange(Socket& c, std::string_view request = get_request, std::string_view response = ok_response) {
    c.send(request);
    if (!kept.is_open()) kept = upstream.accept();
    kept.read_until("\r\n\r\n");
    kept.send(response);
    return c.read_response();
  }

  std::unique_ptr<proxy::admin::AdminServer> admin;
  Socket kept;
};

TEST_F(MetricsTest, CountsRequestsUnderTheLabelsOfIngressNginx) {
  serve_upstream();
  start_admin();
  Socket c = client();
  exchange(c);
  exchange(c);
  exchange(c, "POST /x HTTP/1.1\r\nHost: a.test\r\nContent-Length: 0\r\n\r\n", "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");

  const Prometheus metrics = scrape();
  EXPECT_EQ(metrics.types.at(named("requests")), "counter");
  const auto requests = metrics.all(named("requests"), {{"status", "200"}});
  ASSERT_EQ(requests.size(), 1u);
  EXPECT_EQ(requests[0].value, 2);
  EXPECT_EQ(requests[0].labels, (PrometheusLabels{{"controller_class", "k8s.io/ingress-nginx"}, {"controller_namespace", "ingress"}, {"controller_pod", "weir-0"},
                                                  {"namespace", "default"}, {"ingress", "a.test"}, {"service", "web"}, {"canary", ""}, {"host", "a.test"},
                                                  {"path", "/"}, {"method", "GET"}, {"status", "200"}}));
  EXPECT_EQ(metrics.value(named("requests"), {{"status", "404"}, {"method", "POST"}}), 1);
}

TEST_F(MetricsTest, HistogramsHaveTheBucketsOfIngressNginx) {
  serve_upstream();
  start_admin();
  Socket c = client();
  const std::string response = "HTTP/1.1 200 OK\r\nContent-Length: 200\r\n\r\n" + std::string(200, 'b');
  const std::string answer = exchange(c, get_request, response);
  exchange(c, get_request, response);

  const Prometheus metrics = scrape();
  const std::vector<std::string> times{"0.005", "0.01", "0.025", "0.05", "0.1", "0.25", "0.5", "1", "2.5", "5", "10", "+Inf"};
  const std::vector<std::string> lengths{"10", "20", "30", "40", "50", "60", "70", "80", "90", "100", "+Inf"};
  const std::vector<std::string> sizes{"10", "100", "1000", "10000", "100000", "1000000", "10000000", "+Inf"};
  const std::pair<std::string, std::vector<std::string>> families[] = {
      {"request_duration_seconds", times}, {"response_duration_seconds", times}, {"header_duration_seconds", times}, {"connect_duration_seconds", times},
      {"request_size", lengths}, {"response_size", lengths}, {"bytes_sent", sizes}};
  for (const auto& [family, bounds] : families) {
    EXPECT_EQ(metrics.types.at(named(family)), "histogram");
    std::vector<std::string> found;
    double before = 0;
    for (const auto& bucket : metrics.all(named(family) + "_bucket")) {
      found.push_back(bucket.labels.at("le"));
      EXPECT_GE(bucket.value, before) << family;
      before = bucket.value;
    }
    EXPECT_EQ(found, bounds) << family;
    EXPECT_EQ(before, 2) << family;
    EXPECT_EQ(metrics.value(named(family) + "_count"), 2) << family;
  }
  EXPECT_EQ(metrics.value(named("request_size_sum")), 2 * static_cast<double>(get_request.size()));
  EXPECT_EQ(metrics.value(named("response_size_sum")), 2 * static_cast<double>(answer.size()));
  EXPECT_EQ(metrics.value(named("bytes_sent_sum")), metrics.value(named("response_size_sum")));
  EXPECT_EQ(metrics.value(named("bytes_sent_bucket"), {{"le", "100"}}), 0);
  EXPECT_EQ(metrics.value(named("bytes_sent_bucket"), {{"le", "1000"}}), 2);
}

TEST_F(MetricsTest, ManySeriesComeWholeInPieces) {
  constexpr int hosts = 100;
  auto maker = make_snapshot();
  for (int i = 0; i < hosts; ++i) maker.host("h" + std::to_string(i) + ".test", {});
  serve(maker.build());
  start_admin();
  Socket c = client();
  for (int i = 0; i < hosts; ++i) {
    c.send("GET / HTTP/1.1\r\nHost: h" + std::to_string(i) + ".test\r\n\r\n");
    EXPECT_THAT(c.read_response(), StartsWith("HTTP/1.1 503 "));
  }
  EXPECT_EQ(scrape().all(named("requests")).size(), std::size_t{hosts});
  EXPECT_EQ(scrape().all(named("bytes_sent_count")).size(), std::size_t{hosts});
  const Prometheus old_client = parse_prometheus(page("1.0"));
  EXPECT_THAT(old_client.problems, IsEmpty());
  EXPECT_EQ(old_client.all(named("bytes_sent_count")).size(), std::size_t{hosts});
}

TEST_F(MetricsTest, AnAnswerOfOurOwnHasNoUpstreamTimes) {
  serve(make_snapshot().host("a.test", {}).build());
  start_admin();
  Socket c = client();
  c.send(get_request);
  EXPECT_THAT(c.read_response(), StartsWith("HTTP/1.1 503 "));

  const Prometheus metrics = scrape();
  EXPECT_EQ(metrics.value(named("requests"), {{"status", "503"}}), 1);
  EXPECT_EQ(metrics.value(named("request_duration_seconds_count")), 1);
  EXPECT_THAT(metrics.all(named("response_duration_seconds_count")), IsEmpty());
}

TEST_F(MetricsTest, WhatAClientMakesUpMakesNoSeries) {
  serve_upstream();
  start_admin();
  Socket c = client();
  for (const char* host : {"b.test", "c.test"}) {
    c.send(std::string{"GET / HTTP/1.1\r\nHost: "} + host + "\r\n\r\n");
    EXPECT_THAT(c.read_response(), StartsWith("HTTP/1.1 404 "));
  }
  EXPECT_THAT(scrape().all(named("requests")), IsEmpty());
  for (const char* method : {"FIRST", "SECOND"}) exchange(c, std::string{method} + " /x HTTP/1.1\r\nHost: a.test\r\n\r\n");
  EXPECT_EQ(scrape().value(named("requests")), 2);
  EXPECT_EQ(scrape().value(named("requests"), {{"method", "OTHER"}}), 2);
}

TEST_F(MetricsTest, CountsSurviveAPublishAndGoWithTheirIngress) {
  serve_upstream();
  start_admin();
  Socket c = client();
  exchange(c);
  server->publish(make_snapshot().host("b.test", {}).host("a.test", {upstream.port()}).build());  // another place for the route
  kept.close();
  exchange(c);
  EXPECT_EQ(scrape().value(named("requests"), {{"ingress", "a.test"}}), 2);

  server->publish(make_snapshot().host("b.test", {}).build());
  EXPECT_THAT(scrape().all(named("requests"), {{"ingress", "a.test"}}), IsEmpty());
}

TEST_F(MetricsTest, SumsTheWorkers) {
  constexpr unsigned workers = 4;
  serve(make_snapshot().host("a.test", {}).build(), workers);
  start_admin(workers);
  constexpr int connections = 64;
  for (int i = 0; i < connections; ++i) {
    Socket c = client();
    c.send(get_request);
    EXPECT_THAT(c.read_response(), StartsWith("HTTP/1.1 503 "));
  }
  EXPECT_EQ(scrape().value(named("requests")), connections);
}

TEST_F(MetricsTest, ConnectionsAreCountedByWhatTheyDo) {
  serve_upstream();
  start_admin();
  Socket idle = client(), reading = client(), busy = client();
  exchange(idle);
  reading.send("GET /x HT");
  busy.send(get_request);
  kept.read_until("\r\n\r\n");
  const auto connections = [this](const char* state) { return scrape().value(named("nginx_process_connections"), {{"state", state}}); };
  EXPECT_TRUE(eventually([&] { return connections("reading") == 1; }));
  EXPECT_EQ(connections("active"), 3);
  EXPECT_EQ(connections("writing"), 1);
  EXPECT_EQ(connections("waiting"), 1);
  EXPECT_EQ(scrape().value(named("nginx_process_connections_total"), {{"state", "handled"}}), 3);

  reading.close();
  kept.send(ok_response);
  busy.read_response();
  EXPECT_TRUE(eventually([&] { return connections("active") == 2; }));
  EXPECT_EQ(connections("reading"), 0);
  EXPECT_EQ(connections("waiting"), 2);
}

TEST_F(MetricsTest, TellsOfTheConfigurationAndTheDefaultCertificate) {
  serve_upstream();
  start_admin();
  const Prometheus metrics = scrape();
  EXPECT_EQ(metrics.value(named("config_hash"), {{"controller_pod", "weir-0"}}), 7);
  EXPECT_EQ(metrics.value(named("config_last_reload_successful"), {{"controller_namespace", "ingress"}}), 1);
  EXPECT_EQ(metrics.value(named("config_last_reload_successful_timestamp_seconds")), 1000);
  EXPECT_EQ(metrics.value(named("success"), {{"controller_class", "k8s.io/ingress-nginx"}}), 3);
  const PrometheusLabels fallback{{"host", "_"}, {"class", "k8s.io/ingress-nginx"}};
  EXPECT_GT(metrics.value(named("ssl_expire_time_seconds"), fallback), 0);
  const auto info = metrics.all(named("ssl_certificate_info"), fallback);
  ASSERT_EQ(info.size(), 1u);
  EXPECT_EQ(info[0].labels.at("issuer_organization"), "Acme Co");
  EXPECT_EQ(info[0].labels.at("issuer_common_name"), "Kubernetes Ingress Controller Fake Certificate");
  EXPECT_EQ(info[0].labels.at("public_key_algorithm"), "ECDSA");
  EXPECT_EQ(info[0].labels.at("identifier"), "-" + info[0].labels.at("serial_number"));
}

TEST_F(MetricsTest, TellsOfTheProcess) {
  serve_upstream();
  start_admin();
  const Prometheus metrics = scrape();
  for (const char* name : {"nginx_process_resident_memory_bytes", "nginx_process_virtual_memory_bytes", "nginx_process_oldest_start_time_seconds", "nginx_process_num_procs"})
    EXPECT_GT(metrics.value(named(name), {{"controller_pod", "weir-0"}}), 0) << name;
  EXPECT_GT(metrics.value("process_open_fds"), 3);
  EXPECT_EQ(metrics.value("weir_access_log_lines_lost_total"), 0);
}

}  // namespace
