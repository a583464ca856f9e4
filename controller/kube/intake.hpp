// Takes what the reflectors see and puts into the inbox what is of use: the difference of a new list to what was there, and of
// Secrets only those that something names.
#pragma once

#include "controller/kube/inbox.hpp"
#include "controller/kube/reflection.hpp"
#include "controller/kube/secret_references.hpp"
#include "controller/options.hpp"

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace controller::kube {

// Owned by the thread of the API client.
class Intake {
 public:
  // `fetch` is asked for a Secret of which only the name is known here; fetched() is to be called with what comes of it.
  Intake(Inbox& inbox, const Options& options, std::function<void(const Key&)> fetch);

  // The objects of one list and watch, `id`.
  void replace(std::size_t id, std::vector<Arrived> all);
  void change(std::size_t id, Arrived arrived);
  void remove(std::size_t id, std::size_t kind, const Key& key);

  // None: it cannot be had at the moment; what waits for it goes on without.
  void fetched(const Key& secret, std::optional<Arrived> arrived);
  // Whether it is still worth a try.
  [[nodiscard]] bool is_wanted(const Key& secret) const { return references_.contains(secret) && waiting_.contains(secret); }

 private:
  using Changes = std::vector<ObjectChange>;
  void add(Arrived arrived, Changes& changes);
  void drop(std::size_t kind, const Key& key, Changes& changes);
  void refer(const SecretReferences::Difference& difference, Changes& changes);
  void put(Changes changes);

  Inbox& inbox_;
  std::function<void(const Key&)> fetch_;
  SecretReferences references_;
  std::map<std::size_t, std::map<Key, std::size_t>> known_;  // of each list and watch: names with kinds
  std::set<Key> secrets_, given_out_;   // that exist; those of them that the inbox has got
  std::map<Key, bool> waiting_;         // for fetched(); whether the inbox is held for it
};

}  // namespace controller::kube
