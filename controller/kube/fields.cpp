#include "controller/kube/fields.hpp"

#include "controller/nearest_name.hpp"

#include <boost/json/serialize.hpp>

#include <algorithm>
#include <charconv>
#include <ctime>

namespace controller::kube {

namespace json = boost::json;

namespace {

constexpr std::size_t max_shown_bytes = 60;

// Fields that people look for where they are not.
std::string_view misplaced_note(std::string_view name) {
  if (name == "namespace") return ": a Service is always of the Ingress's own namespace; move the Ingress there";
  if (name == "number") return "; write port: {number: ...}";
  return {};
}

bool is_absent(const json::value* value) { return !value || value->is_null(); }

// Scalars as their text; false for objects and arrays.
bool to_text(const json::value& value, std::string& text) {
  switch (value.kind()) {
    case json::kind::string: text.assign(value.get_string().data(), value.get_string().size()); return true;
    case json::kind::bool_: text = value.get_bool() ? "true" : "false"; return true;
    case json::kind::int64: text = std::to_string(value.get_int64()); return true;
    case json::kind::uint64: text = std::to_string(value.get_uint64()); return true;
    case json::kind::double_: text = json::serialize(value); return true;
    default: return false;
  }
}

}  // namespace

void Reader::complain(std::string field, std::string reason, routing::Severity severity) {
  diagnostics_.push_back({kind_, namespace_, name_, std::move(field), std::move(reason), severity});
}

std::string Reader::text(const json::object& object, std::string_view name, const std::string& path) {
  const json::value* const value = object.if_contains(name);
  std::string result;
  if (!is_absent(value) && !to_text(*value, result)) complain(path, "must be a string");
  return result;
}

std::int64_t Reader::number(const json::object& object, std::string_view name, const std::string& path) {
  const std::string digits = text(object, name, path);
  if (digits.empty()) return 0;
  std::int64_t result = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), result);
  if (error != std::errc{} || end != digits.data() + digits.size()) {
    complain(path, "must be a whole number, is \"" + digits.substr(0, 40) + "\"");
    return 0;
  }
  return result;
}

std::int32_t Reader::port(const json::object& object, std::string_view name, const std::string& path) {
  constexpr std::int32_t greatest = 65535;
  if (is_absent(object.if_contains(name))) return 0;
  const std::string digits = text(object, name, path);
  std::int32_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error == std::errc{} && end == digits.data() + digits.size() && value > 0 && value <= greatest) return value;
  complain(path, "must be a port from 1 to 65535, is \"" + digits.substr(0, 40) + "\"");
  return 0;
}

bool Reader::boolean(const json::object& object, std::string_view name, bool otherwise, const std::string& path) {
  const std::string word = text(object, name, path);
  if (word.empty()) return otherwise;
  if (word == "true" || word == "false") return word == "true";
  complain(path, "must be true or false, is \"" + word.substr(0, 40) + "\"");
  return otherwise;
}

const json::object* Reader::object(const json::object& parent, std::string_view name, const std::string& path) {
  const json::value* const value = parent.if_contains(name);
  if (is_absent(value)) return nullptr;
  if (!value->is_object()) complain(path, "must be an object");
  return value->if_object();
}

const json::array* Reader::array(const json::object& parent, std::string_view name, const std::string& path) {
  const json::value* const value = parent.if_contains(name);
  if (is_absent(value)) return nullptr;
  if (!value->is_array()) complain(path, "must be a list");
  return value->if_array();
}

Pairs Reader::pairs(const json::object& parent, std::string_view name, const std::string& path) {
  Pairs result;
  if (const json::object* map = object(parent, name, path))
    for (const auto& member : *map) result.emplace_back(member.key(), text(*map, member.key(), path + "." + std::string{member.key()}));
  return result;
}

bool Reader::has_unknown(const json::object& object, std::span<const std::string_view> known, const std::string& path, std::string_view consequence) {
  bool found = false;
  for (const auto& member : object) {
    const std::string_view name{member.key().data(), member.key().size()};
    if (std::find(known.begin(), known.end(), name) != known.end()) continue;
    const std::string field = (path.empty() ? "" : path + ".") + std::string{name.substr(0, max_shown_bytes)};
    if (kind_ == "Ingress" && name.find("nnotation") != name.npos) {
      has_misplaced_annotations_ = true;
      complain(field, "is no field of the API: annotations stand in metadata. Since they may guard access, the paths of this Ingress answer 503");
      continue;
    }
    found = true;
    std::string reason = "is no field of the API, so it has no effect";
    if (const auto note = misplaced_note(name); !note.empty()) reason += std::string{note};
    else if (const auto meant = nearest_field(name, known); !meant.empty()) reason += "; did you mean " + std::string{meant} + "?";
    complain(field, reason + std::string{consequence});
  }
  return found;
}

// A guard may be among those that are no text, or below a key that was meant to be "annotations".
void Reader::read_annotations(const json::object& meta, Metadata& metadata) {
  static constexpr std::string_view fields[] = {"annotations"};
  for (const auto& member : meta) {
    const std::string_view name{member.key().data(), member.key().size()};
    if (kind_ != "Ingress" || name == "annotations" || nearest_field(name, fields).empty()) continue;
    complain("metadata." + std::string{name.substr(0, max_shown_bytes)},
             "is no field of the API; did you mean annotations? Since they may guard access, the paths of this Ingress answer 503");
    metadata.unreadable_annotations.emplace_back();
  }
  const json::value* const written = meta.if_contains("annotations");
  const json::object* const map = object(meta, "annotations", "metadata.annotations");
  if (!map) {
    if (!is_absent(written)) metadata.unreadable_annotations.emplace_back();
    return;
  }
  for (const auto& member : *map) {
    std::string value;
    if (is_absent(&member.value()) || to_text(member.value(), value)) {
      metadata.annotations.emplace_back(member.key(), std::move(value));
      continue;
    }
    complain("metadata.annotations." + std::string{member.key()}, "must be a string: write its value in quotes; what it guards is closed until then");
    metadata.unreadable_annotations.emplace_back(member.key());
  }
}

Metadata Reader::metadata(const json::object& root, bool is_namespaced) {
  Metadata result;
  const json::object* const meta = object(root, "metadata", "metadata");
  if (!meta) {
    complain("metadata", "is missing");
    return result;
  }
  result.name = text(*meta, "name", "metadata.name");
  if (is_namespaced) {
    result.object_namespace = text(*meta, "namespace", "metadata.namespace");
    if (result.object_namespace.empty()) result.object_namespace = "default";
  }
  name(result);
  if (result.name.empty()) complain("metadata.name", "is missing");
  result.uid = text(*meta, "uid", "metadata.uid");
  result.created_at = parse_time(text(*meta, "creationTimestamp", "metadata.creationTimestamp"));
  result.is_deleting = !text(*meta, "deletionTimestamp", "metadata.deletionTimestamp").empty();
  result.labels = pairs(*meta, "labels", "metadata.labels");
  read_annotations(*meta, result);
  // kubectl's copy of the whole object: large, and nobody reads it here.
  std::erase_if(result.annotations, [](const auto& pair) { return pair.first == "kubectl.kubernetes.io/last-applied-configuration"; });
  return result;
}

std::int64_t parse_time(std::string_view text) {
  if (text.size() < 20) return 0;
  std::tm time{};
  const auto part = [text](std::size_t at, std::size_t length, int& out) {
    return std::from_chars(text.data() + at, text.data() + at + length, out).ec == std::errc{};
  };
  if (!part(0, 4, time.tm_year) || !part(5, 2, time.tm_mon) || !part(8, 2, time.tm_mday) || !part(11, 2, time.tm_hour) ||
      !part(14, 2, time.tm_min) || !part(17, 2, time.tm_sec))
    return 0;
  time.tm_year -= 1900;
  time.tm_mon -= 1;
  return ::timegm(&time);
}

}  // namespace controller::kube
