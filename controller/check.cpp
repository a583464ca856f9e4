#include "controller/check.hpp"

#include "controller/manifests/directory.hpp"
#include "controller/manifests/store_from.hpp"
#include "controller/source.hpp"
#include "controller/translate/diagnostics.hpp"
#include "controller/translate/global_config.hpp"
#include "controller/translate/translation.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <map>
#include <set>

namespace controller {

namespace {

constexpr std::size_t names_in_a_notice = 5;

std::string plural(std::size_t count, std::string_view noun) { return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s"); }

std::string list_of(const std::set<std::string>& names) {
  std::string text;
  std::size_t left = names.size();
  for (const auto& name : names) {
    if (names.size() - left == names_in_a_notice) return fmt::format("{} and {} more", text, left);
    text += (text.empty() ? "" : ", ") + name;
    --left;
  }
  return text;
}

// One line for everything that was skipped, however many files it fills.
void note_skipped(const manifests::Directory& directory, CheckResult& result) {
  std::map<std::string, std::size_t> files_by_kind;
  std::set<std::string> others;
  for (const auto& notice : directory.notices()) {
    if (notice.kind.empty()) others.insert(notice.file);
    else ++files_by_kind[notice.kind];
  }
  std::string kinds;
  for (const auto& [kind, files] : files_by_kind) kinds += fmt::format("{}{} ({})", kinds.empty() ? "" : ", ", kind, plural(files, "file"));
  if (!kinds.empty()) result.notices.push_back("skipped, of kinds that are not read: " + kinds);
  if (!others.empty()) result.notices.push_back(fmt::format("skipped, no Kubernetes object: something in {}: {}", plural(others.size(), "file"), list_of(others)));
}

void examine_config_maps(const Store& store, const Options& options, std::vector<routing::Diagnostic>& diagnostics, CheckResult& result) {
  if (!options.config_map.empty()) {
    result.notices.push_back("configuration: ConfigMap " + options.config_map);
    return;
  }
  std::set<std::string> names;
  for (const auto& [key, map] : store.config_maps) {
    if (!translate::looks_like_config(*map)) continue;
    (void)translate::translate_config(map.get(), diagnostics);
    names.insert(key.first + "/" + key.second);
  }
  if (!names.empty())
    result.notices.push_back(fmt::format("examined as configuration, in force only with --configmap=namespace/name: ConfigMap {}", fmt::join(names, ", ")));
}

template <typename T>
void put(Store& store, const kube::Ptr<T>& pointer) {
  store.of<T>()[pointer->metadata.key()] = pointer;
}

using FileObjects = std::map<std::string, std::vector<kube::Object>>;

// A copy is judged among its neighbours in the file, as if theirs were the objects that count; of what others it refers to
// that are missing nothing is said, since it is not used.
void examine_copies_of(const std::vector<kube::Object>& copies, const std::vector<kube::Object>& neighbours, const Store& others, const Options& options,
                       translate::CertificateCache& certificates, std::vector<routing::Diagnostic>& diagnostics) {
  Store store = others;
  for (const auto& object : neighbours)
    if (!std::holds_alternative<kube::Ptr<kube::Ingress>>(object)) std::visit([&store](const auto& pointer) { put(store, pointer); }, object);
  std::vector<kube::Ptr<kube::Ingress>> left;
  for (const auto& object : copies) {
    if (const auto* ingress = std::get_if<kube::Ptr<kube::Ingress>>(&object)) left.push_back(*ingress);
    if (const auto* map = std::get_if<kube::Ptr<kube::ConfigMap>>(&object); map && translate::looks_like_config(**map))
      (void)translate::translate_config(map->get(), diagnostics);
  }
  while (!left.empty()) {  // more than once when a file holds several of one name
    store.ingresses.clear();
    std::erase_if(left, [&store](const auto& ingress) { return store.ingresses.try_emplace(ingress->metadata.key(), ingress).second; });
    const auto translation = translate::translate(store, options, {}, certificates);
    for (const auto& diagnostic : translate::diagnostics_of_routes(translation))
      if (diagnostic.kind == "Ingress") diagnostics.push_back(diagnostic);
  }
}

void examine_copies(const manifests::Directory& directory, const manifests::Loaded& loaded, const Options& options, translate::CertificateCache& certificates,
                    std::vector<routing::Diagnostic>& diagnostics) {
  FileObjects copies, neighbours;
  for (const manifests::Copy& copy : loaded.copies)
    if (!copy.is_equal) copies[copy.file].push_back(copy.object);
  if (copies.empty()) return;
  directory.each_object([&](const kube::Object& object, const std::string& file) {
    if (copies.contains(file)) neighbours[file].push_back(object);
  });
  Store others = loaded.store;
  others.ingresses.clear();
  others.slices.clear();
  for (const auto& [file, objects] : copies) {
    std::vector<routing::Diagnostic> found;
    examine_copies_of(objects, neighbours[file], others, options, certificates, found);
    for (routing::Diagnostic& diagnostic : found) {
      diagnostic.reason += fmt::format(" (in the copy in {}, which is not used)", file);
      diagnostics.push_back(std::move(diagnostic));
    }
  }
}

std::size_t count_objects(const Store& store) {
  return store.ingresses.size() + store.classes.size() + store.services.size() + store.slices.size() + store.secrets.size() + store.config_maps.size() +
         store.namespaces.size();
}

void finish(const std::vector<routing::Diagnostic>& all, CheckResult& result) {
  const std::set<routing::Diagnostic> sorted{all.begin(), all.end()};
  result.diagnostics.assign(sorted.begin(), sorted.end());
}

// Translates, and adds what that finds.
void examine(const Store& store, const Options& options, translate::CertificateCache& certificates, std::vector<routing::Diagnostic>& all, CheckResult& result) {
  const translate::Translation translation = translate::translate(store, options, {}, certificates);
  const std::vector<routing::Diagnostic> found = translate::diagnostics_of(translation);
  all.insert(all.end(), found.begin(), found.end());
  result.ingresses_served = translation.ingresses_served();
  examine_config_maps(store, options, all, result);
}

CheckResult check_files(const Options& options) {
  CheckResult result;
  manifests::Directory directory{options.manifests};
  if (!directory.load(result.error)) return result;
  const manifests::Loaded loaded = manifests::store_from(directory);
  translate::CertificateCache certificates;
  std::vector<routing::Diagnostic> all = directory.diagnostics();
  all.insert(all.end(), loaded.diagnostics.begin(), loaded.diagnostics.end());
  examine(loaded.store, options, certificates, all, result);
  examine_copies(directory, loaded, options, certificates, all);
  note_skipped(directory, result);
  finish(all, result);
  result.files = directory.file_count();
  directory.each_object([&result](const kube::Object&, const std::string&) { ++result.objects; });
  return result;
}

CheckResult check_cluster(const Options& options) {
  CheckResult result;
  Objects objects = read_objects(options);
  result.error = std::move(objects.error);
  if (!result.error.empty()) return result;
  translate::CertificateCache certificates;
  std::vector<routing::Diagnostic> all = std::move(objects.diagnostics);
  examine(objects.store, options, certificates, all, result);
  result.notices.insert(result.notices.end(), objects.notices.begin(), objects.notices.end());
  finish(all, result);
  result.objects = count_objects(objects.store);
  return result;
}

}  // namespace

CheckResult check(const Options& options) { return options.manifests.empty() ? check_cluster(options) : check_files(options); }

}  // namespace controller
