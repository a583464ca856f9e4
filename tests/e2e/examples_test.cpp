// Each file of deploy/examples does what its comment says.
#include "tests/e2e/serving.hpp"

#include <gtest/gtest.h>
#include <netdb.h>
#include <unistd.h>

#include <csignal>

namespace e2e {
namespace {

std::string example(const std::string& name) { return support::read_repository_file("deploy/examples/" + name + ".yaml"); }

TEST(Examples, SingleServiceIsReachedByItsHost) {
  Serving serving(example("single-service"));
  ASSERT_TRUE(serving.is_ready());
  const auto answer = serving.get("shop.example.com", "/items?page=2");
  EXPECT_EQ(answer.status, 200) << answer.error;
  EXPECT_EQ(answer.server, "shop");
  EXPECT_EQ(answer.target, "/items?page=2");
  EXPECT_EQ(answer.headers.at("host"), "shop.example.com");
  EXPECT_EQ(serving.get("other.example.com", "/").status, 404);
  EXPECT_EQ(serving.weir().stop(), 0) << serving.weir().output();
}

TEST(Examples, HostsGoToTheirServicesAndTheWildcardTakesOneLabel) {
  Serving serving(example("routing-by-host"));
  ASSERT_TRUE(serving.is_ready());
  EXPECT_EQ(serving.get("shop.example.com", "/").server, "shop");
  EXPECT_EQ(serving.get("blog.example.com", "/").server, "blog");
  EXPECT_EQ(serving.get("eu.shop.example.com", "/").server, "shop");
  EXPECT_EQ(serving.get("a.eu.shop.example.com", "/").status, 404);
}

TEST(Examples, PathsAreRewrittenByTheirCaptures) {
  Serving serving(example("routing-by-path"));
  ASSERT_TRUE(serving.is_ready());
  const auto item = serving.get("apps.example.com", "/shop/items/7?a=1");
  EXPECT_EQ(item.server, "shop");
  EXPECT_EQ(item.target, "/items/7?a=1");
  EXPECT_EQ(serving.get("apps.example.com", "/shop").target, "/");
  EXPECT_EQ(serving.get("apps.example.com", "/blog/posts").server, "blog");
  EXPECT_EQ(serving.get("apps.example.com", "/shopping").status, 404);
}

TEST(Examples, ExactStandsBesidePrefix) {
  Serving serving(example("exact-beside-prefix"));
  ASSERT_TRUE(serving.is_ready());
  EXPECT_EQ(serving.get("shop.example.com", "/status").server, "blog");
  EXPECT_EQ(serving.get("shop.example.com", "/status/").server, "shop");
  EXPECT_EQ(serving.get("shop.example.com", "/status/disk").server, "shop");
  EXPECT_EQ(serving.get("shop.example.com", "/status/blog/x").server, "blog");
  EXPECT_EQ(serving.get("shop.example.com", "/statuses").server, "shop");
}

TEST(Examples, TlsComesFromTheSecretAlsoWhenItArrivesLater) {
  const support::CertificateAuthority authority;
  Serving serving(example("tls"));
  ASSERT_TRUE(serving.is_ready());
  EXPECT_EQ(serving.get_tls("shop.example.com", "/", authority.certificate_pem()).status, 0) << "self-signed so far";

  serving.write("secret.yaml", support::tls_secret_manifest("shop-example-com", authority.issue({"shop.example.com"})));
  Answer answer;
  EXPECT_TRUE(support::eventually([&] {
    answer = serving.get_tls("shop.example.com", "/account", authority.certificate_pem());
    return answer.status == 200;
  })) << answer.error << serving.weir().log();
  EXPECT_EQ(answer.server, "shop");
  EXPECT_EQ(answer.headers["x-forwarded-proto"], "https");

  const auto redirect = serving.get("shop.example.com", "/account");
  EXPECT_EQ(redirect.status, 308);
  EXPECT_EQ(redirect.location, "https://shop.example.com/account");
}

TEST(Examples, DefaultBackendsTakeWhatIsLeft) {
  Serving serving(example("default-backend"));
  ASSERT_TRUE(serving.is_ready());
  EXPECT_EQ(serving.get("shop.example.com", "/items").server, "shop");
  EXPECT_EQ(serving.get("shop.example.com", "/other").server, "blog");
  EXPECT_EQ(serving.get("nobody.example.com", "/").server, "shop");
}

TEST(Examples, ExternalNameIsResolved) {
  // A name that leads to the backends of the test: this machine's own, where the machine knows it.
  char name[256] = "";
  ::gethostname(name, sizeof name - 1);
  const hostent* const known = ::gethostbyname(name);
  if (!known || known->h_addrtype != AF_INET || known->h_addr_list[0][0] != 127) GTEST_SKIP() << "no name but localhost leads to loopback here";
  std::string manifest = example("external-name");
  manifest.replace(manifest.find("partner.example.net"), std::string{"partner.example.net"}.size(), name);
  Serving serving(manifest);
  ASSERT_TRUE(serving.is_ready());
  Answer answer;
  EXPECT_TRUE(support::eventually([&] {
    answer = serving.get("partner.example.com", "/");
    return answer.status == 200;
  })) << answer.status << serving.weir().log();
  EXPECT_EQ(answer.server, "shop");
  EXPECT_EQ(answer.headers["host"], "partner.example.com");
}

TEST(Examples, HeadlessServiceIsRoutedToItsEndpoints) {
  Serving serving(example("headless-service"));
  ASSERT_TRUE(serving.is_ready());
  EXPECT_EQ(serving.get("shop.example.com", "/").server, "shop");
}

TEST(Examples, NamedPortsAreFollowedToTheSlice) {
  Serving serving(example("named-port"));
  ASSERT_TRUE(serving.is_ready());
  EXPECT_EQ(serving.get("shop.example.com", "/").server, "shop");
  EXPECT_EQ(serving.get("shop.example.com", "/metrics").server, "blog");
}

}  // namespace
}  // namespace e2e
