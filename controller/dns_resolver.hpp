// Addresses of ExternalName Services: asked again when their time to live is over, the last good answer kept while DNS fails.
// Whoever controls a name chooses its addresses, so those that lead to this machine or its link (special_address.hpp) are
// left out. The machine's own hosts file is its administrator's word: a name that stands there may be loopback.
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
  static constexpr std::chrono::seconds hosts_file_ttl{5};  // how soon an edit of it is seen
  static constexpr std::size_t max_addresses = 64;        // of one name
  static constexpr std::chrono::seconds query_timeout{5};

  struct Answer {
    std::vector<std::string> addresses;  // numeric, sorted
    std::vector<std::string> refused;    // left out, as "127.0.0.1 (loopback)", sorted
    std::string failure;                 // why there are none ("does not resolve"); "" = there are, or nothing was tried yet

    friend bool operator==(const Answer&, const Answer&) = default;
  };
  using Answers = std::map<std::string, Answer>;  // by name

  // `on_change` is called on the resolver's thread when an answer differs from the one before. `servers` replaces those of
  // the system ("127.0.0.1:5353"; tests), "" does not.
  explicit DnsResolver(std::function<void()> on_change, std::string servers = {});
  ~DnsResolver();
  DnsResolver(const DnsResolver&) = delete;
  DnsResolver& operator=(const DnsResolver&) = delete;

  // The names to keep resolved; others are forgotten.
  void want(const std::set<std::string>& names);
  [[nodiscard]] Answers answers() const;
  // Waits until every wanted name has been tried once, at most `limit`.
  void wait_for_first(std::chrono::milliseconds limit);

  enum class Source { dns, hosts_file };
  // What of the addresses that a name has may be used.
  [[nodiscard]] static Answer judge(const std::string& name, std::vector<std::string> addresses, Source source);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace controller
