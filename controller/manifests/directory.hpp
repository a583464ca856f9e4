// The objects in the files below a directory, and what changes there. Files are read again only when they changed, and of
// those only the documents that changed are decoded again.
#pragma once

#include "controller/kube/objects.hpp"
#include "routing/diagnostic.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace controller::manifests {

// Owned by the reconciler's thread.
class Directory {
 public:
  static constexpr std::size_t max_file_bytes = 256 * 1024 * 1024;
  static constexpr std::size_t max_files = 100'000;
  static constexpr int max_folder_depth = 32;
  static constexpr std::size_t files_per_thread = 16;  // fewer are not worth a thread
  static constexpr unsigned max_threads = 8;

  explicit Directory(std::filesystem::path root);
  ~Directory();
  Directory(const Directory&) = delete;
  Directory& operator=(const Directory&) = delete;

  // Reads everything. False with `error` set when the root is no readable directory.
  [[nodiscard]] bool load(std::string& error);
  // From here on changes make fd() readable.
  void watch();
  [[nodiscard]] int fd() const noexcept { return inotify_; }
  // Takes the events that are there and reads the files concerned. True when objects or diagnostics may have changed.
  [[nodiscard]] bool take_changes();
  // Objects that have come and gone since the last call; one that was edited is in both.
  struct Delta {
    std::vector<kube::Object> added, removed;
  };
  [[nodiscard]] Delta take_delta() { return std::exchange(delta_, {}); }

  // Calls `visit(object, file)` in the order of the files' names; of two objects with one name the first is the one that counts.
  template <typename Visit>
  void each_object(Visit visit) const {
    for (const auto& [path, file] : files_)
      for (const auto& document : file.documents)
        for (const auto& object : document->objects) visit(object, path);
  }
  [[nodiscard]] std::vector<routing::Diagnostic> diagnostics() const;
  [[nodiscard]] std::size_t file_count() const noexcept { return files_.size(); }

 private:
  struct Document {
    std::uint64_t text_hash = 0;
    std::size_t text_bytes = 0;
    std::vector<kube::Object> objects;
    std::vector<routing::Diagnostic> diagnostics;
    std::set<std::string> skipped_kinds;
  };
  struct File {
    std::vector<std::shared_ptr<const Document>> documents;
    std::vector<routing::Diagnostic> diagnostics;  // of the file as such: not readable, does not parse
    std::int64_t modified = 0;
    std::uintmax_t bytes = 0;
    std::uint64_t inode = 0;
  };

  void scan();
  void scan_folder(const std::filesystem::path& folder, int depth, std::vector<std::filesystem::path>& found, std::set<std::string>& visited);
  // Time, size and inode tell of most changes. Not of two within one tick of the clock, nor of a chmod: a file that an event
  // names is read whatever they say.
  enum class Trust { times, nothing };
  // Reads the file into `file` unless it is the same as before. False: it is gone. Files may be read on several threads.
  [[nodiscard]] bool read_file(const std::filesystem::path& path, File& file, Trust trust) const;
  void read_files(const std::vector<std::filesystem::path>& paths, Trust trust);
  void watch_folder(const std::filesystem::path& folder);
  [[nodiscard]] std::string shown(const std::filesystem::path& path) const;

  std::filesystem::path root_;
  void note_difference(const std::vector<std::shared_ptr<const Document>>& before, const std::vector<std::shared_ptr<const Document>>& after);

  std::map<std::string, File> files_;
  Delta delta_;
  int inotify_ = -1;
  std::unordered_map<int, std::filesystem::path> watches_;
};

}  // namespace controller::manifests
