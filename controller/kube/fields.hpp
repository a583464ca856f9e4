// Reading JSON leniently: manifests come from YAML, where a number and its text look alike, so either is taken for the other.
#pragma once

#include "controller/kube/objects.hpp"
#include "routing/diagnostic.hpp"

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace controller::kube {

// Collects what is wrong with one object while it is read.
class Reader {
 public:
  Reader(std::string kind, std::vector<routing::Diagnostic>& diagnostics) : kind_(std::move(kind)), diagnostics_(diagnostics) {}

  void name(const Metadata& metadata) {
    namespace_ = metadata.object_namespace;
    name_ = metadata.name;
  }
  void complain(std::string field, std::string reason, routing::Severity severity = routing::Severity::refused);

  // "" when absent or null; a complaint when it is no scalar.
  [[nodiscard]] std::string text(const boost::json::object& object, std::string_view name, const std::string& path);
  [[nodiscard]] std::int64_t number(const boost::json::object& object, std::string_view name, const std::string& path);
  // 0 when absent; a complaint, and 0, when it is no port.
  [[nodiscard]] std::int32_t port(const boost::json::object& object, std::string_view name, const std::string& path);
  [[nodiscard]] bool boolean(const boost::json::object& object, std::string_view name, bool otherwise, const std::string& path);
  // Null when absent or not of that form (then with a complaint).
  [[nodiscard]] const boost::json::object* object(const boost::json::object& parent, std::string_view name, const std::string& path);
  [[nodiscard]] const boost::json::array* array(const boost::json::object& parent, std::string_view name, const std::string& path);
  // Tells of every field that is none of `known`, with the one that was meant and `consequence`. True when one may be a known one
  // under another name, as misplaced annotations are not.
  [[nodiscard]] bool has_unknown(const boost::json::object& object, std::span<const std::string_view> known, const std::string& path,
                                 std::string_view consequence = "");
  // Whether has_unknown() has met annotations of an Ingress in a wrong place; they may be guards.
  [[nodiscard]] bool has_misplaced_annotations() const noexcept { return has_misplaced_annotations_; }
  [[nodiscard]] Pairs pairs(const boost::json::object& parent, std::string_view name, const std::string& path);
  [[nodiscard]] Metadata metadata(const boost::json::object& object, bool is_namespaced);

 private:
  void read_annotations(const boost::json::object& meta, Metadata& metadata);

  std::string kind_, namespace_, name_;
  bool has_misplaced_annotations_ = false;
  std::vector<routing::Diagnostic>& diagnostics_;
};

// "2024-01-02T03:04:05Z" as seconds since 1970; 0 for what is no time.
[[nodiscard]] std::int64_t parse_time(std::string_view text);

}  // namespace controller::kube
