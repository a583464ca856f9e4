// The rule of RBAC that an account lacks, as a line for whoever writes Roles.
#pragma once

#include "controller/kube/resources.hpp"
#include "routing/diagnostic.hpp"

#include <string>
#include <string_view>

namespace controller::kube {

// `name`: the resource's plural, with a subresource where that is meant ("ingresses/status"); `verbs` with quotes and commas;
// namespace "" = all of them; `answer`: what the server said.
[[nodiscard]] routing::Diagnostic missing_rule(const Resource& resource, std::string_view name, std::string_view verbs, const std::string& object_namespace,
                                               const std::string& answer);

}  // namespace controller::kube
