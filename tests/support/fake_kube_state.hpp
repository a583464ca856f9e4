// What the fake API server holds, behind fake_kube_api.hpp: for its own two files.
#pragma once

#include "tests/support/certificate_authority.hpp"
#include "tests/support/fake_kube_api.hpp"

#include <httplib.h>

#include <boost/json.hpp>

#include <condition_variable>
#include <cstdint>
#include <initializer_list>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace support {

namespace json = boost::json;

// "" where there is no text.
[[nodiscard]] std::string text_at(const json::object& object, std::initializer_list<std::string_view> path);

// What a path and its parameters ask for.
struct Asked {
  std::string plural, object_namespace, name, subresource, field_selector, label_selector;

  // "/api/v1/namespaces/NS/services/NAME", "/apis/GROUP/VERSION/ingresses".
  explicit Asked(const httplib::Request& request);
  [[nodiscard]] bool fits(const json::object& object) const;
};

struct Event {
  std::uint64_t version;
  std::string type, plural;
  json::object object, before;  // before: empty for one that is new
};

struct FakeKubeApi::State {
  using Name = std::pair<std::string, std::string>;  // namespace and name

  std::unique_ptr<CertificateAuthority> authority;
  IssuedCertificate certificate;
  std::unique_ptr<httplib::SSLServer> server;
  std::thread thread;
  int port = 0;

  mutable std::mutex mutex;  // guards what follows
  std::condition_variable changed;
  std::map<std::string, std::map<Name, json::object>> objects;
  std::vector<Event> events;
  std::uint64_t version = 100, oldest = 0, cuts = 0, ends = 0;
  bool is_frozen = false, streams_lists = true, expires_page = false, is_stopping = false;
  std::size_t page_limit = SIZE_MAX;
  int failing = 0;
  std::map<std::string, int> refused_writes;
  std::string token = "good-token";
  std::set<std::string> forbidden;
  std::vector<std::string> requests;
  std::size_t watches = 0;

  void put(const std::string& plural, json::object object);
  void remove(const std::string& plural, const Name& name);
  void listen();
  void answer(const httplib::Request& request, httplib::Response& response);
  void answer_list(const Asked& asked, const httplib::Request& request, httplib::Response& response);
  void answer_write(const Asked& asked, const httplib::Request& request, httplib::Response& response);
  void answer_watch(const Asked& asked, const httplib::Request& request, httplib::Response& response);
};

}  // namespace support
