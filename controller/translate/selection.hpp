// Which Ingresses are ours, and in which order they are heard (ingress-v1 R1 to R5, R26; ingress-nginx 3.3).
#pragma once

#include "controller/options.hpp"
#include "controller/store.hpp"
#include "routing/diagnostic.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace controller::translate {

struct Selected {
  const kube::Ingress* ingress = nullptr;
  bool leaves = false;  // is_leaving()
  std::int64_t created_at = 0;
};

// The Ingress, if it is ours; `diagnostics` take what is to be said of it.
[[nodiscard]] std::optional<Selected> select(const kube::Ingress& ingress, const Store& store, const Options& options, std::vector<routing::Diagnostic>& diagnostics);

// Oldest first; of equal age the greater namespace/name; what is being deleted comes last.
[[nodiscard]] bool is_heard_before(const Selected& a, const Selected& b);

// All that are ours, in that order.
[[nodiscard]] std::vector<Selected> select_ingresses(const Store& store, const Options& options, std::vector<routing::Diagnostic>& diagnostics);

// Whether anything comes of it: it is ours, or there is something to be said of it.
[[nodiscard]] bool is_of_concern(const kube::Ingress& ingress, const Store& store, const Options& options);

// It or its namespace is being deleted.
[[nodiscard]] bool is_leaving(const kube::Metadata& metadata, const Store& store);

// Kubernetes label selector syntax: "a=b,c!=d,e,!f,g in (h,i),j notin (k)". False also for what does not parse.
[[nodiscard]] bool matches_selector(const kube::Pairs& labels, std::string_view selector);

}  // namespace controller::translate
