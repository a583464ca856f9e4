#include "controller/manifests/watcher.hpp"

#include <sys/inotify.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>

namespace controller::manifests {

namespace fs = std::filesystem;

Watcher::~Watcher() {
  if (fd_ >= 0) ::close(fd_);
}

void Watcher::open() {
  is_wanted_ = true;
  fd_ = ::inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
  if (fd_ < 0) error_ = errno;
}

std::string Watcher::problem() const {
  if (!is_wanted_ || is_complete()) return {};
  const std::string reason = std::strerror(error_);
  if (fd_ < 0) return "inotify is not available (" + reason + (error_ == EMFILE ? "; raise fs.inotify.max_user_instances)" : ")");
  return "not every folder can be watched (" + reason + (error_ == ENOSPC ? "; raise fs.inotify.max_user_watches)" : ")");
}

void Watcher::begin() {
  if (is_wanted_ && fd_ < 0) open();
  round_.clear();
  is_complete_ = true;
}

void Watcher::add(const fs::path& folder) {
  if (fd_ < 0) return;
  const int watch = ::inotify_add_watch(fd_, folder.c_str(),
                                        IN_CLOSE_WRITE | IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_DELETE_SELF | IN_MOVE_SELF | IN_ATTRIB);
  if (watch >= 0) round_[watch] = folder;
  else if (errno != ENOENT) is_complete_ = false, error_ = errno;  // one that is gone by now is told of by the folder above
}

void Watcher::end() {
  for (const auto& [watch, folder] : watches_)
    if (!round_.contains(watch)) ::inotify_rm_watch(fd_, watch);
  watches_ = std::move(round_);
}

void Watcher::take_one(int watch, unsigned mask, const std::string& name, Events& events) {
  if (mask & IN_Q_OVERFLOW) events.everything = true;
  const auto folder = watches_.find(watch);
  if (folder == watches_.end()) return;
  const fs::path path = name.empty() ? folder->second : folder->second / name;
  if (mask & (IN_DELETE_SELF | IN_MOVE_SELF | IN_UNMOUNT | IN_IGNORED)) {
    events.lost.insert(path);
    events.everything = true;
    if (mask & IN_IGNORED) watches_.erase(folder);
    return;
  }
  // Folders, and the link that a mounted volume swaps ("..data"), stand for many files.
  if (mask & IN_ISDIR || name.starts_with("..")) {
    events.everything = true;
    return;
  }
  // A file that was just made is empty: its writer closes it later. A link, symbolic or hard, is whole at once.
  std::error_code error;
  const bool is_whole = !(mask & IN_CREATE) || fs::is_symlink(path, error) || fs::hard_link_count(path, error) > 1;
  if (is_whole) events.paths.insert(path);
}

Watcher::Events Watcher::take() {
  Events events;
  if (fd_ < 0) return events;
  alignas(inotify_event) char buffer[64 * 1024];
  while (true) {
    const ssize_t bytes = ::read(fd_, buffer, sizeof buffer);
    if (bytes <= 0) return events;
    for (ssize_t at = 0; at < bytes;) {
      const auto& event = *reinterpret_cast<const inotify_event*>(buffer + at);
      at += static_cast<ssize_t>(sizeof event + event.len);
      take_one(event.wd, event.mask, event.len ? event.name : "", events);
    }
  }
}

}  // namespace controller::manifests
