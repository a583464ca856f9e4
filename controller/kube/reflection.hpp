// What lists and watches have shown of one kind, as far as it goes: takes their objects, tells what has come and gone. It does no
// input or output; reflector.hpp does.
//
//   empty ──begin_list──> listing ──end_list──> in step <──events──┐
//                            ^                     │ ├─────────────┘
//                            └──────begin_list─────┘ (too old, or the server has gone back in time)
//
// What was in step stays in force while a new list is under way: it is replaced in one go at its end.
#pragma once

#include "controller/kube/api/failure.hpp"
#include "controller/kube/objects.hpp"
#include "controller/kube/resources.hpp"
#include "routing/diagnostic.hpp"

#include <boost/json/object.hpp>

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace controller::kube {

// An object with what was to be said of it when it was read.
struct Arrived {
  Object object;
  std::vector<routing::Diagnostic> diagnostics;
};

class ObjectSink {
 public:
  virtual ~ObjectSink() = default;
  // All that there is: what is not among them is gone.
  virtual void on_replaced(std::vector<Arrived> all) = 0;
  virtual void on_changed(Arrived arrived) = 0;
  virtual void on_removed(const Key& key) = 0;
};

class Reflection {
 public:
  static constexpr std::size_t max_depth = 64;  // of JSON: no kind that we read comes near

  Reflection(const Resource& resource, ObjectSink& sink) : resource_(resource), sink_(sink) {}

  [[nodiscard]] bool is_in_step() const noexcept { return phase_ == Phase::in_step; }
  [[nodiscard]] bool is_listing() const noexcept { return phase_ == Phase::listing; }
  // From where a watch goes on.
  [[nodiscard]] const std::string& resource_version() const noexcept { return resource_version_; }

  // Forgets what an unfinished list had. What was in step stays.
  void begin_list();
  // One object of a list, as text.
  [[nodiscard]] std::optional<Failure> take_item(std::string_view text);
  // The list is complete, as of that version.
  void end_list(std::string resource_version);
  // One event of a watch, or of a list that comes as one. `gone`: what the watch asked for is too old.
  [[nodiscard]] std::optional<Failure> take_event(std::string_view text);

 private:
  enum class Phase { empty, listing, in_step };

  [[nodiscard]] std::optional<Failure> take(std::string_view type, boost::json::object& object);
  void take_bookmark(const boost::json::object& object);

  const Resource& resource_;
  ObjectSink& sink_;
  Phase phase_ = Phase::empty;
  std::string resource_version_;
  std::map<Key, Arrived> listed_;  // of the list under way
};

// The first object of a list of that kind, given as text; none when it is empty or something else.
[[nodiscard]] std::optional<Arrived> first_of_list(const Resource& resource, std::string_view text);
// The resourceVersion in the metadata of an object or a list; "" when there is none.
[[nodiscard]] std::string resource_version_of(const boost::json::object& object);
// Whether a server whose latest version is `latest` has gone back behind `seen` (restored from a backup).
[[nodiscard]] bool is_behind(std::string_view latest, std::string_view seen);

}  // namespace controller::kube
