#include "routing/host_index.hpp"

#include "routing/hash.hpp"

#include <utility>

namespace routing {
namespace {

constexpr std::size_t first_slots = 8;

std::uint32_t tag_of(std::uint64_t hash) noexcept {
  return static_cast<std::uint32_t>(hash >> 32) | 1;  // never 0, which marks an empty slot
}

bool is_label_character(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

// ".example.com" for "a.example.com"; empty when the first label is not one that a wildcard may stand for.
std::string_view wildcard_key(std::string_view host) noexcept {
  std::size_t end = 0;
  while (end < host.size() && is_label_character(host[end])) ++end;
  if (end == 0 || end == host.size() || host[end] != '.') return {};
  return host.substr(end);
}

}  // namespace

bool HostIndex::insert(std::string_view name, std::uint32_t value) {
  if (name.empty()) {
    if (default_ != none) return false;
    default_ = value;
    return true;
  }
  if (name.starts_with("*.")) return wildcard_.insert(name.substr(1), value);
  return exact_.insert(name, value);
}

std::uint32_t HostIndex::find(std::string_view host) const noexcept {
  const auto declared = find_declared(host);
  return declared != none ? declared : default_;
}

std::uint32_t HostIndex::find_declared(std::string_view host) const noexcept {
  if (host.empty()) return none;
  if (const auto value = exact_.find(host); value != none) return value;
  if (wildcard_.size() == 0) return none;
  const auto key = wildcard_key(host);
  return key.empty() ? none : wildcard_.find(key);
}

bool HostIndex::Names::insert(std::string_view name, std::uint32_t value) {
  if ((size_ + 1) * 4 > slots_.size() * 3) grow();
  const auto hash = hash_bytes(name);
  Slot& slot = slots_[slot_for(name, hash)];
  if (slot.tag != 0) return false;
  slot = {tag_of(hash), value, static_cast<std::uint32_t>(text_.size()), static_cast<std::uint32_t>(name.size())};
  text_.append(name);
  ++size_;
  return true;
}

std::uint32_t HostIndex::Names::find(std::string_view name) const noexcept {
  if (slots_.empty()) return none;
  return slots_[slot_for(name, hash_bytes(name))].value;
}

// The slot that holds `name`, else the empty one where it would go. There is always an empty one, so it ends.
std::size_t HostIndex::Names::slot_for(std::string_view name, std::uint64_t hash) const noexcept {
  const std::size_t mask = slots_.size() - 1;
  const auto tag = tag_of(hash);
  for (std::size_t at = hash & mask;; at = (at + 1) & mask) {
    const Slot& slot = slots_[at];
    if (slot.tag == 0) return at;
    if (slot.tag == tag && std::string_view{text_}.substr(slot.begin, slot.length) == name) return at;
  }
}

void HostIndex::Names::grow() {
  const auto old = std::exchange(slots_, std::vector<Slot>(slots_.empty() ? first_slots : slots_.size() * 2));
  for (const Slot& slot : old) {
    if (slot.tag == 0) continue;
    const auto name = std::string_view{text_}.substr(slot.begin, slot.length);
    slots_[slot_for(name, hash_bytes(name))] = slot;
  }
}

}  // namespace routing
