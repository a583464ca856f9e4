#include "controller/status/statuses.hpp"

namespace controller::status {

bool Statuses::is_due(const Entry& entry) const {
  if (addresses_.empty()) return false;
  const bool is_ours = entry.known == addresses_;
  switch (entry.want) {
    case Want::publish: return is_ours == clears_all_;
    case Want::clear: return is_ours;
    default: return clears_all_ && is_ours;
  }
}

void Statuses::settle(const kube::Key& ingress) {
  const auto found = entries_.find(ingress);
  if (found == entries_.end()) return;
  if (is_due(found->second)) {
    due_.insert(ingress);
    return;
  }
  due_.erase(ingress);
  if (found->second.want == Want::clear) entries_.erase(found);
}

void Statuses::erase(const kube::Key& ingress) {
  entries_.erase(ingress);
  due_.erase(ingress);
}

void Statuses::see(Entry& entry, const kube::StatusAddresses& seen) {
  if (entry.seen == seen) return;
  entry.seen = entry.known = seen;
  ++entry.sights;
  entry.not_before = {};
}

void Statuses::want(const kube::Key& ingress, Want want, const Kind<kube::Ingress>& ingresses) {
  const auto object = ingresses.find(ingress);
  if (object == ingresses.end()) return;
  Entry& entry = entries_[ingress];
  see(entry, object->second->exposure.addresses);
  entry.want = want;
  settle(ingress);
}

void Statuses::serve(const std::vector<kube::Key>& served, const std::set<kube::Key>& refused, const Kind<kube::Ingress>& ingresses) {
  const std::set<kube::Key> now{served.begin(), served.end()};
  std::vector<kube::Key> left;
  for (const auto& [ingress, entry] : entries_)
    if (!now.contains(ingress) && !refused.contains(ingress)) left.push_back(ingress);
  for (const kube::Key& ingress : left) {
    if (ingresses.contains(ingress)) want(ingress, Want::clear, ingresses);
    else erase(ingress);
  }
  for (const kube::Key& ingress : now) want(ingress, Want::publish, ingresses);
  for (const kube::Key& ingress : refused) want(ingress, Want::keep, ingresses);
}

void Statuses::see(const std::set<kube::Key>& changed, const Kind<kube::Ingress>& ingresses) {
  for (const kube::Key& ingress : changed) {
    const auto entry = entries_.find(ingress);
    const auto object = ingresses.find(ingress);
    if (entry == entries_.end() || object == ingresses.end()) continue;
    // The same as the last time may still be news: somebody wrote over what we had written in between.
    entry->second.seen = entry->second.known = object->second->exposure.addresses;
    ++entry->second.sights;
    entry->second.not_before = {};
    settle(ingress);
  }
}

void Statuses::set_addresses(kube::StatusAddresses addresses) {
  if (addresses.empty() || addresses == addresses_) return;
  addresses_ = std::move(addresses);
  due_.clear();
  for (const auto& [ingress, entry] : entries_)
    if (is_due(entry)) due_.insert(ingress);
}

std::optional<Statuses::Write> Statuses::next(TimePoint now) const {
  for (const kube::Key& ingress : due_) {
    const Entry& entry = entries_.at(ingress);
    if (entry.not_before > now) continue;
    const bool is_published = entry.want == Want::publish && !clears_all_;
    return Write{ingress, is_published ? addresses_ : kube::StatusAddresses{}, entry.sights};
  }
  return {};
}

void Statuses::on_written(const Write& write) {
  const auto found = entries_.find(write.ingress);
  if (found == entries_.end()) return;
  // What the watch has shown in the meantime may be younger than what we wrote.
  if (found->second.sights == write.sights) found->second.known = write.addresses;
  settle(write.ingress);
}

void Statuses::put_off(const kube::Key& ingress, TimePoint until) {
  const auto found = entries_.find(ingress);
  if (found != entries_.end()) found->second.not_before = until;
}

void Statuses::clear_all() {
  clears_all_ = true;
  due_.clear();
  for (const auto& [ingress, entry] : entries_)
    if (is_due(entry)) due_.insert(ingress);
}

}  // namespace controller::status
