#include "controller/manifests/directory.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <atomic>
#include <thread>
#include <unordered_map>
#include <utility>
#include <variant>

namespace controller::manifests {

namespace fs = std::filesystem;

namespace {

bool is_manifest(const fs::path& path) {
  const auto suffix = path.extension();
  return suffix == ".yaml" || suffix == ".yml" || suffix == ".json";
}

unsigned thread_count() { return std::clamp(std::thread::hardware_concurrency(), 1u, Directory::max_threads); }

void append(Delta& delta, Delta&& more) {
  delta.added.insert(delta.added.end(), more.added.begin(), more.added.end());
  delta.removed.insert(delta.removed.end(), more.removed.begin(), more.removed.end());
  delta.is_reordered = delta.is_reordered || more.is_reordered;
}

// What is left when coming and going cancel out, as where a file was written several times. One object may come more than once: a
// document that is broken holds what it held before.
void settle(Delta& delta) {
  const auto address = [](const kube::Object& object) { return std::visit([](const auto& pointer) -> const void* { return pointer.get(); }, object); };
  std::unordered_map<const void*, int> net;
  for (const kube::Object& object : delta.added) ++net[address(object)];
  for (const kube::Object& object : delta.removed) --net[address(object)];
  const auto keep = [&](std::vector<kube::Object>& list, int sign) {
    std::erase_if(list, [&](const kube::Object& object) {
      int& left = net[address(object)];
      if (left * sign <= 0) return true;
      left -= sign;
      return false;
    });
  };
  const std::size_t before = delta.added.size();
  keep(delta.added, 1);
  keep(delta.removed, -1);
  delta.is_reordered = delta.is_reordered || delta.added.size() != before;  // what came back may stand elsewhere
}

routing::Diagnostic of_file(std::string name, std::string field, std::string reason) {
  return {"File", "", std::move(name), std::move(field), std::move(reason), routing::Severity::refused};
}

}  // namespace

Directory::Directory(fs::path root) : root_(std::move(root)) {}

Delta Directory::take_delta() {
  Delta delta = std::exchange(delta_, {});
  if (!delta.added.empty() && !delta.removed.empty()) settle(delta);
  return delta;
}

// Below the root as it was written: asking the file system for each name would cost more than parsing it.
std::string Directory::shown(const fs::path& path) const {
  const std::string text = path.string(), prefix = (root_ / "").string();
  return text.starts_with(prefix) ? text.substr(prefix.size()) : text;
}

FileIdentity Directory::identify(const fs::path& path) {
  FileIdentity identity;
  if (identify_file(path, identity)) return identity;
  struct stat status{};
  if (::stat(path.c_str(), &status) == 0) identity = {status.st_dev, status.st_ino, 0, 0, 0};
  return identity;
}

bool Directory::load(std::string& error) {
  std::error_code code;
  if (!fs::is_directory(root_, code)) {
    error = fmt::format("--manifests {}: {}; name a directory of manifests (*.yaml, *.yml, *.json)", root_.string(), code ? code.message() : "is no directory");
    return false;
  }
  fs::directory_iterator readable{root_, code};
  if (code) {
    error = fmt::format("--manifests {}: {}; give the user that runs Weir the right to list it", root_.string(), code.message());
    return false;
  }
  root_identity_ = identify(root_);
  scan();
  next_check_ = Clock::now() + check_interval;
  return true;
}

void Directory::scan_folder(const fs::path& folder, int depth, Found& found) {
  std::error_code error;
  const fs::path real = fs::canonical(folder, error);
  if (!error) {
    if (depth > max_folder_depth || !found.visited.insert(real.string()).second) return;
    watcher_.add(folder);
    fs::directory_iterator it{folder, error};
    for (const fs::directory_iterator end; !error && it != end; it.increment(error)) take_entry(*it, depth, found);
  }
  if (!error || error == std::errc::no_such_file_or_directory) return;
  found.kept.push_back((folder / "").string());
  found.unreadable.push_back(of_file(shown(folder), "folder", fmt::format("cannot be read: {}; the objects it last held stay in force", error.message())));
}

void Directory::take_entry(const fs::directory_entry& entry, int depth, Found& found) {
  const fs::path& path = entry.path();
  if (path.filename().string().starts_with("..")) return;  // the real files of a mounted volume: the links to them are read
  std::error_code ignored;
  const bool is_folder = entry.is_directory(ignored);
  const bool leads_nowhere = !entry.exists(ignored);  // it may later lead to a folder
  if (entry.is_symlink(ignored) && (is_folder || leads_nowhere || is_manifest(path))) found.links.push_back(path);
  if (is_folder) scan_folder(path, depth + 1, found);
  else if (is_manifest(path) && entry.is_regular_file(ignored) && found.files.size() < max_files) found.files.push_back(path);
}

void Directory::scan() {
  Found found;
  watcher_.begin();
  scan_folder(root_, 0, found);
  watcher_.end();
  unreadable_ = std::move(found.unreadable);
  std::map<std::string, FileIdentity> links;
  for (const fs::path& path : found.links) links.emplace(path.string(), identify(path));
  links_ = std::move(links);
  note_missing(found);
  read_files(found.files, File::Trust::identity);
}

void Directory::note_missing(const Found& found) {
  std::set<std::string> seen;
  for (const fs::path& path : found.files) seen.insert(path.string());
  for (const auto& [path, file] : files_) {
    const bool is_kept = seen.contains(path) ||
                         std::any_of(found.kept.begin(), found.kept.end(), [&path = path](const auto& prefix) { return path.starts_with(prefix); });
    if (is_kept) missing_.erase(path);
    else missing_.try_emplace(path, Clock::now());
  }
}

// True when files were dropped.
bool Directory::drop_missing(Clock::time_point now) {
  bool dropped = false;
  std::erase_if(missing_, [&](const auto& entry) {
    if (now - entry.second < removal_grace) return false;
    const auto file = files_.find(entry.first);
    if (file == files_.end()) return true;
    unread_.erase(entry.first);
    for (const Document& document : file->second.documents())
      delta_.removed.insert(delta_.removed.end(), document.objects.begin(), document.objects.end());
    files_.erase(file);
    dropped = true;
    return true;
  });
  return dropped;
}

void Directory::note_read(const fs::path& path, const File& file, bool is_there) {
  if (is_there) missing_.erase(path.string());
  else missing_.try_emplace(path.string(), Clock::now());
  if (is_there && file.is_unread()) unread_.insert(path);
  else unread_.erase(path);
}

// Large files one after the other, their documents on all threads; the small ones side by side.
void Directory::read_files(const std::vector<fs::path>& paths, File::Trust trust) {
  struct Job {
    const fs::path* path;
    File* file;
    Delta delta;
    bool is_there = true;
  };
  std::vector<Job> jobs;
  for (const fs::path& path : paths) {
    File& file = files_[path.string()];
    FileIdentity identity;
    if (identify_file(path, identity) && identity.bytes >= large_file_bytes) {
      const bool is_there = file.read(path, shown(path), trust, thread_count(), delta_);
      note_read(path, file, is_there);
    } else {
      jobs.push_back({&path, &file, {}, true});
    }
  }
  std::atomic<std::size_t> next{0};
  const auto work = [&] {
    for (std::size_t i = next++; i < jobs.size(); i = next++) jobs[i].is_there = jobs[i].file->read(*jobs[i].path, shown(*jobs[i].path), trust, 1, jobs[i].delta);
  };
  std::vector<std::thread> threads;
  const std::size_t wanted = std::min<std::size_t>(thread_count(), jobs.size() / files_per_thread + 1);
  for (std::size_t i = 1; i < wanted; ++i) threads.emplace_back(work);
  work();
  for (auto& thread : threads) thread.join();
  for (Job& job : jobs) {
    append(delta_, std::move(job.delta));
    note_read(*job.path, *job.file, job.is_there);
  }
}

std::chrono::milliseconds Directory::until_check() const {
  auto due = next_check_;
  for (const auto& [path, since] : missing_) due = std::min(due, since + removal_grace);
  return std::max(std::chrono::milliseconds{0}, std::chrono::ceil<std::chrono::milliseconds>(due - Clock::now()));
}

// False: what was read stays in force, and root_problem_ says so.
bool Directory::is_root_there(FileIdentity& identity, bool was_lost) {
  std::error_code error;
  const bool is_folder = fs::is_directory(root_, error);
  fs::directory_iterator first{root_, error};
  if (!is_folder || error) {
    root_problem_ = fmt::format("{}; the objects it last held stay in force until it is back", error ? error.message() : "is no directory");
    return false;
  }
  identity = identify(root_);
  // Where a volume was mounted an empty folder is left when it is gone.
  const bool is_other = was_lost || !root_problem_.empty() || identity != root_identity_;  // a number may be used again
  if (is_other && first == fs::directory_iterator{} && !files_.empty()) {
    root_problem_ = "was replaced by an empty folder; the objects it last held stay in force until it holds some";
    return false;
  }
  return true;
}

// True when links to folders lead elsewhere. Links to files whose target changed are added to `changed`.
bool Directory::check_links(std::set<fs::path>& changed) {
  auto link = links_.lower_bound(next_link_);
  for (std::size_t i = 0; i < std::min(links_per_check, links_.size()); ++i, ++link) {
    if (link == links_.end()) link = links_.begin();
    const FileIdentity now = identify(link->first);
    const auto file = files_.find(link->first);
    if (now == link->second && (file == files_.end() || file->second.is_settled())) continue;
    if (file == files_.end()) return true;
    link->second = now;
    changed.insert(link->first);
  }
  next_link_ = link == links_.end() ? "" : link->first;
  return false;
}

// True when everything has to be looked at.
bool Directory::check(std::set<fs::path>& changed) {
  changed.insert(unread_.begin(), unread_.end());
  return !watcher_.is_complete() || check_links(changed);
}

bool Directory::take_changes() {
  Watcher::Events events = watcher_.take();
  const auto now = Clock::now();
  const std::string problem_before = root_problem_;
  FileIdentity root;
  if (!is_root_there(root, events.lost.contains(root_))) {
    next_check_ = now + check_interval;
    missing_.clear();
    return root_problem_ != problem_before;
  }
  bool everything = events.everything || !root_problem_.empty() || root != root_identity_;
  root_problem_.clear();
  root_identity_ = root;
  if (now >= next_check_) {
    next_check_ = now + check_interval;
    everything = check(events.paths) || everything;
  }
  std::vector<fs::path> changed;
  for (const fs::path& path : events.paths) {
    std::error_code error;
    const bool is_new_link = fs::is_symlink(path, error) && !links_.contains(path.string());
    everything = everything || is_new_link;
    if (is_manifest(path) && !fs::is_directory(path, error)) changed.push_back(path);
    else everything = everything || links_.contains(path.string()) || fs::is_directory(path, error);
  }
  if (everything) scan();
  read_files(changed, File::Trust::nothing);
  const bool dropped = drop_missing(now);
  return everything || dropped || !changed.empty();
}

std::vector<routing::Diagnostic> Directory::diagnostics() const {
  std::vector<routing::Diagnostic> result = unreadable_;
  if (!root_problem_.empty()) result.push_back(of_file(root_.string(), "--manifests", root_problem_));
  if (const std::string problem = watcher_.problem(); !problem.empty()) {
    result.push_back(of_file(root_.string(), "--manifests", fmt::format("{}: changes are looked for every {} ms instead", problem, check_interval.count())));
    result.back().severity = routing::Severity::changed;
  }
  for (const auto& [path, file] : files_) {
    result.insert(result.end(), file.diagnostics().begin(), file.diagnostics().end());
    for (const auto& document : file.documents())
      if (document.remarks) result.insert(result.end(), document.remarks->diagnostics.begin(), document.remarks->diagnostics.end());
  }
  return result;
}

std::vector<Directory::Notice> Directory::notices() const {
  std::set<Notice> result;
  for (const auto& [path, file] : files_) {
    const std::string name = shown(path);
    if (missing_.contains(path)) continue;
    if (file.documents().empty() && file.diagnostics().empty()) result.insert({name, ""});
    for (const auto& document : file.documents())
      if (document.remarks)
        for (const auto& kind : document.remarks->skipped_kinds) result.insert({name, kind});
  }
  return {result.begin(), result.end()};
}

}  // namespace controller::manifests
