// Cuts JSON that arrives in pieces into the objects it holds, so that each can be read and forgotten. It looks at brackets and
// quotes only; whoever reads an object finds what else is wrong with it.
#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace controller::kube {

class ObjectSplitter {
 public:
  enum class Form {
    sequence,  // objects one behind the other: a watch
    list,      // one object with an array of objects: a List
  };
  // etcd takes objects of 1.5 MiB, which may be longer as JSON; what the controller makes of a list around them is short.
  static constexpr std::size_t max_object_bytes = 16 * 1024 * 1024;
  static constexpr std::size_t max_envelope_bytes = 64 * 1024;

  using Take = std::function<bool(std::string_view object)>;

  explicit ObjectSplitter(Form form) : form_(form) {}

  // Calls `take` with each object that is complete; it returns false to stop. False: stopped, no JSON, or beyond a limit.
  [[nodiscard]] bool feed(std::string_view bytes, const Take& take);
  // Of a list: what is around the objects, complete when is_complete().
  [[nodiscard]] const std::string& envelope() const noexcept { return envelope_; }
  [[nodiscard]] bool is_complete() const noexcept { return is_closed_; }

 private:
  [[nodiscard]] bool begins_object() const noexcept { return form_ == Form::sequence ? depth_ == 0 : depth_ == 2 && is_in_array_; }
  [[nodiscard]] bool keep(std::string_view bytes);

  Form form_;
  int depth_ = 0, cut_depth_ = 0;
  bool is_in_string_ = false, is_escaped_ = false;
  bool is_in_array_ = false;   // the one of a list, at depth 1
  bool is_inside_ = false;     // an object that is to be cut out
  bool is_closed_ = false;
  std::string partial_, envelope_;
};

}  // namespace controller::kube
