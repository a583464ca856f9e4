// Why an object, or a part of one, was not taken as written. A diagnostic is a value: whoever gets it prints it.
#pragma once

#include <compare>
#include <string>

namespace routing {

enum class Severity {
  refused,      // the field does not act; what it guards answers 503 or the default stands
  changed,      // it acts, but not as its author may expect (conflict lost, case folded, setting has no meaning here)
};

// Ordered and comparable so that a set of them tells what is new and what has healed.
struct Diagnostic {
  std::string kind;              // "Ingress", "Secret", "ConfigMap", "File", ...
  std::string object_namespace;  // empty for a file or a cluster-scoped object
  std::string name;
  std::string field;             // annotation or JSON path, as a user would look for it
  std::string reason;            // what is wrong and what to do, one line, no secrets
  Severity severity = Severity::refused;

  friend auto operator<=>(const Diagnostic&, const Diagnostic&) = default;
};

// "Ingress shop/web: spec.rules[0].host: reason", the form of `weir check` and of the log (contract: Commands). One
// line whatever the object says: control characters and broken UTF-8 are escaped.
[[nodiscard]] std::string to_line(const Diagnostic&);

}  // namespace routing
