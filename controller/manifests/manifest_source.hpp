// A directory of manifests as a source of objects.
#pragma once

#include "controller/manifests/directory.hpp"
#include "controller/manifests/store_from.hpp"
#include "controller/source.hpp"

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

namespace controller::manifests {

class ManifestSource final : public Source {
 public:
  // An editor, a checkout or a mounted volume writes file after file.
  static constexpr std::chrono::milliseconds between_files{10};

  explicit ManifestSource(std::filesystem::path root) : directory_(std::move(root)) {}

  [[nodiscard]] std::string start() override;
  [[nodiscard]] bool is_synced() const override { return true; }
  [[nodiscard]] int fd() const noexcept override { return directory_.fd(); }
  [[nodiscard]] std::chrono::milliseconds until_check() const override { return directory_.until_check(); }
  [[nodiscard]] std::chrono::milliseconds settling_time() const noexcept override { return between_files; }
  [[nodiscard]] bool take_changes() override { return directory_.take_changes(); }
  [[nodiscard]] Changes update() override;
  [[nodiscard]] const Store& store() const noexcept override { return loaded_.store; }
  [[nodiscard]] std::vector<routing::Diagnostic> diagnostics() const override;
  [[nodiscard]] std::vector<std::string> notices() const override;
  // What is wrong with a file is a diagnostic.
  [[nodiscard]] std::vector<std::string> problems() const override { return {}; }

 private:
  Directory directory_;
  Loaded loaded_;
  bool is_loaded_ = false;
};

}  // namespace controller::manifests
