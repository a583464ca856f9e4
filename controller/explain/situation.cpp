#include "controller/explain/situation.hpp"

#include "controller/translate/diagnostics.hpp"

#include <iterator>
#include <utility>

namespace controller::explain {

Findings::Findings(std::vector<routing::Diagnostic> of_source, const translate::Translation& translation) : held_(std::move(of_source)) {
  auto of_translation = translate::diagnostics_of(translation);
  held_.insert(held_.end(), std::make_move_iterator(of_translation.begin()), std::make_move_iterator(of_translation.end()));
  for (const routing::Diagnostic& diagnostic : held_) {
    by_object_[{diagnostic.kind, diagnostic.object_namespace, diagnostic.name}].push_back(&diagnostic);
    all_.push_back(&diagnostic);
  }
}

const std::vector<const routing::Diagnostic*>& Findings::of(const std::string& kind, const std::string& object_namespace,
                                                            const std::string& name) const {
  static const std::vector<const routing::Diagnostic*> nothing;
  const auto found = by_object_.find({kind, object_namespace, name});
  return found == by_object_.end() ? nothing : found->second;
}

const routing::Diagnostic* Findings::at(const kube::Ingress& ingress, const std::string& field) const {
  for (const routing::Diagnostic* diagnostic : of("Ingress", ingress.metadata.object_namespace, ingress.metadata.name))
    if (diagnostic->field == field) return diagnostic;
  return nullptr;
}

const kube::Ingress* Situation::ingress(const std::string& object_namespace, const std::string& name) const {
  const auto found = store.ingresses.find({object_namespace, name});
  return found == store.ingresses.end() ? nullptr : found->second.get();
}

const kube::ConfigMap* Situation::config_map() const {
  const std::size_t slash = options.config_map.find('/');
  if (slash == std::string::npos) return nullptr;
  const auto found = store.config_maps.find({options.config_map.substr(0, slash), options.config_map.substr(slash + 1)});
  return found == store.config_maps.end() ? nullptr : found->second.get();
}

}  // namespace controller::explain
