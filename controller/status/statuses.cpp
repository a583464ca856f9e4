#include "controller/status/statuses.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace controller::status {

bool Statuses::is_due(const Entry& entry) const {
  switch (entry.want) {
    case Want::publish: return clears_all_ ? entry.is_ours : are_known_ && entry.known != addresses_;
    case Want::clear: return entry.is_ours;
    default: return clears_all_ && entry.is_ours;
  }
}

Statuses::Entries::iterator Statuses::settle(Entries::iterator at) {
  if (is_due(at->second)) {
    due_.insert(at->first);
    return std::next(at);
  }
  due_.erase(at->first);
  return at->second.want == Want::clear ? entries_.erase(at) : std::next(at);
}

void Statuses::settle_all() {
  for (auto at = entries_.begin(); at != entries_.end();) at = settle(at);
}

void Statuses::erase(const kube::Key& ingress) {
  entries_.erase(ingress);
  due_.erase(ingress);
  contested_.erase(ingress);
}

// The watch may show once more what we wrote under earlier addresses.
void Statuses::know(Entry& entry, const kube::StatusAddresses& addresses) const {
  const bool is_as_before = entry.is_ours && addresses == entry.known;
  entry.is_ours = !addresses.empty() && (addresses == addresses_ || is_as_before);
  entry.known = addresses;
}

void Statuses::see(Entry& entry, const kube::Ingress& ingress) {
  if (entry.uid != ingress.metadata.uid) {
    Entry anew;
    anew.uid = ingress.metadata.uid;
    anew.want = entry.want;
    entry = std::move(anew);
  }
  entry.seen = ingress.status.addresses;
  entry.sight = ++sights_;
  know(entry, entry.seen);
}

void Statuses::contest(const kube::Key& ingress, Entry& entry, TimePoint now) {
  if (now - entry.contested_at > contest_over) entry.contests = 0;
  const auto wait = entry.contests == 0 ? std::chrono::seconds{0} : std::min(longest_contest, shortest_contest * (1u << std::min(entry.contests - 1, 6u)));
  entry.not_before = now + wait;
  entry.contested_at = now;
  if (++entry.contests >= told_from_contests) contested_.insert(ingress);
}

std::set<kube::Key> Statuses::contested(TimePoint now) {
  std::erase_if(contested_, [&](const kube::Key& ingress) {
    const auto found = entries_.find(ingress);
    return found == entries_.end() || found->second.contests < told_from_contests || now - found->second.contested_at > contest_over;
  });
  return contested_;
}

void Statuses::want(const kube::Key& ingress, Want aim, const Kind<kube::Ingress>& ingresses) {
  const auto object = ingresses.find(ingress);
  if (object == ingresses.end()) return;
  const auto [at, is_new] = entries_.try_emplace(ingress);
  Entry& entry = at->second;
  if (is_new || entry.uid != object->second->metadata.uid || entry.seen != object->second->status.addresses) {
    see(entry, *object->second);
    entry.not_before = {};
  }
  entry.want = aim;
  settle(at);
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
    if (found == entries_.end()) continue;
    const auto object = ingresses.find(ingress);
    if (object == ingresses.end()) {
      erase(ingress);
      continue;
    }
    Entry& entry = found->second;
    const bool was_current = entry.is_ours && entry.known == addresses_ && entry.uid == object->second->metadata.uid;
    // The same as the last time may still be news: somebody wrote over what we had written in between.
    see(entry, *object->second);
    if (was_current && !entry.is_ours) contest(ingress, entry, now);
    settle(found);
  }
}

void Statuses::set_addresses(kube::StatusAddresses addresses) {
  const bool are_known = !addresses.empty();
  if (are_known == are_known_ && (addresses == addresses_ || !are_known)) return;
  are_known_ = are_known;
  if (are_known) addresses_ = std::move(addresses);
  for (auto& [ingress, entry] : entries_) entry.is_ours = entry.is_ours || (!addresses_.empty() && entry.known == addresses_);
  settle_all();
}

std::optional<Statuses::Write> Statuses::next(TimePoint now) const {
  for (const kube::Key& ingress : due_) {
    const Entry& entry = entries_.at(ingress);
    if (entry.not_before > now) continue;
    const bool is_published = entry.want == Want::publish && !clears_all_;
    return Write{ingress, is_published ? addresses_ : kube::StatusAddresses{}, entry.sight};
  }
  return {};
}

void Statuses::on_written(const Write& write) {
  auto found = entries_.find(write.ingress);
  if (found == entries_.end()) {
    if (write.addresses.empty()) return;
    // It has left our class meanwhile, with nothing of ours to clear until this.
    found = entries_.try_emplace(write.ingress).first;
    found->second.sight = write.sight;
    found->second.want = Want::clear;
  }
  // What the watch has shown in the meantime may be younger than what we wrote.
  if (found->second.sight == write.sight) {
    found->second.known = write.addresses;
    found->second.is_ours = !write.addresses.empty();
  }
  settle(found);
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
  settle_all();
}

}  // namespace controller::status
