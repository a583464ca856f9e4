#include "controller/kube/reflection.hpp"

#include "controller/kube/decode.hpp"
#include "controller/kube/plain_json.hpp"

#include <boost/json/monotonic_resource.hpp>
#include <boost/json/parse.hpp>

#include <charconv>

namespace controller::kube {

namespace json = boost::json;

namespace {

constexpr std::size_t scratch_bytes = 32 * 1024;  // most objects need no more than that for their values

Failure malformed(std::string_view kind) { return {Failure::Kind::malformed, 0, "the server's answer holds something that is no " + std::string{kind}, {}}; }

// Calls take(object) with the text as a value.
template <typename Take>
std::optional<Failure> parse(std::string_view text, std::string_view kind, Take take) {
  unsigned char scratch[scratch_bytes];
  json::monotonic_resource memory{scratch, sizeof scratch};
  json::parse_options options;
  options.max_depth = Reflection::max_depth;
  boost::system::error_code error;
  json::value value = json::parse(text, error, &memory, options);
  if (error || !value.is_object()) return malformed(kind);
  return take(value.get_object());
}

bool has_annotation(const json::object& object, std::string_view name, std::string_view wanted) {
  const json::object* const annotations = object_in(object_in(&object, "metadata"), "annotations");
  return annotations && text_in(annotations, name) == wanted;
}

std::optional<Arrived> decode(const Resource& resource, json::object& object) {
  // The items of a list do not say what they are.
  if (!object.contains("kind")) object["kind"] = json::string_view{resource.kind.data(), resource.kind.size()};
  if (!object.contains("apiVersion")) object["apiVersion"] = json::string_view{resource.api_version.data(), resource.api_version.size()};
  Decoded decoded = kube::decode(object);
  if (!decoded.object || kind_name(*decoded.object) != resource.kind) return {};
  return Arrived{std::move(*decoded.object), std::move(decoded.diagnostics)};
}

}  // namespace

std::optional<Arrived> first_of_list(const Resource& resource, std::string_view text) {
  std::optional<Arrived> arrived;
  (void)parse(text, resource.kind, [&](json::object& list) -> std::optional<Failure> {
    json::value* const items = list.if_contains("items");
    json::array* const objects = items ? items->if_array() : nullptr;
    if (objects && !objects->empty() && objects->front().is_object()) arrived = decode(resource, objects->front().get_object());
    return {};
  });
  return arrived;
}

std::string resource_version_of(const json::object& object) {
  return text_in(object_in(&object, "metadata"), "resourceVersion");
}

bool is_behind(std::string_view latest, std::string_view seen) {
  const auto number = [](std::string_view text, std::uint64_t& out) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
    return error == std::errc{} && end == text.data() + text.size();
  };
  std::uint64_t a = 0, b = 0;
  if (!number(latest, a) || !number(seen, b)) return latest != seen;  // no order that we know: better look again
  return a < b;
}

void Reflection::begin_list() {
  phase_ = Phase::listing;
  listed_.clear();
}

std::optional<Failure> Reflection::take_item(std::string_view text) {
  return parse(text, resource_.kind, [this](json::object& object) -> std::optional<Failure> {
    auto arrived = decode(resource_, object);
    if (!arrived) return malformed(resource_.kind);
    const Key key = key_of(arrived->object);
    listed_.insert_or_assign(key, std::move(*arrived));
    return {};
  });
}

void Reflection::end_list(std::string resource_version) {
  resource_version_ = std::move(resource_version);
  std::vector<Arrived> all;
  all.reserve(listed_.size());
  for (auto& [key, arrived] : listed_) all.push_back(std::move(arrived));
  listed_.clear();
  phase_ = Phase::in_step;
  sink_.on_replaced(std::move(all));
}

void Reflection::take_bookmark(const json::object& object) {
  std::string version = resource_version_of(object);
  if (is_listing() && has_annotation(object, "k8s.io/initial-events-end", "true")) end_list(std::move(version));
  else if (is_in_step() && !version.empty()) resource_version_ = std::move(version);
}

std::optional<Failure> Reflection::take(std::string_view type, json::object& object) {
  const std::string version = resource_version_of(object);
  auto arrived = decode(resource_, object);
  if (!arrived) return malformed(resource_.kind);
  const Key key = key_of(arrived->object);
  if (is_listing()) {
    if (type == "DELETED") listed_.erase(key);
    else listed_.insert_or_assign(key, std::move(*arrived));
    return {};
  }
  resource_version_ = version;
  if (type == "DELETED") sink_.on_removed(key);
  else sink_.on_changed(std::move(*arrived));
  return {};
}

std::optional<Failure> Reflection::take_event(std::string_view text) {
  return parse(text, "watch event", [this](json::object& event) -> std::optional<Failure> {
    const std::string type = text_in(&event, "type");
    json::value* const value = event.if_contains("object");
    if (!value || !value->is_object()) return malformed("watch event");
    json::object& object = value->get_object();
    if (type == "BOOKMARK") {
      take_bookmark(object);
      return {};
    }
    if (type == "ADDED" || type == "MODIFIED" || type == "DELETED") return take(type, object);
    if (type != "ERROR") return malformed("watch event");
    const json::value* const code = object.if_contains("code");
    const bool has_code = code && code->is_int64() && code->get_int64() > 0 && code->get_int64() < 1000;
    return failure_of_status(has_code ? static_cast<unsigned>(code->get_int64()) : 500, text_in(&object, "message"));
  });
}

}  // namespace controller::kube
