// Who of several replicas leads: a Lease that its holder renews and that others take when it has stood still for too long.
// Decisions only; elector.hpp carries them out.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace controller::election {

// What is read of a Lease, with its text: what others have put there is kept.
struct Lease {
  std::string holder, renew_time, text;
  std::chrono::seconds duration{0};
  std::int64_t transitions = 0;
};
[[nodiscard]] std::optional<Lease> read_lease(std::string_view text);

// How a Lease is written. `before` is null for a new one; its resourceVersion makes the server refuse what is no longer true.
struct LeaseName {
  std::string object_namespace, name;
};
[[nodiscard]] std::string lease_held_by(const LeaseName& name, const Lease* before, const std::string& holder, std::chrono::seconds duration,
                                        std::chrono::system_clock::time_point now);
[[nodiscard]] std::string released(const Lease& before, std::chrono::system_clock::time_point now);

// Times are of our own clock alone: those in the Lease are another machine's, and only whether they change counts.
class Election {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;
  static constexpr std::chrono::milliseconds longest_look{1000};  // between looks at a Lease of somebody else

  // A dead leader is missed for `ttl` at most: its Lease is good for less than that, and looked at often.
  Election(std::string identity, std::chrono::seconds ttl);

  enum class Step { none, create, take, renew };
  // `seen`: what the server has just said; null: there is none.
  [[nodiscard]] Step decide(const Lease* seen, TimePoint now);
  // The server has agreed to a step that was begun at that time.
  void on_written(TimePoint begun) noexcept;
  // Somebody else was quicker.
  void on_lost() noexcept { is_holder_ = false; }

  // False well before others may take the Lease from one who cannot renew it.
  [[nodiscard]] bool leads(TimePoint now) const noexcept;
  [[nodiscard]] std::chrono::milliseconds until_look(TimePoint now) const noexcept;
  [[nodiscard]] const std::string& identity() const noexcept { return identity_; }
  [[nodiscard]] std::chrono::seconds duration() const noexcept { return duration_; }

 private:
  std::string identity_;
  std::chrono::seconds duration_;
  std::chrono::milliseconds renew_interval_, look_interval_;
  bool is_holder_ = false;
  TimePoint renewed_at_{};
  std::string seen_holder_, seen_renew_time_;
  TimePoint changed_at_{};  // of what was seen
};

}  // namespace controller::election
