// Base64 as Kubernetes writes it.
#pragma once

#include <string>

namespace controller::kube {

// False for what is no base64. Line breaks, as `kubectl create -o yaml` folds them, are skipped.
[[nodiscard]] bool decode_base64(std::string text, std::string& out);

}  // namespace controller::kube
