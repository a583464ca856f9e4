#include "controller/status/statuses.hpp"

#include <algorithm>

namespace controller::status {

bool Statuses::is_due(const Entry& entry) const {
  if (addresses_.empty()) return false;
  const bool is_ours = entry.known == addresses_;
  switch (entry.want) {
    case Want::publish: return clears_all_ ? is_ours : are_known_ && !is_ours;
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

void Statuses::contest(Entry& entry, TimePoint now) {
  if (now - entry.contested_at > contest_over) entry.contests = 0;
  const auto wait = entry.contests == 0 ? std::chrono::seconds{0} : std::min(longest_contest, shortest_contest * (1u << std::min(entry.contests - 1, 6u)));
  entry.not_before = now + wait;
  entry.contested_at = now;
  ++entry.contests;
}

void Statuses::want(const kube::Key& ingress, Want aim, const Kind<kube::Ingress>& ingresses) {
  const auto object = ingresses.find(ingress);
  if (object == ingresses.end()) return;
  Entry& entry = entries_[ingress];
  see(entry, object->second->exposure.addresses);
  entry.want = aim;
  settle(ingress);
}

void Statuses::follow(const kube::Key& ingress, translate::IngressState state, const Kind<kube::Ingress>& ingresses) {
  switch (state) {
    case translate::IngressState::served: return want(ingress, Want::publish, ingresses);
    case translate::IngressState::refused: return want(ingress, Want::keep, ingresses);
    case translate::IngressState::gone: break;
  }
  if (!ingresses.contains(ingress)) erase(ingress);
  else if (entries_.contains(ingress)) want(ingress, Want::clear, ingresses);
}

void Statuses::see(const std::set<kube::Key>& changed, const Kind<kube::Ingress>& ingresses, TimePoint now) {
  for (const kube::Key& ingress : changed) {
    const auto found = entries_.find(ingress);
    const auto object = ingresses.find(ingress);
    if (found == entries_.end() || object == ingresses.end()) continue;
    Entry& entry = found->second;
    const bool was_ours = entry.known == addresses_;
    // The same as the last time may still be news: somebody wrote over what we had written in between.
    entry.seen = entry.known = object->second->exposure.addresses;
    ++entry.sights;
    if (was_ours && entry.known != addresses_) contest(entry, now);
    settle(ingress);
  }
}

void Statuses::set_addresses(kube::StatusAddresses addresses) {
  const bool are_known = !addresses.empty();
  if (are_known == are_known_ && (addresses == addresses_ || !are_known)) return;
  are_known_ = are_known;
  if (are_known) addresses_ = std::move(addresses);
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

void Statuses::on_gone(const kube::Key& ingress) {
  const auto found = entries_.find(ingress);
  if (found != entries_.end() && found->second.want == Want::clear) erase(ingress);
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
