// Which Secrets the Ingresses name, in spec.tls and in annotations.
#pragma once

#include "controller/kube/objects.hpp"

#include <map>
#include <set>
#include <string>

namespace controller::kube {

class SecretReferences {
 public:
  explicit SecretReferences(std::string annotations_prefix) : prefix_(std::move(annotations_prefix)) {}

  // A Secret that is named by something else than an Ingress.
  void add_fixed(const Key& secret) { ++count_[secret]; }
  // What is named now and was not before, and the other way round.
  struct Difference {
    std::set<Key> added, removed;
  };
  [[nodiscard]] Difference set(const Ingress& ingress);
  [[nodiscard]] Difference erase(const Key& ingress);

  [[nodiscard]] bool contains(const Key& secret) const { return count_.contains(secret); }

 private:
  [[nodiscard]] std::set<Key> named_by(const Ingress& ingress) const;
  [[nodiscard]] Difference replace(const Key& ingress, std::set<Key> named);

  std::string prefix_;
  std::map<Key, std::set<Key>> by_ingress_;
  std::map<Key, std::size_t> count_;
};

}  // namespace controller::kube
