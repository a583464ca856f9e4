// An API server for tests, over TLS on loopback: lists in pages or as a stream, watches, writes, and every way to be in the way.
//
//   FakeKubeApi api;
//   api.apply(test::service("web") + test::ingress({}));
//   files.write("config", api.kubeconfig());
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace support {

class FakeKubeApi {
 public:
  FakeKubeApi();  // it listens; throws std::runtime_error when it cannot
  ~FakeKubeApi();
  FakeKubeApi(const FakeKubeApi&) = delete;
  FakeKubeApi& operator=(const FakeKubeApi&) = delete;

  [[nodiscard]] std::uint16_t port() const noexcept;
  [[nodiscard]] std::string url() const;
  [[nodiscard]] const std::string& authority_pem() const;
  // With the authority and the token in it.
  [[nodiscard]] std::string kubeconfig() const;

  // Objects as YAML, new or changed; all of a text are one moment to a list.
  void apply(const std::string& yaml);
  void remove(const std::string& plural, const std::string& object_namespace, const std::string& name);
  // A member of an object ("spec", "status") as JSON; "" when there is none.
  [[nodiscard]] std::string text_of(const std::string& plural, const std::string& object_namespace, const std::string& name, const std::string& member) const;
  // All objects of a kind as JSON.
  [[nodiscard]] std::vector<std::string> texts_of(const std::string& plural) const;
  // A number that has nothing to do with any object: status, heartbeats. Touches the object only in what nobody reads.
  void touch(const std::string& plural, const std::string& object_namespace, const std::string& name);

  void stop();                  // every connection breaks, and there are no new ones
  void start();                 // on the same port, with the same objects
  void cut();                   // every connection breaks
  void end_watches();           // in good order, as after timeoutSeconds
  void freeze(bool is_frozen);  // nothing is answered, nothing is closed
  void compact();               // watches from before are too old
  // As restored from a backup: what has changed since version() was that number is undone and forgotten.
  [[nodiscard]] std::uint64_t version() const;
  void go_back_to(std::uint64_t version);

  void stream_lists(bool is_offered);
  void limit_pages(std::size_t objects);
  void expire_next_page();      // the next request with a continue token gets 410
  void set_token(const std::string& token);
  void rotate_authority();      // before start()
  // "ingresses", or "ingresses/status".
  void forbid(const std::string& plural, bool is_forbidden = true);
  void fail_with(int status);   // of every request; 0: no longer
  void refuse_writes(const std::string& plural, int status);

  // "GET /api/v1/services?limit=500", in the order of their arrival.
  [[nodiscard]] std::vector<std::string> requests() const;
  [[nodiscard]] std::size_t requests_with(const std::string& part) const;
  [[nodiscard]] std::size_t open_watches() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace support
