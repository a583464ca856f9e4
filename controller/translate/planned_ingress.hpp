// What one Ingress asks for by itself: its annotations as values, and the hosts that its rules are for.
#pragma once

#include "controller/annotations/ingress_plan.hpp"
#include "controller/kube/objects.hpp"
#include "controller/options.hpp"
#include "controller/translate/certificates.hpp"
#include "controller/translate/global_config.hpp"
#include "routing/diagnostic.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <unordered_set>
#include <vector>

namespace controller::translate {

struct HostWork;

struct PlannedRule {
  std::string host;                         // lower case; "" = catch-all
  const kube::IngressRule* rule = nullptr;  // of the Ingress; null: its defaultBackend, for whatever nobody else takes
  bool is_refused = false;                  // its paths are closed and nothing more
  HostWork* work = nullptr;                 // of the host
};

// Kept from one translation to the next while the object and the configuration are the same.
struct PlannedIngress {
  kube::Ptr<kube::Ingress> ingress;
  std::shared_ptr<const annotations::IngressPlan> plan;  // not null; Ingresses that ask for the same share one
  std::vector<PlannedRule> rules;  // none of one that is refused and guards nothing
  std::vector<routing::Diagnostic> findings;
  std::vector<CertificateCache::Found> certificates;  // of its TLS entries; null: the entry names no Secret
  bool has_other_certificates = false;                // than at the translation before
  std::uint64_t heard_at = 0;                         // the translation that it was last part of
};

// By the name of the Ingress, which is not written down a second time.
struct PlanNameHash {
  using is_transparent = void;
  static std::size_t of(const std::string& object_namespace, const std::string& name) noexcept {
    const std::hash<std::string> hash;
    return hash(name) * 31 + hash(object_namespace);
  }
  std::size_t operator()(const kube::Key& key) const noexcept { return of(key.first, key.second); }
  std::size_t operator()(const PlannedIngress* planned) const noexcept {
    return of(planned->ingress->metadata.object_namespace, planned->ingress->metadata.name);
  }
};
struct PlanNameEqual {
  using is_transparent = void;
  bool operator()(const PlannedIngress* planned, const kube::Key& key) const noexcept {
    return planned->ingress->metadata.name == key.second && planned->ingress->metadata.object_namespace == key.first;
  }
  bool operator()(const kube::Key& key, const PlannedIngress* planned) const noexcept { return (*this)(planned, key); }
  bool operator()(const PlannedIngress* a, const PlannedIngress* b) const noexcept {
    const kube::Metadata &one = a->ingress->metadata, &other = b->ingress->metadata;
    return one.name == other.name && one.object_namespace == other.object_namespace;
  }
};
using PlansByName = std::unordered_set<PlannedIngress*, PlanNameHash, PlanNameEqual>;

// To an object that says the same.
void move_to(PlannedIngress& planned, kube::Ptr<kube::Ingress> ingress);

// The plans that many Ingresses share: most ask for nothing, or for the same as their neighbours.
class CommonPlans {
 public:
  static constexpr std::size_t max_plans = 16;  // looked through for each new one; while all are in use, further ones are not shared

  // One that says the same, or `plan` itself.
  [[nodiscard]] std::shared_ptr<const annotations::IngressPlan> share(annotations::IngressPlan plan);
  void clear() { plans_.clear(); }

 private:
  std::vector<std::shared_ptr<const annotations::IngressPlan>> plans_;
};

[[nodiscard]] PlannedIngress plan_ingress(kube::Ptr<kube::Ingress> ingress, const GlobalConfig& config, const Options& options, CommonPlans& common);

}  // namespace controller::translate
