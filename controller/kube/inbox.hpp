// What the thread of the API client hands to the reconciler: changes of objects, and how things stand.
#pragma once

#include "controller/kube/reflection.hpp"
#include "routing/diagnostic.hpp"

#include <chrono>
#include <cstddef>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace controller::kube {

// An object that is there, or the name of one that is gone.
struct ObjectChange {
  std::optional<Arrived> arrived;
  std::size_t kind = 0;  // index in Object
  Key key;               // of what is gone
};

// How it stands with one list and watch.
struct Standing {
  std::string problem;                          // why it may not be the latest; "" = it is
  std::optional<routing::Diagnostic> forbidden;
  std::string notice;
  friend bool operator==(const Standing&, const Standing&) = default;
};

// Any thread may call any member.
class Inbox {
 public:
  using Clock = std::chrono::steady_clock;
  // Changes that need something more to be whole wait for it, this long at most.
  static constexpr std::chrono::milliseconds longest_hold{1000};

  Inbox();
  ~Inbox();
  Inbox(const Inbox&) = delete;
  Inbox& operator=(const Inbox&) = delete;

  void put(std::vector<ObjectChange> changes);
  void hold();
  void release();  // once for each hold()
  void set_standing(std::size_t id, Standing standing);
  void set_synced();

  // Readable when there may be something to take.
  [[nodiscard]] int fd() const noexcept { return fd_; }
  struct Taken {
    std::vector<ObjectChange> changes;
    std::map<std::size_t, Standing> standings;
    bool is_synced = false;
    bool is_new = false;  // anything differs from the last time
  };
  [[nodiscard]] Taken take();
  // Until held changes are given out all the same.
  [[nodiscard]] std::chrono::milliseconds until_release() const;

 private:
  void signal() const;

  int fd_;
  mutable std::mutex mutex_;  // guards what follows
  std::vector<ObjectChange> changes_;
  std::map<std::size_t, Standing> standings_;
  bool is_synced_ = false, is_new_ = false;
  unsigned holds_ = 0;
  Clock::time_point held_until_{};
};

}  // namespace controller::kube
