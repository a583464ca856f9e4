// YAML text to a translation, without files: the whole controller in one call.
#pragma once

#include "controller/options.hpp"
#include "controller/store.hpp"
#include "controller/translate/translation.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace test {

struct Translated {
  controller::translate::Translation translation;
  std::vector<std::string> diagnostics;  // as lines, sorted

  [[nodiscard]] const routing::Snapshot& snapshot() const { return *translation.snapshot; }
  // "ingress/service" of the route that wins, "404", "503", "add_slash /path" ...
  [[nodiscard]] std::string route_of(std::string_view host, std::string_view path) const;
  [[nodiscard]] const routing::Route* find(std::string_view host, std::string_view path) const;
  // How many lines hold the text.
  [[nodiscard]] std::size_t lines_with(std::string_view text) const;
};

// The objects of a text, and what decoding them told.
struct Decoded {
  controller::Store store;
  std::vector<routing::Diagnostic> diagnostics;
};
[[nodiscard]] Decoded decode_yaml(std::string_view text);

[[nodiscard]] Translated translate_yaml(std::string_view text, const controller::Options& options = {},
                                        const controller::DnsResolver::Answers& answers = {});

// An Ingress of class nginx with one rule; `annotations` as "name: value" lines without the prefix.
struct IngressText {
  std::string name = "web", host = "a.test", path = "/", path_type = "Prefix", service = "web", created = "2024-01-01T00:00:00Z";
  std::vector<std::pair<std::string, std::string>> annotations;
  std::string tls_secret, class_line = "ingressClassName: nginx";
};
[[nodiscard]] std::string ingress(const IngressText& text);
// A Service with port 80 named http, and its EndpointSlice with the addresses.
[[nodiscard]] std::string service(const std::string& name, const std::vector<std::string>& addresses = {"10.0.0.1"});
[[nodiscard]] std::string config_map(const std::vector<std::pair<std::string, std::string>>& data);  // default/conf

}  // namespace test
