// Holds the Lease, or waits for it: a loop on the leader's thread that carries out what lease.hpp decides.
#pragma once

#include "controller/election/lease.hpp"
#include "controller/election/pause.hpp"
#include "controller/findings.hpp"
#include "controller/kube/api/client.hpp"

#include <boost/asio/awaitable.hpp>

#include <functional>
#include <optional>
#include <string>

namespace controller::election {

class Elector {
 public:
  struct Settings {
    LeaseName lease;
    std::string identity;
    std::chrono::seconds ttl;
    bool is_alone = false;  // leads without a Lease (--disable-leader-election)
  };
  // All of them outlive it. `on_elected` is called when it begins to lead.
  Elector(kube::Client& client, Findings& findings, Settings settings, std::function<void()> on_elected);

  // Until leave().
  [[nodiscard]] boost::asio::awaitable<void> run();
  void leave() { pause_.end(); }
  // Looks once, and takes or renews what may be taken or is held.
  [[nodiscard]] boost::asio::awaitable<std::optional<kube::Failure>> take_turn();
  // What is held is given up, so that another need not wait.
  [[nodiscard]] boost::asio::awaitable<void> release();
  [[nodiscard]] bool leads() const noexcept { return settings_.is_alone || election_.leads(std::chrono::steady_clock::now()); }

 private:
  using MaybeFailure = std::optional<kube::Failure>;
  [[nodiscard]] boost::asio::awaitable<MaybeFailure> look();
  [[nodiscard]] boost::asio::awaitable<MaybeFailure> write(Election::Step step);
  void note(const MaybeFailure& failure);
  [[nodiscard]] std::string path() const;

  kube::Client& client_;
  Findings& findings_;
  Settings settings_;
  std::function<void()> on_elected_;
  Pause pause_;
  Election election_;
  std::optional<Lease> lease_;  // as seen last
};

}  // namespace controller::election
