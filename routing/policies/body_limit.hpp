// How large a request body may be.
#pragma once

#include <cstdint>

namespace routing {

// proxy-body-size; larger is answered 413. 0 means no limit.
struct BodyLimit {
  std::uint64_t max_body_bytes = 1024 * 1024;

  friend bool operator==(const BodyLimit&, const BodyLimit&) = default;
};

}  // namespace routing
