// The resolver against a name server of the test's own.
#include "controller/dns_resolver.hpp"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <condition_variable>
#include <map>
#include <mutex>
#include <string>
#include <thread>

using controller::DnsResolver;
using namespace std::chrono_literals;

namespace {

// Answers questions for A and AAAA over UDP on loopback, with a time to live of a second. Of one label it takes the first
// name only, which is all the tests need: what is asked is "name.test".
class NameServer {
 public:
  NameServer() {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    if (::bind(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) ADD_FAILURE() << "no free UDP port";
    ::getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &length);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread{[this] { serve(); }};
  }
  ~NameServer() {
    stopping_ = true;
    ::shutdown(socket_, SHUT_RDWR);
    thread_.join();
    ::close(socket_);
  }

  void set(const std::string& label, std::vector<std::string> addresses) {
    const std::lock_guard lock{mutex_};
    names_[label] = std::move(addresses);
  }
  [[nodiscard]] std::string address() const { return "127.0.0.1:" + std::to_string(port_); }

 private:
  static std::string u16(std::size_t value) { return {static_cast<char>(value >> 8), static_cast<char>(value)}; }

  std::string reply_to(const std::string& question) {
    constexpr std::size_t header = 12;
    const std::size_t end = question.find('\0', header);
    if (end == std::string::npos || end + 5 > question.size()) return {};
    const std::string label = question.substr(header + 1, static_cast<unsigned char>(question[header]));
    const bool is_v6 = question[end + 2] == 28;
    std::string answers;
    std::size_t count = 0;
    const std::lock_guard lock{mutex_};
    for (const std::string& text : names_[label]) {
      unsigned char bytes[16];
      if (::inet_pton(is_v6 ? AF_INET6 : AF_INET, text.c_str(), bytes) != 1) continue;
      const std::size_t size = is_v6 ? 16 : 4;
      answers += "\xc0\x0c" + u16(is_v6 ? 28 : 1) + u16(1) + u16(0) + u16(1) + u16(size) + std::string{reinterpret_cast<char*>(bytes), size};
      ++count;
    }
    const std::size_t flags = names_[label].empty() ? 0x8183 : 0x8180;  // no such name, or an answer
    return question.substr(0, 2) + u16(flags) + u16(1) + u16(count) + u16(0) + u16(0) + question.substr(header, end + 5 - header) + answers;
  }

  void serve() {
    while (!stopping_) {
      pollfd polled{socket_, POLLIN, 0};
      if (::poll(&polled, 1, 50) <= 0) continue;
      char buffer[1500];
      sockaddr_in from{};
      socklen_t length = sizeof from;
      const ssize_t bytes = ::recvfrom(socket_, buffer, sizeof buffer, 0, reinterpret_cast<sockaddr*>(&from), &length);
      if (bytes < 17) continue;
      const std::string reply = reply_to({buffer, static_cast<std::size_t>(bytes)});
      (void)!::sendto(socket_, reply.data(), reply.size(), 0, reinterpret_cast<sockaddr*>(&from), length);
    }
  }

  int socket_ = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  std::uint16_t port_ = 0;
  std::atomic<bool> stopping_{false};
  std::mutex mutex_;
  std::map<std::string, std::vector<std::string>> names_;
  std::thread thread_;
};

class DnsResolverTest : public testing::Test {
 protected:
  // Waits until the answer for the name is as wanted.
  template <typename Condition>
  bool eventually(const std::string& name, Condition condition) {
    std::unique_lock lock{mutex};
    return changed.wait_for(lock, 10s, [&] { return condition(resolver.answers()[name]); });
  }

  NameServer server;
  std::mutex mutex;
  std::condition_variable changed;
  DnsResolver resolver{[this] {
    const std::lock_guard lock{mutex};
    changed.notify_all();
  }, server.address()};
};

using Texts = std::vector<std::string>;

}  // namespace

TEST_F(DnsResolverTest, ResolvesBothFamilies) {
  server.set("partner", {"192.0.2.2", "192.0.2.1", "2001:db8::1"});
  resolver.want({"partner.test"});
  EXPECT_TRUE(eventually("partner.test", [](const auto& answer) { return answer.addresses == Texts{"192.0.2.1", "192.0.2.2", "2001:db8::1"} && answer.refused.empty(); }));
}

TEST_F(DnsResolverTest, LeavesOutWhatLeadsToThisMachineAndHealsWithTheAnswer) {
  server.set("inside", {"127.0.0.1", "169.254.169.254", "0.0.0.0", "::1", "fe80::1", "::ffff:127.0.0.1"});
  resolver.want({"inside.test"});
  EXPECT_TRUE(eventually("inside.test", [](const auto& answer) { return answer.addresses.empty() && answer.refused.size() == 6; }));
  server.set("inside", {"127.0.0.1", "192.0.2.7"});
  EXPECT_TRUE(eventually("inside.test", [](const auto& answer) { return answer.addresses == Texts{"192.0.2.7"} && answer.refused == Texts{"127.0.0.1 (loopback)"}; }));
}

TEST_F(DnsResolverTest, AGoodNameThatTurnsBadLosesItsAddresses) {
  server.set("turn", {"192.0.2.7"});
  resolver.want({"turn.test"});
  EXPECT_TRUE(eventually("turn.test", [](const auto& answer) { return answer.addresses.size() == 1; }));
  server.set("turn", {"127.0.0.1"});
  EXPECT_TRUE(eventually("turn.test", [](const auto& answer) { return answer.addresses.empty() && answer.refused.size() == 1; }));
}

TEST_F(DnsResolverTest, SaysWhatDoesNotResolveUntilItDoes) {
  resolver.want({"late.test"});
  EXPECT_TRUE(eventually("late.test", [](const auto& answer) { return answer.failure == "does not resolve"; }));
  server.set("late", {"192.0.2.9"});
  EXPECT_TRUE(eventually("late.test", [](const auto& answer) { return answer.addresses == Texts{"192.0.2.9"} && answer.failure.empty(); }));
}

TEST(DnsAnswers, TheHostsFileMaySayLoopbackButNothingElseThatIsSpecial) {
  const auto judged = DnsResolver::judge("backend", {"127.0.1.1", "169.254.169.254", "0.0.0.0"}, DnsResolver::Source::hosts_file);
  EXPECT_EQ(judged.addresses, Texts{"127.0.1.1"});
  EXPECT_EQ(judged.refused, (Texts{"0.0.0.0 (unspecified)", "169.254.169.254 (link-local)"}));
  EXPECT_TRUE(DnsResolver::judge("127.0.0.1", {"127.0.0.1"}, DnsResolver::Source::hosts_file).addresses.empty());
}

TEST(DnsAnswers, AreBoundedInNumber) {
  std::vector<std::string> many;
  for (int i = 0; i < 200; ++i) many.push_back("10.0.0." + std::to_string(i));
  EXPECT_EQ(DnsResolver::judge("many.test", many, DnsResolver::Source::dns).addresses.size(), DnsResolver::max_addresses);
}
