#include "controller/events/event.hpp"

#include "controller/kube/micro_time.hpp"
#include "controller/translate/selection.hpp"
#include "routing/hash.hpp"
#include "routing/printable.hpp"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

namespace controller::events {

namespace json = boost::json;

namespace {

constexpr std::size_t max_object_name = 200;  // what remains of an Event's name holds the hash
constexpr std::size_t max_instance_bytes = 128;

template <typename T>
std::optional<Regarding> find(const kube::Resource& resource, const routing::Diagnostic& diagnostic, const Store& store) {
  const auto found = store.of<T>().find({diagnostic.object_namespace, diagnostic.name});
  if (found == store.of<T>().end()) return {};
  const kube::Metadata& metadata = found->second->metadata;
  if (metadata.uid.empty() || translate::is_leaving(metadata, store)) return {};
  return Regarding{&resource, metadata.object_namespace, metadata.name, metadata.uid};
}

std::string_view reason_of(const routing::Diagnostic& diagnostic, Occasion occasion) {
  if (occasion == Occasion::healed) return "Resolved";
  return diagnostic.severity == routing::Severity::refused ? "Refused" : "NotAsWritten";
}

// At the end of a character.
std::string cut(std::string text, std::size_t limit) {
  if (text.size() <= limit) return text;
  while (limit > 0 && (static_cast<unsigned char>(text[limit]) & 0xC0) == 0x80) --limit;
  text.resize(limit);
  return text;
}

std::string note_of(const routing::Diagnostic& diagnostic, Occasion occasion) {
  const std::string what = diagnostic.field.empty() ? diagnostic.reason : diagnostic.field + ": " + diagnostic.reason;
  return cut(routing::printable((occasion == Occasion::healed ? "no longer: " : "") + what), max_note_bytes);
}

}  // namespace

std::optional<Regarding> regarding(const routing::Diagnostic& diagnostic, const Store& store) {
  const std::string& kind = diagnostic.kind;
  if (kind == "Ingress") return find<kube::Ingress>(kube::ingresses, diagnostic, store);
  if (kind == "IngressClass") return find<kube::IngressClass>(kube::ingress_classes, diagnostic, store);
  if (kind == "Service") return find<kube::Service>(kube::services, diagnostic, store);
  if (kind == "EndpointSlice") return find<kube::EndpointSlice>(kube::endpoint_slices, diagnostic, store);
  if (kind == "Secret") return find<kube::Secret>(kube::secrets, diagnostic, store);
  if (kind == "ConfigMap") return find<kube::ConfigMap>(kube::config_maps, diagnostic, store);
  return {};
}

std::string name_of(const Regarding& regarding, const routing::Diagnostic& diagnostic, Occasion occasion) {
  routing::ContentHash hash;
  hash.add(regarding.uid);
  hash.add(diagnostic.field);
  hash.add(diagnostic.reason);
  hash.add(reason_of(diagnostic, occasion));
  std::string prefix = regarding.name.substr(0, max_object_name);
  while (!prefix.empty() && (prefix.back() == '.' || prefix.back() == '-')) prefix.pop_back();
  return fmt::format("{}.{:016x}", prefix, hash.value());
}

std::string text_of(const Regarding& regarding, const routing::Diagnostic& diagnostic, Occasion occasion, const std::string& instance,
                    std::chrono::system_clock::time_point now) {
  json::object object{{"apiVersion", regarding.resource->api_version}, {"kind", regarding.resource->kind}, {"name", regarding.name}, {"uid", regarding.uid}};
  if (!regarding.object_namespace.empty()) object["namespace"] = regarding.object_namespace;
  return json::serialize(json::object{
      {"apiVersion", kube::events.api_version},
      {"kind", kube::events.kind},
      {"metadata", json::object{{"namespace", regarding.event_namespace()}, {"name", name_of(regarding, diagnostic, occasion)}}},
      {"regarding", std::move(object)},
      {"eventTime", kube::micro_time(now)},
      {"reportingController", "weir"},
      {"reportingInstance", cut(instance, max_instance_bytes)},
      {"action", "Routing"},
      {"reason", reason_of(diagnostic, occasion)},
      {"type", occasion == Occasion::healed ? "Normal" : "Warning"},
      {"note", note_of(diagnostic, occasion)},
  });
}

std::string repeated(unsigned count, std::chrono::system_clock::time_point now) {
  return json::serialize(json::object{{"series", json::object{{"count", count}, {"lastObservedTime", kube::micro_time(now)}}}});
}

}  // namespace controller::events
