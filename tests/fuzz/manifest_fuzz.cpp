// Manifests from text to snapshot: whatever stands in a file, translation ends, with a snapshot and without a crash.
#include "controller/kube/decode.hpp"
#include "controller/manifests/yaml.hpp"
#include "controller/translate/translation.hpp"

#include <cstdlib>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  static controller::translate::CertificateCache certificates;
  controller::Store store;
  for (const auto& document : controller::manifests::split_documents(text)) {
    const auto parsed = controller::manifests::parse_document(document);
    if (!parsed.error.empty()) {
      if (parsed.line < document.line) std::abort();
      continue;
    }
    const auto* root = parsed.value.if_object();
    if (!root) continue;
    const auto decoded = controller::kube::decode(*root);
    if (!decoded.object) continue;
    std::visit([&store](const auto& pointer) {
      using T = std::remove_const_t<typename std::decay_t<decltype(pointer)>::element_type>;
      store.of<T>()[pointer->metadata.key()] = pointer;
    }, *decoded.object);
  }
  controller::Options options;
  options.watch_ingress_without_class = true;
  options.config_map = "default/conf";
  const auto translation = controller::translate::translate(store, options, {}, certificates);
  if (!translation.snapshot || routing::to_json(*translation.snapshot).empty()) std::abort();
  (void)translation.snapshot->routes->match({"a.test", "/x"});
  return 0;
}
