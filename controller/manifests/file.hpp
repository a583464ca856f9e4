// One file of manifests: read piece by piece, split into documents, of which only those that changed are decoded again.
#pragma once

#include "controller/kube/objects.hpp"
#include "routing/diagnostic.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace controller::manifests {

// What tells of most changes of a file. Not of two within one tick of the clock: what was young when it was read may have
// changed since without a trace.
struct FileIdentity {
  std::uint64_t device = 0, inode = 0;
  std::int64_t bytes = 0, modified_ns = 0, changed_ns = 0;

  friend bool operator==(const FileIdentity&, const FileIdentity&) = default;
};
// Follows links. False: there is no file, or no regular one (a pipe by that name would never end); errno is 0 in that case, else
// what the kernel said.
[[nodiscard]] bool identify_file(const std::filesystem::path& path, FileIdentity& identity);

// What is to be said of a document; few have any of it.
struct Remarks {
  std::vector<routing::Diagnostic> diagnostics;
  std::set<std::string> skipped_kinds;  // "apps/v1 Deployment"; "" for what is no Kubernetes object
};

struct Document {
  std::uint64_t text_hash = 0;
  std::size_t text_bytes = 0;
  std::vector<kube::Object> objects;
  std::unique_ptr<const Remarks> remarks;  // null: none
};

// Objects that have come and gone; one that was edited is in both.
struct Delta {
  std::vector<kube::Object> added, removed;
  bool is_reordered = false;  // of two objects with one name another may be the first now
};

// Owned by one thread at a time.
class File {
 public:
  static constexpr std::size_t max_bytes = 256 * 1024 * 1024;
  static constexpr std::size_t window_bytes = 1024 * 1024;   // read at a time; a longer document makes it longer
  static constexpr std::size_t documents_per_thread = 64;    // fewer are not worth a thread
  static constexpr std::chrono::seconds settle_time{2};      // coarser than the clock of any file system in use

  // Reads the file again unless it certainly is as before; `shown` is its name for people. What does not parse changes
  // nothing but the diagnostics. At most `threads` decode. False: it is gone, and nothing is changed.
  enum class Trust { identity, nothing };
  [[nodiscard]] bool read(const std::filesystem::path& path, const std::string& shown, Trust trust, unsigned threads, Delta& delta);

  [[nodiscard]] const std::vector<Document>& documents() const noexcept { return documents_; }
  // Of the file as such: not readable, does not parse.
  [[nodiscard]] const std::vector<routing::Diagnostic>& diagnostics() const noexcept { return diagnostics_; }
  [[nodiscard]] const FileIdentity& identity() const noexcept { return identity_; }
  // Whether a change since it was last read would show in its identity.
  [[nodiscard]] bool is_settled() const noexcept { return is_settled_; }
  // Whether the kernel refused to hand it out when it was last read: it may do so another time, without a change to tell of it.
  [[nodiscard]] bool is_unread() const noexcept { return is_unread_; }

 private:
  void refuse_unread(const std::string& shown, int error);
  void refuse(const std::string& shown, std::string field, std::string reason);
  void commit(std::vector<Document>& fresh, const std::vector<std::uint32_t>& kept_from, Delta& delta);

  std::vector<Document> documents_;
  std::vector<routing::Diagnostic> diagnostics_;
  FileIdentity identity_;
  bool is_settled_ = true, is_unread_ = false;
};

}  // namespace controller::manifests
