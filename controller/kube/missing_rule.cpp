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

bool is_missing_rule(const Failure& failure) {
  // 'User "x" cannot patch resource "ingresses/status" in API group ...': RBAC's words, and no other authorizer's differ.
  return failure.kind == Failure::Kind::forbidden && failure.text.find(" cannot ") != std::string::npos;
}

bool concerns_all(const Failure& failure) {
  constexpr unsigned too_many_requests = 429;
  return failure.status == 0 || failure.status == too_many_requests || failure.kind == Failure::Kind::unauthorized || is_missing_rule(failure);
}

}  // namespace controller::kube
