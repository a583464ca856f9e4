// Addresses of ExternalName Services: asked again when their time to live is over, the last good answer kept while DNS fails.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace controller {

// Has a thread of its own; every member may be called from any thread.
class DnsResolver {
 public:
  static constexpr std::chrono::seconds min_ttl{1};      // also the wait after a failure
  static constexpr std::chrono::seconds max_ttl{300};
  static constexpr std::size_t max_addresses = 64;        // of one name
  static constexpr std::chrono::seconds query_timeout{5};

  using Answers = std::map<std::string, std::vector<std::string>>;  // name -> numeric addresses, sorted

  // `on_change` is called on the resolver's thread when an answer differs from the one before.
  explicit DnsResolver(std::function<void()> on_change);
  ~DnsResolver();
  DnsResolver(const DnsResolver&) = delete;
  DnsResolver& operator=(const DnsResolver&) = delete;

  // The names to keep resolved; others are forgotten.
  void want(const std::set<std::string>& names);
  [[nodiscard]] Answers answers() const;
  // Waits until every wanted name has been tried once, at most `limit`.
  void wait_for_first(std::chrono::milliseconds limit);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace controller
