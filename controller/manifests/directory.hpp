// The objects in the files below a directory, and what changes there. Events say most of it; what they cannot say (the
// directory itself replaced, targets of links outside of it) is looked at every now and then.
#pragma once

#include "controller/kube/objects.hpp"
#include "controller/manifests/file.hpp"
#include "controller/manifests/watcher.hpp"
#include "routing/diagnostic.hpp"

#include <chrono>
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace controller::manifests {

// Owned by the reconciler's thread.
class Directory {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr std::size_t max_files = 100'000;
  static constexpr int max_folder_depth = 32;
  static constexpr std::size_t files_per_thread = 16;  // fewer are not worth a thread
  static constexpr std::int64_t large_file_bytes = 1024 * 1024;  // worth several threads
  static constexpr unsigned max_threads = 8;
  static constexpr std::chrono::milliseconds check_interval{400};
  static constexpr std::size_t links_per_check = 1000;
  // How long a file that is gone still counts: when a folder is deleted its files go first, and the folder may be the whole
  // directory, whose objects stay.
  static constexpr std::chrono::milliseconds removal_grace{250};

  explicit Directory(std::filesystem::path root);
  Directory(const Directory&) = delete;
  Directory& operator=(const Directory&) = delete;

  // From here on changes make fd() readable. To be called before load(), so that no change falls between the two.
  void watch() { watcher_.open(); }
  // Reads everything. False with `error` set when the root is no readable directory.
  [[nodiscard]] bool load(std::string& error);
  [[nodiscard]] int fd() const noexcept { return watcher_.fd(); }
  // Takes the events that are there, looks at what is due, and reads the files concerned. True when objects, diagnostics or
  // notices may have changed. To be called when fd() is readable and when until_check() is over.
  [[nodiscard]] bool take_changes();
  [[nodiscard]] std::chrono::milliseconds until_check() const;
  // Objects that have come, or gone, since the last call.
  [[nodiscard]] Delta take_delta();

  // Calls `visit(object, file)`, with the file's name for people, in the order of the files' names; of two objects with one
  // name the first is the one that counts.
  template <typename Visit>
  void each_object(Visit visit) const {
    for (const auto& [path, file] : files_) {
      const std::string name = shown(path);
      for (const auto& document : file.documents())
        for (const auto& object : document.objects) visit(object, name);
    }
  }
  [[nodiscard]] std::vector<routing::Diagnostic> diagnostics() const;

  // A kind of objects in a file that is not read; kind "": the file, or a document of it, holds no Kubernetes object.
  struct Notice {
    std::string file, kind;
    friend auto operator<=>(const Notice&, const Notice&) = default;
  };
  [[nodiscard]] std::vector<Notice> notices() const;
  [[nodiscard]] std::size_t file_count() const noexcept { return files_.size(); }

 private:
  struct Found {
    std::vector<std::filesystem::path> files;
    std::vector<std::filesystem::path> links;       // to files and folders
    std::vector<routing::Diagnostic> unreadable;    // folders
    std::vector<std::string> kept;                  // prefixes of paths that could not be looked at
    std::set<std::string> visited;                  // real folders: a link may lead back
  };
  // What a link, or the root, leads to. Of a folder only device and inode.
  [[nodiscard]] static FileIdentity identify(const std::filesystem::path& path);

  void scan();
  void scan_folder(const std::filesystem::path& folder, int depth, Found& found);
  void take_entry(const std::filesystem::directory_entry& entry, int depth, Found& found);
  void note_missing(const Found& found);
  [[nodiscard]] bool drop_missing(Clock::time_point now);
  [[nodiscard]] bool is_root_there(FileIdentity& identity, bool was_lost);
  [[nodiscard]] bool check(std::set<std::filesystem::path>& changed);
  void note_read(const std::filesystem::path& path, const File& file, bool is_there);
  [[nodiscard]] bool check_links(std::set<std::filesystem::path>& changed);
  void read_files(const std::vector<std::filesystem::path>& paths, File::Trust trust);
  [[nodiscard]] std::string shown(const std::filesystem::path& path) const;

  std::filesystem::path root_;
  FileIdentity root_identity_;
  std::string root_problem_;  // why what is served is not what the root holds; "" = it is
  std::map<std::string, File> files_;
  std::map<std::string, Clock::time_point> missing_;  // files that are gone, since when
  std::vector<routing::Diagnostic> unreadable_;
  std::set<std::filesystem::path> unread_;  // files to be tried again
  std::map<std::string, FileIdentity> links_;
  std::string next_link_;     // where the next check goes on
  Clock::time_point next_check_{};
  Watcher watcher_;
  Delta delta_;
};

}  // namespace controller::manifests
