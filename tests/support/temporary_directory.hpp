// A directory that is gone with its owner; for manifests and logs of one test.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace support {

class TemporaryDirectory {
 public:
  TemporaryDirectory();  // throws std::runtime_error when none can be made: a test cannot go on then
  ~TemporaryDirectory();
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }

  // Replaces the file in one step, as an editor or a ConfigMap mount does: a reader sees the old text or the new one.
  void write(const std::string& name, std::string_view text) const;
  void remove(const std::string& name) const;

 private:
  std::filesystem::path path_;
};

// The text of a file of the repository, e.g. "deploy/examples/tls.yaml". Throws std::runtime_error when it is not there.
[[nodiscard]] std::string read_repository_file(const std::string& relative_path);

}  // namespace support
