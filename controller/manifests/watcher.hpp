// What the kernel tells of changes in folders (inotify). It says where to look; what is there is looked at by others.
#pragma once

#include <filesystem>
#include <set>
#include <string>
#include <unordered_map>

namespace controller::manifests {

// Owned by the reconciler's thread.
class Watcher {
 public:
  Watcher() = default;
  ~Watcher();
  Watcher(const Watcher&) = delete;
  Watcher& operator=(const Watcher&) = delete;

  void open();
  [[nodiscard]] int fd() const noexcept { return fd_; }
  // Whether every folder is watched. The kernel limits how many there may be; what is not watched has to be polled.
  [[nodiscard]] bool is_complete() const noexcept { return fd_ >= 0 && is_complete_; }
  // Why not, with the remedy, when open() was called; "" = it is. Each round tries again.
  [[nodiscard]] std::string problem() const;

  // One round names all folders anew; those that were not named are let go at its end.
  void begin();
  void add(const std::filesystem::path& folder);
  void end();

  struct Events {
    bool everything = false;                  // folders have come or gone, a link was swapped, or events were lost
    std::set<std::filesystem::path> lost;     // watched folders that were deleted, moved away or unmounted
    std::set<std::filesystem::path> paths;    // that were written, have come or have gone
  };
  // All that have arrived.
  [[nodiscard]] Events take();

 private:
  void take_one(int watch, unsigned mask, const std::string& name, Events& events);

  int fd_ = -1;
  bool is_wanted_ = false;
  int error_ = 0;  // of the last call that the kernel refused
  bool is_complete_ = true;
  std::unordered_map<int, std::filesystem::path> watches_, round_;
};

}  // namespace controller::manifests
