#include "controller/kube/missing_rule.hpp"

#include <fmt/format.h>

namespace controller::kube {

routing::Diagnostic missing_rule(const Resource& resource, std::string_view name, std::string_view verbs, const std::string& object_namespace,
                                 const std::string& answer) {
  const std::string full_name = resource.group().empty() ? std::string{name} : fmt::format("{}.{}", name, resource.group());
  const std::string where = object_namespace.empty() ? "a ClusterRole" : fmt::format("a Role of namespace {}", object_namespace);
  return {"RBAC", object_namespace, full_name, "rules",
          fmt::format("missing: {{apiGroups: [\"{}\"], resources: [\"{}\"], verbs: [{}]}} in {} ({})", resource.group(), name, verbs, where, answer),
          routing::Severity::refused};
}

}  // namespace controller::kube
