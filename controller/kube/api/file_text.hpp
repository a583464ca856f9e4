// Small files as text: tokens, certificates, kubeconfig.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

namespace controller::kube {

inline constexpr std::size_t max_file_bytes = 4 * 1024 * 1024;

// None, with `error` saying why, when it cannot be read or is larger than max_file_bytes.
[[nodiscard]] std::optional<std::string> read_text(const std::filesystem::path& file, std::string& error);

}  // namespace controller::kube
