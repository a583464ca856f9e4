#include "routing/diagnostic.hpp"

#include "routing/printable.hpp"

namespace routing {

std::string to_line(const Diagnostic& diagnostic) {
  std::string line = diagnostic.kind + ' ';
  if (!diagnostic.object_namespace.empty()) line += diagnostic.object_namespace + '/';
  line += diagnostic.name;
  if (!diagnostic.field.empty()) line += ": " + diagnostic.field;
  line += ": " + diagnostic.reason;
  return printable(line);
}

}  // namespace routing
