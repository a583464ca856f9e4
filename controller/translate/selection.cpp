#include "controller/translate/selection.hpp"

#include "controller/annotations/values.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace controller::translate {

namespace {

using annotations::trim;

// The parts of a selector, split at commas outside parentheses.
std::vector<std::string_view> split_terms(std::string_view selector) {
  std::vector<std::string_view> terms;
  int depth = 0;
  std::size_t start = 0;
  for (std::size_t i = 0; i <= selector.size(); ++i) {
    const char c = i < selector.size() ? selector[i] : ',';
    depth += c == '(' ? 1 : c == ')' ? -1 : 0;
    if (c != ',' || depth > 0) continue;
    if (const auto term = trim(selector.substr(start, i - start)); !term.empty()) terms.push_back(term);
    start = i + 1;
  }
  return terms;
}

bool matches_set(const std::string* value, std::string_view term, std::size_t open, bool is_in) {
  const std::size_t close = term.rfind(')');
  if (close == std::string_view::npos || close < open) return false;
  const auto values = annotations::split_list(term.substr(open + 1, close - open - 1));
  const bool found = value && std::find(values.begin(), values.end(), *value) != values.end();
  return found == is_in;
}

bool matches_term(const kube::Pairs& labels, std::string_view term) {
  const auto value_of = [&labels](std::string_view key) { return kube::find(labels, trim(key)); };
  if (const std::size_t open = term.find('('); open != std::string_view::npos) {
    const std::string_view head = trim(term.substr(0, open));
    if (head.ends_with(" notin")) return matches_set(value_of(head.substr(0, head.size() - 6)), term, open, false);
    if (head.ends_with(" in")) return matches_set(value_of(head.substr(0, head.size() - 3)), term, open, true);
    return false;
  }
  if (const std::size_t at = term.find("!="); at != std::string_view::npos) {
    const std::string* value = value_of(term.substr(0, at));
    return !value || *value != trim(term.substr(at + 2));
  }
  if (const std::size_t at = term.find('='); at != std::string_view::npos) {
    const std::size_t skip = term.substr(at).starts_with("==") ? 2 : 1;
    const std::string* value = value_of(term.substr(0, at));
    return value && *value == trim(term.substr(at + skip));
  }
  if (term.starts_with('!')) return !value_of(term.substr(1));
  return value_of(term) != nullptr;
}

bool is_watched(const kube::Ingress& ingress, const Store& store, const Options& options) {
  const std::string& name = ingress.metadata.object_namespace;
  if (!options.watch_namespace.empty() && name != options.watch_namespace) return false;
  if (options.watch_namespace_selector.empty()) return true;
  const auto found = store.namespaces.find({"", name});
  return found != store.namespaces.end() && matches_selector(found->second->metadata.labels, options.watch_namespace_selector);
}

bool is_ours(const kube::Ingress& ingress, const Store& store, const Options& options, std::vector<routing::Diagnostic>& diagnostics) {
  const std::string* const annotation = kube::find(ingress.metadata.annotations, "kubernetes.io/ingress.class");
  const auto tell = [&](std::string field, std::string reason) {
    diagnostics.push_back({"Ingress", ingress.metadata.object_namespace, ingress.metadata.name, std::move(field), std::move(reason), routing::Severity::changed});
  };
  if (!ingress.has_class && annotation) return *annotation == options.ingress_class;
  if (!ingress.has_class) {
    if (!options.watch_ingress_without_class)
      tell("spec.ingressClassName", "is missing: the Ingress is not served; name a class, or start with --watch-ingress-without-class");
    return options.watch_ingress_without_class;
  }
  if (annotation && *annotation != ingress.class_name)
    tell("metadata.annotations.kubernetes.io/ingress.class",
         fmt::format("\"{}\" disagrees with spec.ingressClassName \"{}\", which decides; remove the annotation", annotation->substr(0, 80), ingress.class_name.substr(0, 80)));
  const auto found = store.classes.find({"", ingress.class_name});
  if (found != store.classes.end())
    return options.ingress_class_by_name ? ingress.class_name == options.ingress_class || found->second->controller == options.controller_class
                                         : found->second->controller == options.controller_class;
  // Without any IngressClass the usual one is assumed, so that ordinary manifests work as they are.
  if (store.classes.empty() && ingress.class_name == "nginx" && options.controller_class == "k8s.io/ingress-nginx") return true;
  tell("spec.ingressClassName", fmt::format("there is no IngressClass \"{}\": the Ingress is not served", ingress.class_name.substr(0, 80)));
  return false;
}

// As texts "namespace/name".
bool has_greater_name(const kube::Metadata& a, const kube::Metadata& b) {
  if (a.object_namespace == b.object_namespace) return a.name > b.name;
  return a.object_namespace + "/" + a.name > b.object_namespace + "/" + b.name;
}

}  // namespace

bool is_of_concern(const kube::Ingress& ingress, const Store& store, const Options& options) {
  std::vector<routing::Diagnostic> diagnostics;
  return is_watched(ingress, store, options) && (is_ours(ingress, store, options, diagnostics) || !diagnostics.empty());
}

bool is_leaving(const kube::Metadata& metadata, const Store& store) {
  const auto found = store.namespaces.find({"", metadata.object_namespace});
  return metadata.is_deleting || (found != store.namespaces.end() && found->second->metadata.is_deleting);
}

bool matches_selector(const kube::Pairs& labels, std::string_view selector) {
  const auto terms = split_terms(selector);
  return std::all_of(terms.begin(), terms.end(), [&labels](std::string_view term) { return matches_term(labels, term); });
}

std::optional<Selected> select(const kube::Ingress& ingress, const Store& store, const Options& options, std::vector<routing::Diagnostic>& diagnostics) {
  if (!is_watched(ingress, store, options) || !is_ours(ingress, store, options, diagnostics)) return {};
  return Selected{&ingress, is_leaving(ingress.metadata, store), ingress.metadata.created_at};
}

bool is_heard_before(const Selected& a, const Selected& b) {
  if (a.leaves != b.leaves) return b.leaves;
  return a.created_at != b.created_at ? a.created_at < b.created_at : has_greater_name(a.ingress->metadata, b.ingress->metadata);
}

std::vector<Selected> select_ingresses(const Store& store, const Options& options, std::vector<routing::Diagnostic>& diagnostics) {
  std::vector<Selected> selected;
  selected.reserve(store.ingresses.size());
  for (const auto& [key, ingress] : store.ingresses)
    if (const auto one = select(*ingress, store, options, diagnostics)) selected.push_back(*one);
  std::sort(selected.begin(), selected.end(), is_heard_before);
  return selected;
}

}  // namespace controller::translate
