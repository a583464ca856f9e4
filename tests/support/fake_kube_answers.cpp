// What the fake API server answers.
#include "tests/support/fake_kube_state.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <sstream>

namespace support {

namespace {

constexpr std::chrono::milliseconds look_interval{20};

json::object status_object(int code, const std::string& message) {
  return {{"kind", "Status"}, {"apiVersion", "v1"}, {"status", "Failure"}, {"message", message}, {"code", code}};
}

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

// RFC 7386.
void merge(const json::object& patch, json::object& object) {
  for (const auto& member : patch) {
    json::value& slot = object[member.key()];
    if (member.value().is_null()) object.erase(member.key());
    else if (!member.value().is_object()) slot = member.value();
    else merge(member.value().get_object(), slot.is_object() ? slot.get_object() : slot.emplace_object());
  }
}

}  // namespace

std::string text_at(const json::object& object, std::initializer_list<std::string_view> path) {
  const json::value* value = nullptr;
  const json::object* at = &object;
  for (const auto name : path) {
    value = at ? at->if_contains(name) : nullptr;
    at = value ? value->if_object() : nullptr;
  }
  return value && value->is_string() ? std::string{value->get_string()} : "";
}

Asked::Asked(const httplib::Request& request) {
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

bool Asked::fits(const json::object& object) const {
  if (!object_namespace.empty() && text_at(object, {"metadata", "namespace"}) != object_namespace) return false;
  const std::string by_name = "metadata.name=";
  if (field_selector.starts_with(by_name) && text_at(object, {"metadata", "name"}) != field_selector.substr(by_name.size())) return false;
  const std::string not_type = "type!=";
  if (field_selector.starts_with(not_type) && text_at(object, {"type"}) == field_selector.substr(not_type.size())) return false;
  const auto equals = label_selector.find('=');
  return equals == std::string::npos || text_at(object, {"metadata", "labels", label_selector.substr(0, equals)}) == label_selector.substr(equals + 1);
}

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
  if (const auto refused = refused_writes.find(asked.plural); request.method != "GET" && refused != refused_writes.end())
    return reply(response, refused->second, status_object(refused->second, "told to refuse"));
  if (request.method != "GET") return answer_write(asked, request, response);
  if (is_watch) return answer_watch(asked, request, response);
  if (asked.name.empty()) return answer_list(asked, request, response);
  const auto& all = objects[asked.plural];
  const auto found = all.find({asked.object_namespace, asked.name});
  if (found == all.end()) return reply(response, 404, status_object(404, asked.plural + " \"" + asked.name + "\" not found"));
  reply(response, 200, found->second);
}

}  // namespace support
