// What an explanation is made from: the objects, whatever their source, and what translation made of them.
#pragma once

#include "controller/options.hpp"
#include "controller/store.hpp"
#include "controller/translate/translation.hpp"
#include "routing/diagnostic.hpp"

#include <map>
#include <string>
#include <tuple>
#include <vector>

namespace controller::explain {

// Diagnostics by object.
class Findings {
 public:
  // `of_source`: those of files and decoding.
  Findings(std::vector<routing::Diagnostic> of_source, const translate::Translation& translation);
  Findings(const Findings&) = delete;
  Findings& operator=(const Findings&) = delete;

  [[nodiscard]] const std::vector<const routing::Diagnostic*>& of(const std::string& kind, const std::string& object_namespace,
                                                                  const std::string& name) const;
  // About exactly this field of an Ingress; null when there is none.
  [[nodiscard]] const routing::Diagnostic* at(const kube::Ingress& ingress, const std::string& field) const;
  [[nodiscard]] const std::vector<const routing::Diagnostic*>& all() const noexcept { return all_; }

 private:
  std::vector<routing::Diagnostic> held_;
  std::map<std::tuple<std::string, std::string, std::string>, std::vector<const routing::Diagnostic*>> by_object_;
  std::vector<const routing::Diagnostic*> all_;
};

struct Situation {
  const Store& store;
  const Options& options;
  const translate::Translation& translation;
  const Findings& findings;

  [[nodiscard]] const routing::Snapshot& snapshot() const noexcept { return *translation.snapshot; }
  // Null when there is none.
  [[nodiscard]] const kube::Ingress* ingress(const std::string& object_namespace, const std::string& name) const;
  [[nodiscard]] const kube::ConfigMap* config_map() const;
};

}  // namespace controller::explain
