// The small parts of the API client: cutting JSON, failures, waiting, addresses, references to Secrets.
#include "controller/kube/api/failure.hpp"
#include "controller/kube/backoff.hpp"
#include "controller/kube/inbox.hpp"
#include "controller/kube/object_splitter.hpp"
#include "controller/kube/resources.hpp"
#include "controller/kube/secret_references.hpp"

#include <gmock/gmock.h>

#include <string>
#include <vector>

using namespace controller::kube;
using testing::ElementsAre;
using testing::UnorderedElementsAre;

namespace {

// The objects of a text that arrives in pieces of that size.
std::vector<std::string> cut(ObjectSplitter& splitter, const std::string& text, std::size_t piece) {
  std::vector<std::string> objects;
  for (std::size_t at = 0; at < text.size(); at += piece)
    EXPECT_TRUE(splitter.feed(std::string_view{text}.substr(at, piece), [&objects](std::string_view object) {
      objects.emplace_back(object);
      return true;
    }));
  return objects;
}

}  // namespace

TEST(ObjectSplitter, CutsASequenceWhereverItIsBroken) {
  const std::string a = R"({"s":"} \" { \\","o":{"x":[1,{}]}})", b = "{}";
  for (std::size_t piece = 1; piece < 40; ++piece) {
    ObjectSplitter splitter{ObjectSplitter::Form::sequence};
    EXPECT_THAT(cut(splitter, a + "\n" + b + "\n" + a, piece), ElementsAre(a, b, a)) << piece;
  }
}

TEST(ObjectSplitter, CutsTheItemsOutOfAList) {
  const std::string a = R"({"metadata":{"name":"a","x":[{"y":1}]}})", b = R"({"b":"]}"})";
  const std::string list = R"({"kind":"List","metadata":{"n":{"m":1},"l":[{}]},"items":[)" + a + "," + b + R"(],"z":1})";
  for (std::size_t piece = 1; piece < 60; ++piece) {
    ObjectSplitter splitter{ObjectSplitter::Form::list};
    EXPECT_THAT(cut(splitter, list, piece), ElementsAre(a, b)) << piece;
    EXPECT_TRUE(splitter.is_complete());
    EXPECT_EQ(splitter.envelope(), R"({"kind":"List","metadata":{"n":{"m":1},"l":[{}]},"items":[],"z":1})");
  }
}

TEST(ObjectSplitter, HasLimits) {
  ObjectSplitter splitter{ObjectSplitter::Form::sequence};
  const std::string piece(1024 * 1024, 'x');
  const auto take = [](std::string_view) { return true; };
  bool is_good = splitter.feed("{\"a\":\"", take);
  std::size_t pieces = 0;
  while (is_good && pieces < 100) is_good = splitter.feed(piece, take), ++pieces;
  EXPECT_FALSE(is_good);
  EXPECT_EQ(pieces, ObjectSplitter::max_object_bytes / piece.size());
  ObjectSplitter unopened{ObjectSplitter::Form::sequence};
  EXPECT_FALSE(unopened.feed("}", take));
}

TEST(Failure, IsWhatTheServerSays) {
  const Failure forbidden = failure_of(403, R"({"kind":"Status","message":"pods is forbidden","code":403})");
  EXPECT_EQ(forbidden.kind, Failure::Kind::forbidden);
  EXPECT_EQ(forbidden.text, "the server answers 403: pods is forbidden");
  const Failure busy = failure_of(429, R"({"kind":"Status","details":{"retryAfterSeconds":7}})");
  EXPECT_EQ(busy.kind, Failure::Kind::busy);
  EXPECT_EQ(busy.retry_after, std::chrono::seconds{7});
  EXPECT_EQ(failure_of(404, "no JSON\x1b[1m\n").text, "the server answers 404: no JSON [1m");
  EXPECT_EQ(failure_of(422, "").kind, Failure::Kind::refused);
  EXPECT_EQ(failure_of(200, "").kind, Failure::Kind::malformed);
}

TEST(Backoff, GrowsToItsLimit) {
  Backoff backoff;
  const Failure busy{Failure::Kind::busy, 500, "", {}};
  EXPECT_LE(backoff.next(busy), Backoff::shortest * 5 / 4);
  std::chrono::milliseconds last{};
  for (int i = 0; i < 20; ++i) last = backoff.next(busy);
  EXPECT_GE(last, Backoff::longest * 3 / 4);
  EXPECT_LE(last, Backoff::longest);
  backoff.reset();
  EXPECT_LE(backoff.next(busy), Backoff::shortest * 5 / 4);
  EXPECT_GE(backoff.next({Failure::Kind::busy, 429, "", std::chrono::seconds{9}}), std::chrono::seconds{9});
}

TEST(Backoff, LooksOftenForAServerThatIsAway) {
  Backoff backoff;
  const Failure away{Failure::Kind::unreachable, 0, "", {}}, busy{Failure::Kind::busy, 503, "", {}};
  for (int i = 0; i < 20; ++i) EXPECT_LE(backoff.next(away), Backoff::longest_unreachable);
  EXPECT_LE(backoff.next(busy), Backoff::shortest * 5 / 4) << "it is back, and will soon be whole";
}

TEST(Resources, HavePaths) {
  EXPECT_EQ(path_of(services, ""), "/api/v1/services");
  EXPECT_EQ(path_of(ingresses, "shop"), "/apis/networking.k8s.io/v1/namespaces/shop/ingresses");
  EXPECT_EQ(path_of(secrets, "a/b", "c d"), "/api/v1/namespaces/a%2Fb/secrets/c%20d");
}

TEST(Resources, AreThoseThatTheFlagsAskFor) {
  controller::Options options;
  const auto names = [&options] {
    std::vector<std::string> all;
    for (const Watched& one : watched_by(options)) all.push_back(one.path() + (one.field_selector.empty() ? "" : "?" + one.field_selector));
    return all;
  };
  options.config_map = "sys/conf";
  options.default_ssl_certificate = "sys/cert";
  EXPECT_THAT(names(), ElementsAre("/apis/networking.k8s.io/v1/ingresses", "/apis/networking.k8s.io/v1/ingressclasses", "/api/v1/services",
                                   "/apis/discovery.k8s.io/v1/endpointslices", "/api/v1/secrets?type!=helm.sh/release.v1", "/api/v1/namespaces",
                                   "/api/v1/namespaces/sys/configmaps?metadata.name=conf"));
  options.watch_namespace = "shop";
  options.default_backend_service = "sys/errors";
  EXPECT_THAT(names(), ElementsAre("/apis/networking.k8s.io/v1/namespaces/shop/ingresses", "/apis/networking.k8s.io/v1/ingressclasses",
                                   "/api/v1/namespaces/shop/services", "/apis/discovery.k8s.io/v1/namespaces/shop/endpointslices",
                                   "/api/v1/namespaces/shop/secrets?type!=helm.sh/release.v1", "/api/v1/namespaces/sys/configmaps?metadata.name=conf",
                                   "/api/v1/namespaces/sys/secrets?metadata.name=cert", "/api/v1/namespaces/sys/services?metadata.name=errors",
                                   "/apis/discovery.k8s.io/v1/namespaces/sys/endpointslices"));
}

TEST(SecretReferences, CountWhoNamesThem) {
  SecretReferences references{"nginx.ingress.kubernetes.io"};
  Ingress ingress;
  ingress.metadata.object_namespace = "shop";
  ingress.metadata.name = "a";
  ingress.tls = {{{"a.test"}, "cert"}, {{"b.test"}, ""}};
  ingress.metadata.annotations = {{"nginx.ingress.kubernetes.io/auth-secret", "users"}, {"nginx.ingress.kubernetes.io/auth-tls-secret", "pki/ca"}};
  EXPECT_THAT(references.set(ingress).added, UnorderedElementsAre(Key{"shop", "cert"}, Key{"shop", "users"}, Key{"pki", "ca"}));
  Ingress other = ingress;
  other.metadata.name = "b";
  other.metadata.annotations = {};
  EXPECT_TRUE(references.set(other).added.empty());
  ingress.metadata.annotations.clear();
  EXPECT_THAT(references.set(ingress).removed, UnorderedElementsAre(Key{"shop", "users"}, Key{"pki", "ca"}));
  EXPECT_TRUE(references.erase({"shop", "a"}).removed.empty());
  EXPECT_TRUE(references.contains({"shop", "cert"}));
  EXPECT_THAT(references.erase({"shop", "b"}).removed, UnorderedElementsAre(Key{"shop", "cert"}));
  EXPECT_FALSE(references.contains({"shop", "cert"}));
}

TEST(Inbox, HoldsBackWhatIsNotWhole) {
  Inbox inbox;
  EXPECT_FALSE(inbox.take().is_new);
  inbox.hold();
  inbox.put({ObjectChange{{}, 0, {"shop", "web"}}});
  EXPECT_FALSE(inbox.take().is_new);
  EXPECT_LE(inbox.until_release(), Inbox::longest_hold);
  inbox.release();
  const Inbox::Taken taken = inbox.take();
  EXPECT_TRUE(taken.is_new);
  EXPECT_EQ(taken.changes.size(), 1u);
  EXPECT_FALSE(inbox.take().is_new);
}
