// Why a request to the API server has failed, sorted by what is to be done about it.
#pragma once

#include <chrono>
#include <string>

namespace controller::kube {

struct Failure {
  enum class Kind {
    unreachable,   // no connection, or it broke: the server may be back at any moment
    unauthorized,  // 401, or no credentials
    forbidden,     // 403
    gone,          // 410: what was asked for is too old
    refused,       // another 4xx: the request does not suit this server
    busy,          // 429 or 5xx
    malformed,     // an answer that makes no sense
  };

  Kind kind = Kind::unreachable;
  unsigned status = 0;                 // of HTTP; 0: there was no answer
  std::string text;                    // for people
  std::chrono::seconds retry_after{0}; // what the server asks for
};

// What an answer other than 2xx says; `body` holds a Status object, as a rule.
[[nodiscard]] Failure failure_of(unsigned status, const std::string& body);
// The same of a Status object inside a watch.
[[nodiscard]] Failure failure_of_status(unsigned code, std::string message);

}  // namespace controller::kube
