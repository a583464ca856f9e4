#include "tests/support/fake_kube_api.hpp"

#include "controller/manifests/yaml.hpp"
#include "tests/support/certificate_authority.hpp"

#include <httplib.h>

#include <boost/json.hpp>
#include <openssl/pem.h>

#include <algorithm>
#include <atomic>
#include <charconv>
#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <set>
#include <stdexcept>
#include <thread>

namespace support {

namespace json = boost::json;

namespace {

constexpr std::chrono::milliseconds look_interval{20};
constexpr std::size_t max_connections = 64;

std::string text_at(const json::object& object, std::initializer_list<std::string_view> path) {
  const json::value* value = nullptr;
  const json::object* at = &object;
  for (const auto name : path) {
    value = at ? at->if_contains(name) : nullptr;
    at = value ? value->if_object() : nullptr;
  }
  return value && value->is_string() ? std::string{value->get_string()} : "";
}

const std::map<std::string, std::string> plural_of{{"Ingress", "ingresses"}, {"IngressClass", "ingressclasses"}, {"Service", "services"},
                                                   {"EndpointSlice", "endpointslices"}, {"Secret", "secrets"}, {"ConfigMap", "configmaps"},
                                                   {"Namespace", "namespaces"}, {"Lease", "leases"}, {"Pod", "pods"}, {"Node", "nodes"}, {"Event", "events"}};

bool is_cluster_scoped(const std::string& plural) { return plural == "namespaces" || plural == "ingressclasses" || plural == "nodes"; }

json::object status_object(int code, const std::string& message) {
  return {{"kind", "Status"}, {"apiVersion", "v1"}, {"status", "Failure"}, {"message", message}, {"code", code}};
}

// What a path and its parameters ask for.
struct Asked {
  std::string plural, object_namespace, name, subresource, field_selector, label_selector;

  // "/api/v1/namespaces/NS/services/NAME", "/apis/GROUP/VERSION/ingresses".
  explicit Asked(const httplib::Request& request) {
    std::vector<std::string> parts;
    std::istringstream in{request.path};
    for (std::string part; std::getline(in, part, '/');)
      if (!part.empty()) parts.push_back(part);
    std::size_t at = !parts.empty() && parts[0] == "apis" ? 3 : 2;
    if (at + 2 < parts.size() && parts[at] == "namespaces") {
      object_namespace = parts[at + 1];
      at += 2;
    }
    if (at < parts.size()) plural = parts[at];
    if (at + 1 < parts.size()) name = parts[at + 1];
    if (at + 2 < parts.size()) subresource = parts[at + 2];
    field_selector = request.get_param_value("fieldSelector");
    label_selector = request.get_param_value("labelSelector");
  }

  [[nodiscard]] bool fits(const json::object& object) const {
    if (!object_namespace.empty() && text_at(object, {"metadata", "namespace"}) != object_namespace) return false;
    const std::string by_name = "metadata.name=";
    if (field_selector.starts_with(by_name) && text_at(object, {"metadata", "name"}) != field_selector.substr(by_name.size())) return false;
    const std::string not_type = "type!=";
    if (field_selector.starts_with(not_type) && text_at(object, {"type"}) == field_selector.substr(not_type.size())) return false;
    const auto equals = label_selector.find('=');
    return equals == std::string::npos || text_at(object, {"metadata", "labels", label_selector.substr(0, equals)}) == label_selector.substr(equals + 1);
  }
};

struct Event {
  std::uint64_t version;
  std::string type, plural;
  json::object object, before;  // before: empty for one that is new
};

}  // namespace

struct FakeKubeApi::State {
  using Name = std::pair<std::string, std::string>;

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
  std::string token = "good-token";
  std::set<std::string> forbidden;
  std::vector<std::string> requests;
  std::size_t watches = 0;

  void put(const std::string& plural, json::object object) {
    json::object& metadata = object["metadata"].as_object();
    if (!is_cluster_scoped(plural) && !metadata.contains("namespace")) metadata["namespace"] = "default";
    metadata["resourceVersion"] = std::to_string(++version);
    const Name name{text_at(object, {"metadata", "namespace"}), text_at(object, {"metadata", "name"})};
    auto& slot = objects[plural][name];
    metadata["uid"] = slot.empty() ? "uid-" + std::to_string(version) : text_at(slot, {"metadata", "uid"});
    events.push_back({version, slot.empty() ? "ADDED" : "MODIFIED", plural, object, slot});
    slot = std::move(object);
  }

  void listen();
  void answer(const httplib::Request& request, httplib::Response& response);
  void answer_list(const Asked& asked, const httplib::Request& request, httplib::Response& response);
  void answer_write(const Asked& asked, const httplib::Request& request, httplib::Response& response);
  void answer_watch(const Asked& asked, const httplib::Request& request, httplib::Response& response);
};

namespace {

void reply(httplib::Response& response, int status, const json::object& body) {
  response.status = status;
  response.set_content(json::serialize(body), "application/json");
}

template <typename T>
T number(const std::string& text, T otherwise) {
  T value = otherwise;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

}  // namespace

void FakeKubeApi::State::answer_list(const Asked& asked, const httplib::Request& request, httplib::Response& response) {
  const std::string next = request.get_param_value("continue");
  if (!next.empty() && std::exchange(expires_page, false)) return reply(response, 410, status_object(410, "The provided continue parameter is too old"));
  const std::size_t limit = std::min(number<std::size_t>(request.get_param_value("limit"), SIZE_MAX), page_limit);
  const auto skip = number<std::size_t>(next, 0);
  json::array items;
  std::size_t index = 0;
  bool has_more = false;
  for (const auto& [name, object] : objects[asked.plural]) {
    if (!asked.fits(object) || index++ < skip) continue;
    has_more = items.size() == limit;
    if (has_more) break;
    json::object item = object;
    item.erase("kind");  // as the real one does
    item.erase("apiVersion");
    items.push_back(std::move(item));
  }
  json::object metadata{{"resourceVersion", std::to_string(version)}};
  if (has_more) metadata["continue"] = std::to_string(skip + items.size());
  reply(response, 200, {{"kind", "List"}, {"apiVersion", "v1"}, {"metadata", std::move(metadata)}, {"items", std::move(items)}});
}

// RFC 7386.
void merge(const json::object& patch, json::object& object) {
  for (const auto& member : patch) {
    json::value& slot = object[member.key()];
    if (member.value().is_null()) object.erase(member.key());
    else if (!member.value().is_object()) slot = member.value();
    else merge(member.value().get_object(), slot.is_object() ? slot.get_object() : slot.emplace_object());
  }
}

// POST and PUT of whole objects, PATCH of all or of the status; as the real one, nothing happens where nothing differs.
void FakeKubeApi::State::answer_write(const Asked& asked, const httplib::Request& request, httplib::Response& response) {
  json::object body = json::parse(request.body).as_object();
  const std::string name = request.method == "POST" ? text_at(body, {"metadata", "name"}) : asked.name;
  auto& all = objects[asked.plural];
  const auto found = all.find({asked.object_namespace, name});
  const auto stored = [&]() -> const json::object& { return all.at({asked.object_namespace, name}); };
  if (request.method == "POST" && found != all.end()) return reply(response, 409, status_object(409, asked.plural + " \"" + name + "\" already exists"));
  if (request.method != "POST" && found == all.end()) return reply(response, 404, status_object(404, asked.plural + " \"" + name + "\" not found"));
  if (request.method == "PUT" && text_at(body, {"metadata", "resourceVersion"}) != text_at(found->second, {"metadata", "resourceVersion"}))
    return reply(response, 409, status_object(409, "the object has been modified; please apply your changes to the latest version"));
  if (request.method == "PATCH") {
    json::object patched = found->second;
    if (asked.subresource.empty()) merge(body, patched);
    else if (asked.subresource == "status" && body.contains("status")) merge({{"status", body["status"]}}, patched);
    if (patched == found->second) return reply(response, 200, patched);
    body = std::move(patched);
  }
  put(asked.plural, std::move(body));
  changed.notify_all();
  reply(response, request.method == "POST" ? 201 : 200, stored());
}

void FakeKubeApi::State::answer_watch(const Asked& asked, const httplib::Request& request, httplib::Response& response) {
  const bool is_list = request.get_param_value("sendInitialEvents") == "true";
  if (is_list && !streams_lists) return reply(response, 422, status_object(422, "sendInitialEvents is forbidden for watch unless the WatchList feature gate is enabled"));
  struct Progress {
    std::uint64_t at;
    bool is_begun = false;
  };
  const auto progress = std::make_shared<Progress>(Progress{is_list ? version : number<std::uint64_t>(request.get_param_value("resourceVersion"), version)});
  const std::uint64_t cuts_before = cuts, ends_before = ends;
  ++watches;
  const auto provide = [this, asked, is_list, progress, cuts_before, ends_before](std::size_t, httplib::DataSink& sink) {
    std::string out;
    const auto write = [&out](const char* type, const json::object& object) { out += json::serialize(json::object{{"type", type}, {"object", object}}) + "\n"; };
    bool is_over = false;
    {
      std::unique_lock lock{mutex};
      if (!progress->is_begun && !is_frozen) {
        progress->is_begun = true;
        if (is_list) {
          progress->at = version;
          for (const auto& [name, object] : objects[asked.plural])
            if (asked.fits(object)) write("ADDED", object);
          write("BOOKMARK", {{"kind", "Bookmark"}, {"metadata", {{"resourceVersion", std::to_string(version)}, {"annotations", {{"k8s.io/initial-events-end", "true"}}}}}});
        } else if (progress->at < oldest) {
          write("ERROR", status_object(410, "too old resource version"));
          is_over = true;
        }
      }
      if (out.empty()) changed.wait_for(lock, look_interval);
      if (!is_frozen && !is_over)
        for (const Event& event : events) {
          if (event.version <= progress->at || event.plural != asked.plural) continue;
          progress->at = event.version;
          if (asked.fits(event.object)) write(event.type.c_str(), event.object);
        }
      if (cuts != cuts_before || is_stopping) return false;
      is_over = is_over || ends != ends_before;
    }
    if (!out.empty() && !sink.write(out.data(), out.size())) return false;
    if (is_over) sink.done();
    return sink.is_writable();
  };
  response.set_chunked_content_provider("application/json", provide, [this](bool) {
    const std::lock_guard lock{mutex};
    --watches;
  });
}

void FakeKubeApi::State::answer(const httplib::Request& request, httplib::Response& response) {
  std::unique_lock lock{mutex};
  std::string target = request.path;
  for (const auto& [name, value] : request.params) target += (target == request.path ? "?" : "&") + name + "=" + value;
  requests.push_back(request.method + " " + target);
  while (is_frozen && !is_stopping) changed.wait_for(lock, look_interval);
  const Asked asked{request};
  if (failing) return reply(response, failing, status_object(failing, "told to fail"));
  if (request.get_header_value("Authorization") != "Bearer " + token) return reply(response, 401, status_object(401, "Unauthorized"));
  const bool is_watch = request.get_param_value("watch") == "true";
  const bool is_forbidden = forbidden.contains(asked.subresource.empty() ? asked.plural : asked.plural + "/" + asked.subresource);
  if (is_forbidden)
    return reply(response, 403, status_object(403, asked.plural + " is forbidden: User \"weir\" cannot " + (is_watch ? "watch" : "list") + " resource \"" + asked.plural + "\""));
  if (request.method != "GET") return answer_write(asked, request, response);
  if (is_watch) return answer_watch(asked, request, response);
  if (asked.name.empty()) return answer_list(asked, request, response);
  const auto& all = objects[asked.plural];
  const auto found = all.find({asked.object_namespace, asked.name});
  if (found == all.end()) return reply(response, 404, status_object(404, asked.plural + " \"" + asked.name + "\" not found"));
  reply(response, 200, found->second);
}

void FakeKubeApi::State::listen() {
  const auto bio_of = [](const std::string& pem) { return std::unique_ptr<BIO, decltype(&BIO_free)>{BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())), &BIO_free}; };
  const std::unique_ptr<X509, decltype(&X509_free)> leaf{PEM_read_bio_X509(bio_of(certificate.certificate_pem).get(), nullptr, nullptr, nullptr), &X509_free};
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key{PEM_read_bio_PrivateKey(bio_of(certificate.key_pem).get(), nullptr, nullptr, nullptr), &EVP_PKEY_free};
  server = std::make_unique<httplib::SSLServer>(leaf.get(), key.get());
  server->new_task_queue = [] { return new httplib::ThreadPool(max_connections); };
  server->set_keep_alive_timeout(1);
  const auto handle = [this](const httplib::Request& request, httplib::Response& response) { answer(request, response); };
  server->Get(".*", handle);
  server->Post(".*", handle);
  server->Put(".*", handle);
  server->Patch(".*", handle);
  if (port == 0) port = server->bind_to_any_port("127.0.0.1");
  else if (!server->bind_to_port("127.0.0.1", port)) port = -1;
  if (port <= 0) throw std::runtime_error("the fake API server cannot listen");
  is_stopping = false;
  thread = std::thread{[this] { server->listen_after_bind(); }};
  while (!server->is_running()) std::this_thread::yield();
}

FakeKubeApi::FakeKubeApi() : state_(std::make_unique<State>()) {
  rotate_authority();
  state_->listen();
}

FakeKubeApi::~FakeKubeApi() { stop(); }

std::uint16_t FakeKubeApi::port() const noexcept { return static_cast<std::uint16_t>(state_->port); }

std::string FakeKubeApi::url() const { return "https://127.0.0.1:" + std::to_string(port()); }

const std::string& FakeKubeApi::authority_pem() const { return state_->authority->certificate_pem(); }

std::string FakeKubeApi::kubeconfig() const {
  const std::string& pem = authority_pem();
  std::string encoded(4 * ((pem.size() + 2) / 3) + 1, '\0');
  encoded.resize(static_cast<std::size_t>(EVP_EncodeBlock(reinterpret_cast<unsigned char*>(encoded.data()), reinterpret_cast<const unsigned char*>(pem.data()), static_cast<int>(pem.size()))));
  return "apiVersion: v1\nkind: Config\ncurrent-context: test\ncontexts: [{name: test, context: {cluster: test, user: weir}}]\n"
         "clusters: [{name: test, cluster: {server: '" + url() + "', certificate-authority-data: " + encoded + "}}]\n"
         "users: [{name: weir, user: {token: good-token}}]\n";
}

void FakeKubeApi::apply(const std::string& yaml) {
  {
    const std::lock_guard lock{state_->mutex};
    for (const auto& document : controller::manifests::split_documents(yaml)) {
      auto parsed = controller::manifests::parse_document(document);
      if (!parsed.value.is_object()) throw std::runtime_error("no manifest: " + parsed.error);
      json::object object = std::move(parsed.value.get_object());
      const auto plural = plural_of.find(text_at(object, {"kind"}));
      if (plural == plural_of.end()) throw std::runtime_error("no kind that is read here: " + json::serialize(object));
      state_->put(plural->second, std::move(object));
    }
  }
  state_->changed.notify_all();
}

void FakeKubeApi::remove(const std::string& plural, const std::string& object_namespace, const std::string& name) {
  {
    const std::lock_guard lock{state_->mutex};
    auto& all = state_->objects[plural];
    const auto found = all.find({object_namespace, name});
    if (found == all.end()) return;
    json::object object = found->second;
    object["metadata"].as_object()["resourceVersion"] = std::to_string(++state_->version);
    state_->events.push_back({state_->version, "DELETED", plural, std::move(object), found->second});
    all.erase(found);
  }
  state_->changed.notify_all();
}

std::vector<std::string> FakeKubeApi::texts_of(const std::string& plural) const {
  const std::lock_guard lock{state_->mutex};
  std::vector<std::string> texts;
  for (const auto& [name, object] : state_->objects[plural]) texts.push_back(json::serialize(object));
  return texts;
}

std::string FakeKubeApi::text_of(const std::string& plural, const std::string& object_namespace, const std::string& name, const std::string& member) const {
  const std::lock_guard lock{state_->mutex};
  const auto found = state_->objects[plural].find({object_namespace, name});
  if (found == state_->objects[plural].end()) return "";
  const json::value* const value = found->second.if_contains(member);
  return value ? json::serialize(*value) : "";
}

void FakeKubeApi::touch(const std::string& plural, const std::string& object_namespace, const std::string& name) {
  {
    const std::lock_guard lock{state_->mutex};
    json::object object = state_->objects[plural].at({object_namespace, name});
    object["status"] = json::object{{"touched", std::to_string(state_->version)}};
    object["metadata"].as_object()["managedFields"] = json::array{json::object{{"time", std::to_string(state_->version)}}};
    state_->put(plural, std::move(object));
  }
  state_->changed.notify_all();
}

void FakeKubeApi::stop() {
  if (!state_->server) return;
  {
    const std::lock_guard lock{state_->mutex};
    state_->is_stopping = true;
  }
  state_->changed.notify_all();
  state_->server->stop();
  state_->thread.join();
  state_->server.reset();
}

void FakeKubeApi::start() { state_->listen(); }

void FakeKubeApi::cut() {
  const std::lock_guard lock{state_->mutex};
  ++state_->cuts;
  state_->changed.notify_all();
}

void FakeKubeApi::end_watches() {
  const std::lock_guard lock{state_->mutex};
  ++state_->ends;
  state_->changed.notify_all();
}

void FakeKubeApi::freeze(bool is_frozen) {
  const std::lock_guard lock{state_->mutex};
  state_->is_frozen = is_frozen;
  state_->changed.notify_all();
}

void FakeKubeApi::compact() {
  const std::lock_guard lock{state_->mutex};
  state_->oldest = ++state_->version;
}

std::uint64_t FakeKubeApi::version() const {
  const std::lock_guard lock{state_->mutex};
  return state_->version;
}

void FakeKubeApi::go_back_to(std::uint64_t version) {
  const std::lock_guard lock{state_->mutex};
  for (auto& events = state_->events; !events.empty() && events.back().version > version; events.pop_back()) {
    Event& event = events.back();
    auto& all = state_->objects[event.plural];
    const State::Name name{text_at(event.object, {"metadata", "namespace"}), text_at(event.object, {"metadata", "name"})};
    if (event.before.empty()) all.erase(name);
    else all[name] = std::move(event.before);
  }
  state_->version = version;
}

void FakeKubeApi::stream_lists(bool is_offered) {
  const std::lock_guard lock{state_->mutex};
  state_->streams_lists = is_offered;
}

void FakeKubeApi::limit_pages(std::size_t objects) {
  const std::lock_guard lock{state_->mutex};
  state_->page_limit = objects;
}

void FakeKubeApi::expire_next_page() {
  const std::lock_guard lock{state_->mutex};
  state_->expires_page = true;
}

void FakeKubeApi::set_token(const std::string& token) {
  const std::lock_guard lock{state_->mutex};
  state_->token = token;
}

void FakeKubeApi::rotate_authority() {
  state_->authority = std::make_unique<CertificateAuthority>();
  state_->certificate = state_->authority->issue({"localhost", "127.0.0.1"});
}

void FakeKubeApi::forbid(const std::string& plural, bool is_forbidden) {
  const std::lock_guard lock{state_->mutex};
  if (is_forbidden) state_->forbidden.insert(plural);
  else state_->forbidden.erase(plural);
}

void FakeKubeApi::fail_with(int status) {
  const std::lock_guard lock{state_->mutex};
  state_->failing = status;
}

std::vector<std::string> FakeKubeApi::requests() const {
  const std::lock_guard lock{state_->mutex};
  return state_->requests;
}

std::size_t FakeKubeApi::requests_with(const std::string& part) const {
  const auto all = requests();
  return static_cast<std::size_t>(std::count_if(all.begin(), all.end(), [&part](const auto& line) { return line.find(part) != std::string::npos; }));
}

std::size_t FakeKubeApi::open_watches() const {
  const std::lock_guard lock{state_->mutex};
  return state_->watches;
}

}  // namespace support
