// JSON of an object to the struct of its kind. What cannot be read is told with its path and left out; the rest stands.
#pragma once

#include "controller/kube/objects.hpp"
#include "routing/diagnostic.hpp"

#include <boost/json/object.hpp>

#include <optional>
#include <string>
#include <vector>

namespace controller::kube {

struct Decoded {
  std::optional<Object> object;   // none: not one of our kinds, or unreadable as a whole
  std::string skipped_kind;       // set when the kind is not one that we read ("apps/v1 Deployment")
  std::vector<routing::Diagnostic> diagnostics;
};

// `object` has apiVersion and kind; a List is the caller's business.
[[nodiscard]] Decoded decode(const boost::json::object& object);

}  // namespace controller::kube
