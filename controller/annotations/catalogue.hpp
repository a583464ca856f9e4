// Every annotation that ingress-nginx knows or knew, with what its presence means here. What is not built yet is said in so
// many words, and where it guards access the path is closed: nothing opens by our ignorance.
#pragma once

#include <string>
#include <string_view>

namespace controller::annotations {

enum class Treatment {
  supported,         // read by an annotation file beside this one
  harmless,          // not supported yet; the path is served without it
  closes_path,       // guards access and is not supported yet: 503
  closes_host,       // guards the whole host (client certificates): 503 on every path of it
  refuses_ingress,   // snippets and canaries: the Ingress is not served
  wrong_protocol,    // the upstream speaks something else: 502 would be all that a client gets, so 503 with the reason
  removed,           // gone from ingress-nginx too: ignored
  unknown,           // never was one
};

struct Verdict {
  Treatment treatment = Treatment::unknown;
  std::string reason;  // one line with the remedy; empty for supported
  bool guards_access = false;  // what it guards has to stay closed even where its Ingress or its path is not taken
};

// `name` without the prefix. Some are harmless in one value and not in another.
[[nodiscard]] Verdict judge_annotation(std::string_view name, std::string_view value);

// The same for a key of the ConfigMap; closes_path closes every path.
[[nodiscard]] Verdict judge_config_key(std::string_view key, std::string_view value);

// Whether ingress-nginx knows the key, supported here or not.
[[nodiscard]] bool is_config_key(std::string_view key);

}  // namespace controller::annotations
