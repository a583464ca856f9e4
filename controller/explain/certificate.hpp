// The certificate that a handshake would get, and why that one.
#pragma once

#include "controller/explain/explanation.hpp"
#include "controller/explain/situation.hpp"

#include <chrono>
#include <optional>
#include <string>

namespace controller::explain {

// Nothing: the handshake is refused.
[[nodiscard]] std::optional<CertificateUse> certificate_use(const Situation& situation, const std::string& server_name,
                                                            std::chrono::system_clock::time_point now);

}  // namespace controller::explain
