#include "controller/reconciler.hpp"

#include "tests/support/child_process.hpp"
#include "tests/support/make_certificate.hpp"
#include "tests/support/temporary_directory.hpp"
#include "tests/support/translate_yaml.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <mutex>
#include <set>
#include <string>
#include <vector>

namespace {

// Everything the reconciler reports, to be waited for.
class Recorder final : public controller::Observer {
 public:
  void on_published(std::uint64_t, std::chrono::nanoseconds) override {}
  void on_diagnostic(const routing::Diagnostic& d) override { note([&] { holding.insert(routing::to_line(d)); }); }
  void on_healed(const routing::Diagnostic& d) override { note([&] { holding.erase(routing::to_line(d)); }); }
  void on_notice(const std::string& text) override { note([&] { notices.push_back(text); }); }
  void on_problems(const std::vector<std::string>&) override {}
  void publish(std::shared_ptr<const routing::Snapshot> next) {
    note([&] {
      snapshot = std::move(next);
      ++publishes;
    });
  }

  template <typename Condition>
  bool eventually(Condition condition) {
    std::unique_lock lock{mutex};
    return changed.wait_for(lock, std::chrono::seconds{10}, condition);
  }

  std::set<std::string> holding;
  std::vector<std::string> notices;
  std::shared_ptr<const routing::Snapshot> snapshot;
  int publishes = 0;

 private:
  template <typename Change>
  void note(Change change) {
    {
      const std::lock_guard lock{mutex};
      change();
    }
    changed.notify_all();
  }

  std::mutex mutex;
  std::condition_variable changed;
};

class ReconcilerTest : public testing::Test {
 protected:
  void start() {
    controller::Options options;
    options.manifests = files.path();
    reconciler = std::make_unique<controller::Reconciler>(options, recorder, [this](auto snapshot) { recorder.publish(std::move(snapshot)); });
    ASSERT_TRUE(reconciler->start().ok);
    ASSERT_TRUE(recorder.eventually([this] { return recorder.publishes == 1; }));
  }

  support::TemporaryDirectory files;
  Recorder recorder;
  std::unique_ptr<controller::Reconciler> reconciler;
};

}  // namespace

TEST_F(ReconcilerTest, TellsWhatIsMissingAndThatItHasHealed) {
  files.write("i.yaml", test::ingress({}));
  start();
  EXPECT_TRUE(recorder.eventually([this] { return recorder.holding.size() == 1; }));

  files.write("s.yaml", test::service("web"));

  EXPECT_TRUE(recorder.eventually([this] { return recorder.holding.empty() && recorder.publishes >= 2; }));
  EXPECT_EQ(recorder.snapshot->upstreams->groups[0]->endpoints.size(), 1u);
}

TEST_F(ReconcilerTest, PublishesNothingThatIsEqual) {
  files.write("a.yaml", test::service("web") + test::ingress({}));
  start();
  files.write("a.yaml", "# a comment\n" + test::service("web") + test::ingress({}));
  files.write("b.yaml", test::service("web2") + test::ingress({.name = "two", .host = "b.test", .service = "web2"}));
  EXPECT_TRUE(recorder.eventually([this] { return recorder.snapshot->routes->hosts.size() == 2; }));
  EXPECT_EQ(recorder.publishes, 2);
}

TEST_F(ReconcilerTest, FreesWhatWasReplaced) {
  files.write("a.yaml", test::service("web", {"10.0.0.1"}) + test::ingress({}));
  start();
  const std::weak_ptr<const routing::Snapshot> first = recorder.snapshot;
  files.write("b.yaml", "a: [");
  EXPECT_TRUE(recorder.eventually([this] { return recorder.holding.size() == 1; })) << "looked at, and nothing is another";
  files.write("a.yaml", test::service("web", {"10.0.0.2"}) + test::ingress({}));
  EXPECT_TRUE(recorder.eventually([this] { return recorder.publishes == 2; }));
  EXPECT_TRUE(support::eventually([&first] { return first.expired(); }));
}

TEST_F(ReconcilerTest, TellsThatACertificateHasExpiredWhenItDoes) {
  const auto pem = tls::testing::make_certificate({.names = {"a.test", "b.test"}, .days = 0, .seconds = 3});
  const auto block = [](const std::string& name, const std::string& text) {
    std::string lines = "  " + name + ": |\n    ";
    for (const char c : text) lines += c == '\n' ? "\n    " : std::string{c};
    return lines + "\n";
  };
  std::string without_hosts = test::ingress({.name = "two", .host = "b.test", .tls_secret = "pair"});
  without_hosts.replace(without_hosts.find("hosts: ['b.test'], "), 19, "");
  files.write("a.yaml", test::service("web") + test::ingress({.tls_secret = "pair"}) + without_hosts + "---\napiVersion: v1\nkind: Secret\nmetadata: {name: pair}\nstringData:\n" +
                            block("tls.crt", pem.chain) + block("tls.key", pem.key));
  start();
  const auto has_expired = [](const std::string& line) { return line.find("has expired") != std::string::npos; };
  EXPECT_TRUE(recorder.eventually([&] { return recorder.holding.size() == 2 && std::all_of(recorder.holding.begin(), recorder.holding.end(), has_expired); }));
}

// So many that each time of telling is followed by a rest.
TEST_F(ReconcilerTest, TellsEverythingInTheEndHoweverMuchItIs) {
  constexpr std::size_t many = 2000;
  std::string text = test::service("web");
  for (std::size_t i = 0; i < many; ++i) text += test::ingress({.name = "i" + std::to_string(i), .host = "h" + std::to_string(i) + ".test", .annotations = {{"no-such-thing", "x"}}});
  files.write("many.yaml", text);
  start();
  ASSERT_TRUE(recorder.eventually([&] { return recorder.holding.size() == many; }));
  const auto broken = [](int i) { return test::ingress({.name = "more" + std::to_string(i), .host = "more" + std::to_string(i) + ".test", .service = "absent"}); };
  for (int i = 0; i < 5; ++i) files.write("more" + std::to_string(i) + ".yaml", broken(i));
  EXPECT_TRUE(recorder.eventually([&] { return recorder.holding.size() == many + 5; }));
  for (int i = 0; i < 5; ++i) files.remove("more" + std::to_string(i) + ".yaml");
  EXPECT_TRUE(recorder.eventually([&] { return recorder.holding.size() == many; }));

  int publishes = 0;
  ASSERT_TRUE(recorder.eventually([&] { return (publishes = recorder.publishes) > 0; }));
  files.write("last.yaml", broken(9));
  ASSERT_TRUE(recorder.eventually([&] { return recorder.publishes > publishes; }));
  reconciler.reset();
  EXPECT_EQ(recorder.holding.size(), many + 1) << "what is due at the end";
}

TEST_F(ReconcilerTest, SharesTheRoutesWhenOnlyEndpointsChange) {
  files.write("a.yaml", test::service("web", {"10.0.0.1"}) + test::ingress({}));
  start();
  const auto routes = recorder.snapshot->routes;
  files.write("a.yaml", test::service("web", {"10.0.0.2"}) + test::ingress({}));
  EXPECT_TRUE(recorder.eventually([this] { return recorder.publishes == 2; }));
  EXPECT_EQ(recorder.snapshot->routes, routes);
  EXPECT_EQ(recorder.snapshot->upstreams->groups[0]->endpoints[0].address, "10.0.0.2");
}

TEST_F(ReconcilerTest, SaysWhenThereIsNothingToRead) {
  controller::Options options;
  options.manifests = (files.path() / "missing").string();
  controller::Reconciler missing{options, recorder, [](auto) {}};
  const auto started = missing.start();
  EXPECT_FALSE(started.ok);
  EXPECT_NE(started.error.find("missing"), std::string::npos);
}

TEST_F(ReconcilerTest, TellsOfSkippedKindsOnceAFile) {
  const std::string deployment = "---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: d}\n";
  files.write("a.yaml", deployment + deployment + test::service("web") + test::ingress({}));
  start();
  EXPECT_TRUE(recorder.eventually([this] { return recorder.notices.size() == 1; }));
  EXPECT_EQ(recorder.notices[0], "a.yaml holds objects of kind apps/v1 Deployment, which are not read here: skipped");
  files.write("a.yaml", deployment + test::service("web", {"10.0.0.9"}) + test::ingress({}));
  EXPECT_TRUE(recorder.eventually([this] { return recorder.publishes == 2; }));
  files.write("b.yaml", "a: 1\n");
  EXPECT_TRUE(recorder.eventually([this] { return recorder.notices.size() == 2; }));
  EXPECT_EQ(recorder.notices[1], "b.yaml holds something that is no Kubernetes object: skipped");
}

TEST_F(ReconcilerTest, AVanishedDirectoryEmptiesNothingAndHeals) {
  files.write("m/a.yaml", test::service("web") + test::ingress({}));
  controller::Options options;
  options.manifests = files.path() / "m";
  reconciler = std::make_unique<controller::Reconciler>(options, recorder, [this](auto snapshot) { recorder.publish(std::move(snapshot)); });
  ASSERT_TRUE(reconciler->start().ok);
  ASSERT_TRUE(recorder.eventually([this] { return recorder.publishes == 1; }));
  std::filesystem::remove_all(files.path() / "m");
  ASSERT_TRUE(recorder.eventually([this] { return recorder.holding.size() == 1; }));
  EXPECT_NE(recorder.holding.begin()->find("stay in force"), std::string::npos);
  EXPECT_EQ(recorder.publishes, 1);
  files.write("m/a.yaml", test::service("web", {"10.0.0.9"}) + test::ingress({}));
  EXPECT_TRUE(recorder.eventually([this] { return recorder.holding.empty() && recorder.publishes == 2; }));
}
