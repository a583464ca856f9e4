#include "controller/manifests/directory.hpp"

#include "controller/kube/decode.hpp"
#include "controller/manifests/yaml.hpp"

#include <fmt/format.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <functional>
#include <thread>

namespace controller::manifests {

namespace fs = std::filesystem;
namespace json = boost::json;

namespace {

bool is_manifest(const fs::path& path) {
  const auto suffix = path.extension();
  return suffix == ".yaml" || suffix == ".yml" || suffix == ".json";
}

bool is_link(const fs::path& path) {
  std::error_code error;
  return fs::is_symlink(path, error);
}

bool read_text(const fs::path& path, std::string& text) {
  std::ifstream stream{path, std::ios::binary};
  if (!stream) return false;
  text.assign(std::istreambuf_iterator<char>{stream}, {});
  return !stream.bad();
}

// An object or a List of them.
template <typename Take>
void each_manifest(const json::object& root, Take take) {
  const json::value* const kind = root.if_contains("kind");
  const json::value* const items = root.if_contains("items");
  const bool is_list = kind && kind->is_string() && items && items->is_array() &&
                       std::string_view{kind->get_string().data(), kind->get_string().size()}.ends_with("List");
  if (!is_list) {
    take(root);
    return;
  }
  for (const json::value& item : items->get_array())
    if (const json::object* object = item.if_object()) take(*object);
}

}  // namespace

Directory::Directory(fs::path root) : root_(std::move(root)) {}

Directory::~Directory() {
  if (inotify_ >= 0) ::close(inotify_);
}

std::string Directory::shown(const fs::path& path) const {
  std::error_code error;
  const fs::path relative = fs::relative(path, root_, error);
  return error || relative.empty() ? path.string() : relative.string();
}

bool Directory::load(std::string& error) {
  std::error_code code;
  if (!fs::is_directory(root_, code)) {
    error = fmt::format("{}: {}", root_.string(), code ? code.message() : "is no directory");
    return false;
  }
  fs::directory_iterator readable{root_, code};
  if (code) {
    error = fmt::format("{}: {}", root_.string(), code.message());
    return false;
  }
  scan();
  return true;
}

void Directory::watch() {
  inotify_ = ::inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
  if (inotify_ >= 0) scan();
}

void Directory::watch_folder(const fs::path& folder) {
  if (inotify_ < 0) return;
  const int watch = ::inotify_add_watch(inotify_, folder.c_str(),
                                        IN_CLOSE_WRITE | IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_DELETE_SELF | IN_ATTRIB);
  if (watch >= 0) watches_[watch] = folder;
}

void Directory::scan() {
  std::vector<fs::path> found;
  std::set<std::string> visited;
  scan_folder(root_, 0, found, visited);
  std::set<std::string> seen;
  for (const fs::path& path : found) seen.insert(path.string());
  std::erase_if(files_, [&](const auto& entry) {
    if (seen.contains(entry.first)) return false;
    note_difference(entry.second.documents, {});
    return true;
  });
  read_files(found, Trust::times);
}

void Directory::note_difference(const std::vector<std::shared_ptr<const Document>>& before, const std::vector<std::shared_ptr<const Document>>& after) {
  const auto add_missing = [](const auto& from, const auto& in, std::vector<kube::Object>& out) {
    std::set<const Document*> there;
    for (const auto& document : in) there.insert(document.get());
    for (const auto& document : from)
      if (!there.contains(document.get())) out.insert(out.end(), document->objects.begin(), document->objects.end());
  };
  if (before == after) return;
  add_missing(before, after, delta_.removed);
  add_missing(after, before, delta_.added);
}

void Directory::scan_folder(const fs::path& folder, int depth, std::vector<fs::path>& found, std::set<std::string>& visited) {
  std::error_code error;
  const fs::path real = fs::canonical(folder, error);
  if (error || depth > max_folder_depth || !visited.insert(real.string()).second) return;  // a link may lead back
  watch_folder(folder);
  for (fs::directory_iterator it{folder, error}, end; !error && it != end; it.increment(error)) {
    const fs::path& path = it->path();
    if (path.filename().string().starts_with("..")) continue;  // the real files of a mounted volume: the links to them are read
    if (it->is_directory(error)) scan_folder(path, depth + 1, found, visited);
    else if (is_manifest(path) && it->is_regular_file(error) && found.size() < max_files) found.push_back(path);
    error.clear();
  }
}

// Parsing is what a start with many objects consists of, and files do not depend on each other.
void Directory::read_files(const std::vector<fs::path>& paths, Trust trust) {
  std::vector<File*> files;
  std::vector<std::vector<std::shared_ptr<const Document>>> before;
  for (const fs::path& path : paths) {
    files.push_back(&files_[path.string()]);
    before.push_back(files.back()->documents);
  }
  std::vector<char> exists(paths.size());
  std::atomic<std::size_t> next{0};
  const auto work = [&] {
    for (std::size_t i = next++; i < paths.size(); i = next++) exists[i] = read_file(paths[i], *files[i], trust);
  };
  const auto wanted = std::min<std::size_t>({max_threads, std::max(1u, std::thread::hardware_concurrency()), paths.size() / files_per_thread + 1});
  std::vector<std::thread> threads;
  for (std::size_t i = 1; i < wanted; ++i) threads.emplace_back(work);
  work();
  for (auto& thread : threads) thread.join();
  for (std::size_t i = 0; i < paths.size(); ++i) {
    note_difference(before[i], exists[i] ? files[i]->documents : decltype(files[i]->documents){});
    if (!exists[i]) files_.erase(paths[i].string());
  }
}

bool Directory::read_file(const fs::path& path, File& file, Trust trust) const {
  struct stat status{};
  if (::stat(path.c_str(), &status) != 0) return false;
  if (!S_ISREG(status.st_mode)) return false;  // a pipe by that name would never end
  const std::int64_t modified = status.st_mtim.tv_sec * 1'000'000'000 + status.st_mtim.tv_nsec;
  if (trust == Trust::times && file.modified == modified && file.bytes == static_cast<std::uintmax_t>(status.st_size) && file.inode == status.st_ino) return true;
  file.modified = modified;
  file.bytes = static_cast<std::uintmax_t>(status.st_size);
  file.inode = status.st_ino;

  const auto refuse = [&](std::string field, std::string reason) {
    file.diagnostics = {{"File", "", shown(path), std::move(field), std::move(reason), routing::Severity::refused}};
    return true;
  };
  std::string text;
  if (file.bytes > max_file_bytes) return refuse("size", "larger than 256 MiB; the objects it last held stay in force");
  if (!read_text(path, text)) return refuse("file", fmt::format("cannot be read: {}", std::strerror(errno)));

  std::unordered_map<std::uint64_t, std::shared_ptr<const Document>> known;
  for (const auto& document : file.documents) known.emplace(document->text_hash, document);
  std::vector<std::shared_ptr<const Document>> documents;
  for (const DocumentText& part : split_documents(text)) {
    const std::uint64_t hash = std::hash<std::string_view>{}(part.text);
    if (const auto found = known.find(hash); found != known.end() && found->second->text_bytes == part.text.size()) {
      documents.push_back(found->second);
      continue;
    }
    const ParsedDocument parsed = parse_document(part);
    if (!parsed.error.empty())
      return refuse(fmt::format("line {}", parsed.line), parsed.error + "; nothing new of this file is taken until it parses, what it held before stays in force");
    auto document = std::make_shared<Document>();
    document->text_hash = hash;
    document->text_bytes = part.text.size();
    if (const json::object* root = parsed.value.if_object()) {
      each_manifest(*root, [&document, shown_name = shown(path)](const json::object& object) {
        kube::Decoded decoded = kube::decode(object);
        if (decoded.object) document->objects.push_back(std::move(*decoded.object));
        if (!decoded.skipped_kind.empty()) document->skipped_kinds.insert(decoded.skipped_kind);
        for (routing::Diagnostic& diagnostic : decoded.diagnostics) {
          if (diagnostic.name.empty()) {  // not even a name to go by
            diagnostic.kind = "File";
            diagnostic.name = shown_name;
          }
          document->diagnostics.push_back(std::move(diagnostic));
        }
      });
    }
    documents.push_back(std::move(document));
  }
  file.documents = std::move(documents);
  file.diagnostics.clear();
  return true;
}

bool Directory::take_changes() {
  bool any = false, everything = false;
  std::set<fs::path> changed;
  alignas(inotify_event) char buffer[64 * 1024];
  while (true) {
    const ssize_t bytes = ::read(inotify_, buffer, sizeof buffer);
    if (bytes <= 0) break;
    for (ssize_t at = 0; at < bytes;) {
      const auto& event = *reinterpret_cast<const inotify_event*>(buffer + at);
      at += static_cast<ssize_t>(sizeof event + event.len);
      const auto folder = watches_.find(event.wd);
      if (event.mask & IN_Q_OVERFLOW || folder == watches_.end()) {
        everything = everything || (event.mask & IN_Q_OVERFLOW);
        continue;
      }
      if (event.mask & IN_IGNORED) {
        watches_.erase(folder);
        everything = true;
        continue;
      }
      const std::string name = event.len ? event.name : "";
      const fs::path path = folder->second / name;
      // Folders, and the link that a mounted volume swaps, stand for many files.
      if (event.mask & (IN_ISDIR | IN_DELETE_SELF) || name.starts_with("..")) everything = true;
      else if (is_manifest(path) && !(event.mask & IN_CREATE && !is_link(path))) changed.insert(path);
    }
  }
  if (everything) {
    scan();
    any = true;
  }
  read_files({changed.begin(), changed.end()}, Trust::nothing);
  return any || !changed.empty();
}

std::vector<routing::Diagnostic> Directory::diagnostics() const {
  std::vector<routing::Diagnostic> result;
  for (const auto& [path, file] : files_) {
    result.insert(result.end(), file.diagnostics.begin(), file.diagnostics.end());
    for (const auto& document : file.documents) result.insert(result.end(), document->diagnostics.begin(), document->diagnostics.end());
  }
  return result;
}

}  // namespace controller::manifests
