// What a refusal of the API server is about; the rule of RBAC that an account lacks, as a line for whoever writes Roles.
#pragma once

#include "controller/kube/api/failure.hpp"
#include "controller/kube/resources.hpp"
#include "routing/diagnostic.hpp"

#include <string>
#include <string_view>

namespace controller::kube {

// `name`: the resource's plural, with a subresource where that is meant ("ingresses/status"); `verbs` with quotes and commas;
// namespace "" = all of them; `answer`: what the server said.
[[nodiscard]] routing::Diagnostic missing_rule(const Resource& resource, std::string_view name, std::string_view verbs, const std::string& object_namespace,
                                               const std::string& answer);

// Whether a request was refused for want of a rule: admission and quotas answer 403 as well.
[[nodiscard]] bool is_missing_rule(const Failure& failure);
// Whether it would happen to any other request too, and not to this object alone.
[[nodiscard]] bool concerns_all(const Failure& failure);

}  // namespace controller::kube
