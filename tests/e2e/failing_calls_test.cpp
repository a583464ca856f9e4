// What the kernel may refuse: while strace makes every n-th call of a kind fail, each client gets a whole answer or a closed
// connection, never a wrong or a half one; and as soon as calls succeed again everything is as before.
#include "tests/e2e/manifests.hpp"
#include "tests/e2e/serving.hpp"

#include <gtest/gtest.h>
#include <httplib.h>

#include <csignal>
#include <cstdlib>
#include <fstream>
#include <optional>
#include <sstream>

namespace e2e {
namespace {

constexpr auto host = "shop.example.com";

struct Fault {
  const char* name;    // of the test
  const char* call;    // as strace names it
  const char* error;
  const char* which;   // strace's `when`: "2+3" is the second and every third after it
};

void PrintTo(const Fault& fault, std::ostream* out) { *out << fault.call << " fails with " << fault.error << ", " << fault.which; }

std::string name_of(const testing::TestParamInfo<Fault>& tested) { return tested.param.name; }

std::string read_text(const std::filesystem::path& path) {
  std::ifstream in(path);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

std::vector<std::string> strace_words(const Fault& fault, const std::filesystem::path& report) {
  // With -D the program is the test's own child and strace beside it, so that signals reach the program.
  return {"strace", "-D", "-f", "-qq", "-o", report.string(), "-e", std::string{"trace="} + fault.call, "-e",
          std::string{"inject="} + fault.call + ":error=" + fault.error + ":when=" + fault.which};
}

// Makes calls of a running process fail from construction to stop().
class Injection {
 public:
  Injection(pid_t pid, const Fault& fault) : Injection(pid, fault, {}) {}
  // Only calls about the file of that name, where there is one.
  Injection(pid_t pid, const Fault& fault, const std::filesystem::path& file) {
    auto words = strace_words(fault, report_.path() / "calls");
    std::erase(words, "-D");  // there is nothing to start
    if (!file.empty()) words.insert(words.end(), {"-P", file.string()});
    words.insert(words.end(), {"-p", std::to_string(pid)});
    tracer_.emplace(words);
  }
  // False where one process may not trace another (some containers).
  [[nodiscard]] bool is_attached(pid_t pid) {
    return support::eventually([&] { return tracer_->has_ended() || is_traced(pid); }) && !tracer_->has_ended();
  }
  void stop() {
    tracer_->send_signal(SIGINT);
    (void)tracer_->wait_for_exit();
  }
  [[nodiscard]] bool has_injected() const { return read_text(report_.path() / "calls").find("(INJECTED)") != std::string::npos; }

 private:
  static bool is_traced(pid_t pid) {  // every thread of it
    std::error_code error;
    for (const auto& task : std::filesystem::directory_iterator("/proc/" + std::to_string(pid) + "/task", error))
      if (read_text(task.path() / "status").find("TracerPid:\t0\n") != std::string::npos) return false;
    return !error;
  }

  support::TemporaryDirectory report_;
  std::optional<support::ChildProcess> tracer_;
};

// One request on a connection of its own. What came is whole; nothing may have come.
void expect_whole_or_nothing(const httplib::Result& result, const std::string& body_bytes) {
  if (!result) return;
  if (result->status == 200) EXPECT_NE(result->body.find("\"body_bytes\":" + body_bytes), std::string::npos) << result->body;
  else EXPECT_GE(result->status, 400);
}

class FailingCalls : public testing::TestWithParam<Fault> {};

TEST_P(FailingCalls, CostTheirOwnRequestsAndNothingAfter) {
  constexpr int rounds = 12;
  Serving serving(service_at("shop", 9001) + ingress_for(host, "shop", "nginx.ingress.kubernetes.io/ssl-redirect: \"false\""));
  ASSERT_TRUE(serving.is_ready());
  ASSERT_EQ(serving.get(host, "/").status, 200);

  Injection injection(serving.weir().pid(), GetParam());
  if (!injection.is_attached(serving.weir().pid())) GTEST_SKIP() << "one process may not trace another here";
  const httplib::Headers headers{{"Host", host}};
  for (int i = 0; i < rounds; ++i) {
    httplib::Client plain("127.0.0.1", serving.weir().http_port());
    plain.set_keep_alive(true);
    plain.set_read_timeout(5);
    expect_whole_or_nothing(plain.Get("/", headers), "0");
    expect_whole_or_nothing(plain.Post("/", headers, std::string(100'000, 'x'), "text/plain"), "100000");
    httplib::SSLClient tls("127.0.0.1", serving.weir().https_port());
    tls.enable_server_certificate_verification(false);
    tls.set_read_timeout(5);
    expect_whole_or_nothing(tls.Get("/", headers), "0");
    serving.write("more.yaml", ingress_for("more" + std::to_string(i) + ".example.com", "shop"));
  }
  injection.stop();
  EXPECT_TRUE(injection.has_injected()) << "no call was made to fail";

  serving.write("last.yaml", ingress_for("last.example.com", "shop"));
  EXPECT_TRUE(support::eventually([&] { return serving.get("last.example.com", "/").status == 200; })) << serving.weir().log();
  for (int i = 0; i < rounds; ++i) EXPECT_EQ(serving.get(host, "/").status, 200) << serving.weir().log();
  EXPECT_EQ(serving.weir().stop(), 0) << serving.weir().log();
}

// Every second epoll_wait would always be the inner one of the two that a worker makes in turn: every third, then.
// Not among them: EAGAIN from a socket that is ready, after which the kernel would send no event; memory that cannot be had,
// which ends the program.
INSTANTIATE_TEST_SUITE_P(Each, FailingCalls, testing::Values(
    Fault{"AcceptNoDescriptor", "accept4", "EMFILE", "1+2"}, Fault{"AcceptNoMemory", "accept4", "ENOMEM", "1+3"},
    Fault{"AcceptAborted", "accept4", "ECONNABORTED", "1+2"}, Fault{"SocketNoDescriptor", "socket", "EMFILE", "1+2"},
    Fault{"SocketNoBuffers", "socket", "ENOBUFS", "1+2"}, Fault{"ConnectRefused", "connect", "ECONNREFUSED", "1+2"},
    Fault{"ConnectNoAddress", "connect", "EADDRNOTAVAIL", "1+2"}, Fault{"ConnectUnreachable", "connect", "ENETUNREACH", "1+3"},
    Fault{"ReceiveReset", "recvfrom", "ECONNRESET", "2+5"}, Fault{"ReceiveResetOften", "recvfrom", "ECONNRESET", "1+2"},
    Fault{"ReceiveInterrupted", "recvfrom", "EINTR", "1+2"}, Fault{"ReceiveTimedOut", "recvfrom", "ETIMEDOUT", "3+4"},
    Fault{"SendReset", "sendto", "ECONNRESET", "2+5"}, Fault{"SendBroken", "sendto", "EPIPE", "1+3"},
    Fault{"SendInterrupted", "sendto", "EINTR", "1+2"}, Fault{"SendNoBuffers", "sendto", "ENOBUFS", "2+3"},
    Fault{"SendPiecesReset", "sendmsg", "ECONNRESET", "1+2"}, Fault{"SendPiecesInterrupted", "sendmsg", "EINTR", "1+2"},
    Fault{"PollNoMemory", "epoll_ctl", "ENOMEM", "3+5"}, Fault{"PollInterrupted", "epoll_wait", "EINTR", "1+3"},
    Fault{"OptionRefused", "setsockopt", "ENOMEM", "1+2"}, Fault{"ShutdownNotConnected", "shutdown", "ENOTCONN", "1+2"},
    Fault{"FilesNoDescriptor", "openat", "EMFILE", "1+2"}, Fault{"FilesUnreadable", "read", "EIO", "2+3"}), name_of);

// Nothing changes when the disk is well again, so nothing tells of it.
TEST(FailingFiles, AreTriedAgain) {
  Serving serving(service_at("shop", 9001) + ingress_for(host, "shop", "nginx.ingress.kubernetes.io/ssl-redirect: \"false\""));
  ASSERT_TRUE(serving.is_ready());
  serving.write("more.yaml", "");
  Injection injection(serving.weir().pid(), {"", "read", "EIO", "1+1"}, serving.manifests() / "more.yaml");
  if (!injection.is_attached(serving.weir().pid())) GTEST_SKIP() << "one process may not trace another here";
  serving.write("more.yaml", ingress_for("more.example.com", "shop"));
  EXPECT_TRUE(support::eventually([&] { return injection.has_injected(); }));
  EXPECT_EQ(serving.get(host, "/").status, 200) << serving.weir().log();
  injection.stop();
  EXPECT_TRUE(support::eventually([&] { return serving.get("more.example.com", "/").status == 200; })) << serving.weir().log();
  EXPECT_EQ(serving.weir().stop(), 0) << serving.weir().log();
}

TEST(FailingLog, OnAFullDiskCostsNoRequest) {
  support::EchoServer shop{"shop"};
  support::TemporaryDirectory manifests;
  manifests.write("shop.yaml", service_at("shop", shop.port()) + ingress_for(host, "shop"));
  support::WeirProcess weir(manifests.path(), {}, {"sh", "-c", "exec \"$@\" >/dev/full", "sh"});
  ASSERT_TRUE(weir.wait_until_ready()) << weir.log();
  httplib::Client client("127.0.0.1", weir.http_port());
  for (int i = 0; i < 2000; ++i) {  // more lines than the buffer of a log holds
    const auto result = client.Get("/", httplib::Headers{{"Host", host}});
    ASSERT_TRUE(result && result->status == 200) << i;
  }
  EXPECT_EQ(weir.stop(), 0) << weir.log();
}

class FailingStart : public testing::TestWithParam<Fault> {};

TEST_P(FailingStart, EndsWithAReasonOrServes) {
  support::TemporaryDirectory manifests, report;
  manifests.write("shop.yaml", service_at("shop", 9001) + ingress_for(host, "shop"));
  // A build with AddressSanitizer could not look for leaks while it is traced, and would end with an error.
  const char* const sanitizer = std::getenv("ASAN_OPTIONS");
  std::vector<std::string> runner{"env", std::string{"ASAN_OPTIONS="} + (sanitizer ? sanitizer : "") + ":detect_leaks=0"};
  const auto strace = strace_words(GetParam(), report.path() / "calls");
  runner.insert(runner.end(), strace.begin(), strace.end());
  support::WeirProcess weir(manifests.path(), {}, runner);
  if (weir.wait_until_ready()) {
    if (GetParam().error == std::string{"ENOSPC"}) EXPECT_NE(weir.log().find("raise fs.inotify.max_user_watches"), std::string::npos) << weir.log();
    EXPECT_EQ(weir.stop(), 0) << weir.log();
    return;
  }
  if (weir.log().find("ptrace") != std::string::npos) GTEST_SKIP() << "one process may not trace another here";
  EXPECT_EQ(weir.wait_for_exit(), 1) << weir.log();
  EXPECT_FALSE(weir.log().empty());
}

INSTANTIATE_TEST_SUITE_P(Each, FailingStart, testing::Values(
    Fault{"NoEpoll", "epoll_create1", "EMFILE", "1"}, Fault{"NoSecondEpoll", "epoll_create1", "EMFILE", "2"},
    Fault{"NoThirdEpoll", "epoll_create1", "EMFILE", "3"}, Fault{"NoEvent", "eventfd2", "EMFILE", "1"},
    Fault{"NoTimer", "timerfd_create", "EMFILE", "1"}, Fault{"NoSocket", "socket", "EMFILE", "1"},
    Fault{"NoSecondSocket", "socket", "EMFILE", "2"}, Fault{"NoThirdSocket", "socket", "EMFILE", "3"},
    Fault{"PortTaken", "bind", "EADDRINUSE", "1"}, Fault{"SecondPortTaken", "bind", "EADDRINUSE", "2"},
    Fault{"PortForbidden", "bind", "EACCES", "3"}, Fault{"NoListening", "listen", "EADDRINUSE", "1"},
    Fault{"NoSecondListening", "listen", "EADDRINUSE", "2"}, Fault{"NoThread", "clone3", "EAGAIN", "1"},
    Fault{"NoSecondThread", "clone3", "EAGAIN", "2"}, Fault{"NoThirdThread", "clone3", "EAGAIN", "3"},
    Fault{"NoWatching", "inotify_init1", "EMFILE", "1"}, Fault{"NoWatch", "inotify_add_watch", "ENOSPC", "1"}),
    name_of);

}  // namespace
}  // namespace e2e
