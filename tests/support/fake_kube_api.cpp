#include "tests/support/fake_kube_api.hpp"

#include "controller/manifests/yaml.hpp"
#include "tests/support/fake_kube_state.hpp"

#include <openssl/pem.h>

#include <algorithm>
#include <stdexcept>

#ifdef __SANITIZE_THREAD__
// The libraries that this server runs on are built without the sanitizer: it sees neither their atomics nor the guards of their
// static variables, and takes what these order for a race.
extern "C" const char* __tsan_default_suppressions() { return "race:libcpp-httplib.so\nrace:libcrypto.so\n"; }
#endif

namespace support {

namespace {

constexpr std::size_t max_connections = 64;

const std::map<std::string, std::string> plural_of{{"Ingress", "ingresses"}, {"IngressClass", "ingressclasses"}, {"Service", "services"},
                                                   {"EndpointSlice", "endpointslices"}, {"Secret", "secrets"}, {"ConfigMap", "configmaps"},
                                                   {"Namespace", "namespaces"}, {"Lease", "leases"}, {"Pod", "pods"}, {"Node", "nodes"}, {"Event", "events"}};

bool is_cluster_scoped(const std::string& plural) { return plural == "namespaces" || plural == "ingressclasses" || plural == "nodes"; }

}  // namespace

void FakeKubeApi::State::put(const std::string& plural, json::object object) {
  json::object& metadata = object["metadata"].as_object();
  if (!is_cluster_scoped(plural) && !metadata.contains("namespace")) metadata["namespace"] = "default";
  metadata["resourceVersion"] = std::to_string(++version);
  const Name name{text_at(object, {"metadata", "namespace"}), text_at(object, {"metadata", "name"})};
  auto& slot = objects[plural][name];
  metadata["uid"] = slot.empty() ? "uid-" + std::to_string(version) : text_at(slot, {"metadata", "uid"});
  events.push_back({version, slot.empty() ? "ADDED" : "MODIFIED", plural, object, slot});
  slot = std::move(object);
}

void FakeKubeApi::State::remove(const std::string& plural, const Name& name) {
  auto& all = objects[plural];
  const auto found = all.find(name);
  if (found == all.end()) return;
  json::object object = found->second;
  object["metadata"].as_object()["resourceVersion"] = std::to_string(++version);
  events.push_back({version, "DELETED", plural, std::move(object), found->second});
  all.erase(found);
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
    state_->remove(plural, {object_namespace, name});
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

void FakeKubeApi::refuse_writes(const std::string& plural, int status) {
  const std::lock_guard lock{state_->mutex};
  state_->refused_writes[plural] = status;
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
