#include "controller/manifests/manifest_source.hpp"

#include <fmt/format.h>

namespace controller::manifests {

namespace {

std::string text_of(const Directory::Notice& notice) {
  if (notice.kind.empty()) return fmt::format("{} holds something that is no Kubernetes object: skipped", notice.file);
  return fmt::format("{} holds objects of kind {}, which are not read here: skipped", notice.file, notice.kind);
}

}  // namespace

std::string ManifestSource::start() {
  std::string error;
  directory_.watch();
  if (!directory_.load(error)) return error.empty() ? "cannot be read" : error;
  return {};
}

Changes ManifestSource::update() {
  if (is_loaded_) return manifests::update(loaded_, directory_);
  is_loaded_ = true;
  (void)directory_.take_delta();
  loaded_ = store_from(directory_);
  return {.routes = true, .is_unbounded = true, .ingresses = {}, .services = {}, .secrets = {}, .gone = {}, .statuses = {}};
}

std::vector<routing::Diagnostic> ManifestSource::diagnostics() const {
  std::vector<routing::Diagnostic> all = directory_.diagnostics();
  all.insert(all.end(), loaded_.diagnostics.begin(), loaded_.diagnostics.end());
  return all;
}

std::vector<std::string> ManifestSource::notices() const {
  std::vector<std::string> texts;
  for (const auto& notice : directory_.notices()) texts.push_back(text_of(notice));
  return texts;
}

}  // namespace controller::manifests
