// How long an exchange waits for its upstream.
#pragma once

#include <chrono>

namespace routing {

// proxy-connect-timeout, proxy-read-timeout, proxy-send-timeout (annotation or ConfigMap, seconds).
// read and send are between two operations, so read also bounds a silent WebSocket.
struct Timeouts {
  std::chrono::seconds connect{5};
  std::chrono::seconds read{60};
  std::chrono::seconds send{60};

  friend bool operator==(const Timeouts&, const Timeouts&) = default;
};

}  // namespace routing
