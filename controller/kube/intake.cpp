#include "controller/kube/intake.hpp"

#include <memory>
#include <utility>

namespace controller::kube {

namespace {

constexpr std::size_t secret_kind = 4;
static_assert(std::is_same_v<std::variant_alternative_t<secret_kind, Object>, Ptr<Secret>>);

ObjectChange gone(std::size_t kind, const Key& key) { return {{}, kind, key}; }

}  // namespace

Intake::Intake(Inbox& inbox, const Options& options, std::function<void(const Key&)> fetch)
    : inbox_(inbox), fetch_(std::move(fetch)), references_(options.annotations_prefix) {
  if (options.default_ssl_certificate.empty()) return;
  const auto slash = options.default_ssl_certificate.find('/');
  if (slash != std::string::npos) references_.add_fixed({options.default_ssl_certificate.substr(0, slash), options.default_ssl_certificate.substr(slash + 1)});
}

void Intake::put(Changes changes) {
  if (!changes.empty()) inbox_.put(std::move(changes));
}

void Intake::refer(const SecretReferences::Difference& difference, Changes& changes) {
  for (const Key& secret : difference.removed)
    if (given_out_.erase(secret) != 0) changes.push_back(gone(secret_kind, secret));
  for (const Key& secret : difference.added) {
    if (!secrets_.contains(secret) || given_out_.contains(secret) || waiting_.contains(secret)) continue;
    waiting_[secret] = true;
    inbox_.hold();
    fetch_(secret);
  }
}

void Intake::add(Arrived arrived, Changes& changes) {
  if (const auto* ingress = std::get_if<Ptr<Ingress>>(&arrived.object)) refer(references_.set(**ingress), changes);
  if (const auto* secret = std::get_if<Ptr<Secret>>(&arrived.object)) {
    const Key key = (*secret)->metadata.key();
    secrets_.insert(key);
    if (!references_.contains(key)) return;
    given_out_.insert(key);
  }
  changes.push_back({std::move(arrived), 0, {}});
}

void Intake::drop(std::size_t kind, const Key& key, Changes& changes) {
  if (kind == Object{Ptr<Ingress>{}}.index()) refer(references_.erase(key), changes);
  if (kind == secret_kind) {
    secrets_.erase(key);
    if (given_out_.erase(key) == 0) return;
  }
  changes.push_back(gone(kind, key));
}

void Intake::replace(std::size_t id, std::vector<Arrived> all) {
  Changes changes;
  std::map<Key, std::size_t> now;
  for (const Arrived& arrived : all) now.emplace(key_of(arrived.object), arrived.object.index());
  for (const auto& [key, kind] : std::exchange(known_[id], now))
    if (!now.contains(key)) drop(kind, key, changes);
  for (Arrived& arrived : all) add(std::move(arrived), changes);
  put(std::move(changes));
}

void Intake::change(std::size_t id, Arrived arrived) {
  Changes changes;
  known_[id].insert_or_assign(key_of(arrived.object), arrived.object.index());
  add(std::move(arrived), changes);
  put(std::move(changes));
}

void Intake::remove(std::size_t id, std::size_t kind, const Key& key) {
  Changes changes;
  known_[id].erase(key);
  drop(kind, key, changes);
  put(std::move(changes));
}

void Intake::fetched(const Key& secret, std::optional<Arrived> arrived) {
  const auto waits = waiting_.find(secret);
  if (waits == waiting_.end()) return;
  const bool is_held = waits->second;
  // What the watch has brought meanwhile is at least as new.
  const bool is_of_use = arrived && references_.contains(secret) && secrets_.contains(secret) && !given_out_.contains(secret);
  if (is_of_use) {
    Changes changes;
    add(std::move(*arrived), changes);
    put(std::move(changes));
  }
  if (arrived || !references_.contains(secret) || !secrets_.contains(secret) || given_out_.contains(secret)) waiting_.erase(waits);
  else waits->second = false;
  if (is_held) inbox_.release();
}

}  // namespace controller::kube
