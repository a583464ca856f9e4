#include "controller/events/event_queue.hpp"

#include <algorithm>
#include <utility>

namespace controller::events {

void EventQueue::set_leading(bool leads) {
  if (leads == leads_) return;
  leads_ = leads;
  std::erase_if(pending_, [](const auto& pending) { return pending.second.occasion == Occasion::arisen; });
  for (auto& [diagnostic, pending] : pending_) pending.may_be_told = true;
  if (!leads) return;
  for (const auto& [diagnostic, held] : holding_)
    if (!held.is_told) enqueue(diagnostic, {held.regarding, Occasion::arisen, true});
}

void EventQueue::enqueue(const routing::Diagnostic& diagnostic, Pending pending) {
  if (leads_ && (pending_.size() < max_pending || pending_.contains(diagnostic))) pending_.insert_or_assign(diagnostic, std::move(pending));
}

void EventQueue::arise(const routing::Diagnostic& diagnostic, const Regarding& regarding, bool was_there) {
  const auto pending = pending_.find(diagnostic);
  const bool was_gone_untold = pending != pending_.end() && pending->second.occasion == Occasion::healed && pending->second.regarding.uid == regarding.uid;
  holding_.insert_or_assign(diagnostic, Held{regarding, was_gone_untold});
  if (was_gone_untold) pending_.erase(pending);
  else enqueue(diagnostic, {regarding, Occasion::arisen, was_there});
}

void EventQueue::renew(const routing::Diagnostic& diagnostic, const Regarding& regarding) {
  const auto held = holding_.find(diagnostic);
  if (held != holding_.end() && held->second.regarding.uid == regarding.uid) return;
  heal(diagnostic, std::nullopt);
  arise(diagnostic, regarding, false);
}

void EventQueue::heal(const routing::Diagnostic& diagnostic, const std::optional<Regarding>& regarding) {
  const auto held = holding_.find(diagnostic);
  const bool was_its = held != holding_.end() && regarding && held->second.regarding.uid == regarding->uid;
  if (held != holding_.end()) holding_.erase(held);
  const auto pending = pending_.find(diagnostic);
  const bool is_untold = pending != pending_.end() && !pending->second.may_be_told;
  if (pending != pending_.end()) pending_.erase(pending);
  if (!is_untold && was_its) enqueue(diagnostic, {*regarding, Occasion::healed, false});
}

bool EventQueue::may_tell(const Regarding& regarding, TimePoint now) const {
  const auto allowance = allowances_.find(regarding.uid);
  if (allowance == allowances_.end()) return true;
  const std::chrono::duration<double> passed = now - allowance->second.at;
  return allowance->second.left + passed / interval_per_object >= 1;
}

void EventQueue::spend(const Regarding& regarding, TimePoint now) {
  if (allowances_.size() >= max_objects && !allowances_.contains(regarding.uid)) allowances_.clear();
  const auto [found, is_new] = allowances_.try_emplace(regarding.uid);
  Allowance& allowance = found->second;
  const std::chrono::duration<double> passed = is_new ? std::chrono::duration<double>{0} : now - allowance.at;
  allowance.left = std::min<double>(burst_per_object, allowance.left + passed / interval_per_object) - 1;
  allowance.at = now;
}

std::optional<EventQueue::Item> EventQueue::next(TimePoint now) const {
  if (!leads_) return {};
  for (const auto& [diagnostic, pending] : pending_) {
    const auto closed = closed_until_.find(pending.regarding.event_namespace());
    const bool is_open = closed == closed_until_.end() || closed->second <= now;
    if (is_open && may_tell(pending.regarding, now)) return Item{diagnostic, pending.regarding, pending.occasion, pending.may_be_told};
  }
  return {};
}

unsigned EventQueue::next_count(const Item& item) const {
  const auto known = repeats_.find(name_of(item.regarding, item.diagnostic, item.occasion));
  return known == repeats_.end() ? 2 : known->second + 1;
}

void EventQueue::on_repeated(const Item& item) {
  const unsigned count = next_count(item);
  if (repeats_.size() >= max_repeated) repeats_.clear();
  repeats_[name_of(item.regarding, item.diagnostic, item.occasion)] = count;
}

void EventQueue::on_done(const Item& item, TimePoint now, bool has_written) {
  if (has_written) spend(item.regarding, now);
  std::erase_if(closed_until_, [now](const auto& closed) { return closed.second <= now; });
  const auto pending = pending_.find(item.diagnostic);
  const auto holding = holding_.find(item.diagnostic);
  const bool holds = holding != holding_.end();
  if (holds && holding->second.regarding.uid != item.regarding.uid) {  // made again meanwhile: that one is still to be told of
    if (pending != pending_.end() && pending->second.regarding.uid == item.regarding.uid) pending_.erase(pending);
    return;
  }
  if (holds) holding->second.is_told = item.occasion == Occasion::arisen;
  if (pending != pending_.end() && pending->second.occasion == item.occasion) {
    pending_.erase(pending);
    return;
  }
  // It has changed while it was being told: what would have cancelled out before is now to be told as well.
  if (holds == (item.occasion == Occasion::arisen)) return;
  enqueue(item.diagnostic, {item.regarding, holds ? Occasion::arisen : Occasion::healed, false});
}

}  // namespace controller::events
