// Where in its Ingress a path, or the Secret of a TLS entry, is declared.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace controller::translate {

struct FieldPlace {
  static constexpr std::uint32_t none = UINT32_MAX;
  std::uint32_t rule = none, path = none;  // none: spec.defaultBackend

  [[nodiscard]] bool is_default_backend() const noexcept { return rule == none; }
  [[nodiscard]] std::string field() const {
    return is_default_backend() ? "spec.defaultBackend" : "spec.rules[" + std::to_string(rule) + "].http.paths[" + std::to_string(path) + "]";
  }
};

[[nodiscard]] inline std::string secret_field(std::size_t tls) { return "spec.tls[" + std::to_string(tls) + "].secretName"; }

}  // namespace controller::translate
