#include "controller/election/lease.hpp"

#include "controller/kube/micro_time.hpp"
#include "controller/kube/plain_json.hpp"

#include <boost/json/serialize.hpp>

#include <algorithm>

namespace controller::election {

namespace json = boost::json;

namespace {

constexpr std::int64_t longest_duration = 24 * 60 * 60;

json::object object_of(std::string_view text) {
  json::value value = kube::parse_plain(text);
  return value.is_object() ? std::move(value.get_object()) : json::object{};
}

// A sub-object to be written to, made where there is none.
json::object& member(json::object& object, std::string_view name) {
  json::value& value = object[name];
  return value.is_object() ? value.get_object() : value.emplace_object();
}

}  // namespace

std::optional<Lease> read_lease(std::string_view text) {
  const json::object root = object_of(text);
  if (kube::text_in(&root, "kind") != "Lease") return {};
  Lease lease;
  lease.text = text;
  const json::object* const spec = kube::object_in(&root, "spec");
  lease.holder = kube::text_in(spec, "holderIdentity");
  lease.renew_time = kube::text_in(spec, "renewTime");
  lease.duration = std::chrono::seconds{std::clamp<std::int64_t>(kube::number_in(spec, "leaseDurationSeconds"), 0, longest_duration)};
  lease.transitions = kube::number_in(spec, "leaseTransitions");
  return lease;
}

std::string lease_held_by(const LeaseName& name, const Lease* before, const std::string& holder, std::chrono::seconds duration,
                          std::chrono::system_clock::time_point now) {
  json::object root = before ? object_of(before->text) : json::object{{"apiVersion", "coordination.k8s.io/v1"}, {"kind", "Lease"}};
  if (!before) root["metadata"] = json::object{{"namespace", name.object_namespace}, {"name", name.name}};
  json::object& spec = member(root, "spec");
  spec["leaseDurationSeconds"] = duration.count();
  spec["renewTime"] = kube::micro_time(now);
  if (!before || before->holder != holder) {
    spec["holderIdentity"] = holder;
    spec["acquireTime"] = kube::micro_time(now);
    spec["leaseTransitions"] = before ? before->transitions + 1 : 0;
  }
  return json::serialize(root);
}

std::string released(const Lease& before, std::chrono::system_clock::time_point now) {
  json::object root = object_of(before.text);
  json::object& spec = member(root, "spec");
  spec["holderIdentity"] = "";
  spec["leaseDurationSeconds"] = 1;
  spec["renewTime"] = kube::micro_time(now);
  return json::serialize(root);
}

Election::Election(std::string identity, std::chrono::seconds ttl)
    : identity_(std::move(identity)), duration_(std::max(std::chrono::seconds{1}, ttl * 4 / 5)), renew_interval_(std::chrono::milliseconds{ttl} / 3),
      look_interval_(std::min(longest_look, renew_interval_)) {}

Election::Step Election::decide(const Lease* seen, TimePoint now) {
  if (!seen) return Step::create;
  if (seen->holder == identity_) return is_holder_ && now - renewed_at_ < renew_interval_ ? Step::none : Step::renew;
  is_holder_ = false;
  if (seen->holder.empty()) return Step::take;
  if (seen->holder != seen_holder_ || seen->renew_time != seen_renew_time_) {
    seen_holder_ = seen->holder;
    seen_renew_time_ = seen->renew_time;
    changed_at_ = now;
  }
  const auto duration = seen->duration.count() > 0 ? seen->duration : duration_;
  return now - changed_at_ >= duration ? Step::take : Step::none;
}

void Election::on_written(TimePoint begun) noexcept {
  is_holder_ = true;
  renewed_at_ = begun;
}

bool Election::leads(TimePoint now) const noexcept {
  const auto margin = std::chrono::milliseconds{duration_} / 6;
  return is_holder_ && now - renewed_at_ < duration_ - margin;
}

std::chrono::milliseconds Election::until_look(TimePoint now) const noexcept {
  if (!is_holder_) return look_interval_;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(renewed_at_ + renew_interval_ - now);
  return left.count() > 0 ? left : look_interval_;
}

}  // namespace controller::election
