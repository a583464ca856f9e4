#include "controller/manifests/decode_document.hpp"

#include "controller/kube/decode.hpp"

#include <boost/json/monotonic_resource.hpp>
#include <fmt/format.h>

namespace controller::manifests {

namespace json = boost::json;

namespace {

constexpr std::size_t scratch_bytes = 16 * 1024;  // most documents need no more than that for their values

// An object or a List of them.
template <typename Take>
void each_manifest(const json::object& root, Take take) {
  const json::value* const kind = root.if_contains("kind");
  const json::value* const items = root.if_contains("items");
  const bool is_list = kind && kind->is_string() && items && items->is_array() &&
                       std::string_view{kind->get_string().data(), kind->get_string().size()}.ends_with("List");
  if (!is_list) {
    take(root);
    return;
  }
  for (const json::value& item : items->get_array())
    if (const json::object* object = item.if_object()) take(*object);
}

class Decoding {
 public:
  Decoding(const DecodeContext& context, const ParsedDocument& parsed, Document& document) : context_(context), parsed_(parsed), document_(document) {}

  void run() {
    const json::object* const root = parsed_.value.if_object();
    if (root) each_manifest(*root, [this](const json::object& object) { take(object); });
    else remarks_.skipped_kinds.insert("");
    if (!remarks_.diagnostics.empty() || !remarks_.skipped_kinds.empty()) document_.remarks = std::make_unique<const Remarks>(std::move(remarks_));
  }

 private:
  void take(const json::object& object) {
    kube::Decoded decoded = kube::decode(object);
    if (!decoded.skipped_kind.empty()) {
      const bool is_kubernetes = object.contains("apiVersion") && object.contains("kind");
      remarks_.skipped_kinds.insert(is_kubernetes ? decoded.skipped_kind : "");
      return;
    }
    if (!parsed_.repeated_key.empty()) {
      keep_as_it_was(decoded);
      return;
    }
    if (decoded.object) document_.objects.push_back(std::move(*decoded.object));
    for (routing::Diagnostic& diagnostic : decoded.diagnostics) {
      if (diagnostic.name.empty()) {  // not even a name to go by
        diagnostic.field = fmt::format("{} {}", diagnostic.kind, diagnostic.field);
        diagnostic.reason += ": the object is not taken";
        diagnostic.kind = "File";
        diagnostic.name = context_.shown;
      }
      remarks_.diagnostics.push_back(std::move(diagnostic));
    }
  }

  // Which of two equal keys was meant is not ours to guess: kubectl refuses such an object too, and goes on with the next.
  void keep_as_it_was(const kube::Decoded& decoded) {
    routing::Diagnostic diagnostic{"File", "", context_.shown, fmt::format("line {}", parsed_.repeated_line), "", routing::Severity::refused};
    bool is_kept = false;
    if (decoded.object) {
      const kube::Key key = key_of(*decoded.object);
      diagnostic.kind = kube::kind_name(*decoded.object);
      diagnostic.object_namespace = key.first;
      diagnostic.name = key.second;
      diagnostic.field = fmt::format("{} line {}", context_.shown, parsed_.repeated_line);
      for (const Document& old : context_.before)
        for (const kube::Object& object : old.objects) {
          if (is_kept || object.index() != decoded.object->index() || key_of(object) != key) continue;
          document_.objects.push_back(object);
          is_kept = true;
        }
    }
    diagnostic.reason = fmt::format("the key \"{}\" stands twice: the object is not taken (kubectl refuses it too){}", parsed_.repeated_key,
                                    is_kept ? "; what it was before stays in force" : "");
    remarks_.diagnostics.push_back(std::move(diagnostic));
  }

  const DecodeContext& context_;
  const ParsedDocument& parsed_;
  Document& document_;
  Remarks remarks_;
};

}  // namespace

DecodeError decode_document(const DocumentText& text, const DecodeContext& context, Document& document) {
  unsigned char scratch[scratch_bytes];
  json::monotonic_resource memory{scratch, sizeof scratch};
  const ParsedDocument parsed = parse_document(text, &memory);
  if (!parsed.error.empty()) return {parsed.error, parsed.line};
  Decoding{context, parsed, document}.run();
  return {};
}

}  // namespace controller::manifests
