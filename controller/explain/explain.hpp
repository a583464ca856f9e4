// `weir explain`: what would become of a request, and why. Reads objects and translates as the program does; the decision is
// the matcher's (routing/outcome), here it is traced back to the objects.
#pragma once

#include "controller/dns_resolver.hpp"
#include "controller/explain/explanation.hpp"
#include "controller/options.hpp"
#include "controller/store.hpp"
#include "controller/translate/certificates.hpp"
#include "controller/translate/translation.hpp"

#include <chrono>
#include <cstdint>
#include <set>
#include <string>
#include <vector>

namespace controller::explain {

// One state of the objects, whatever their source. Owned by one thread.
class Explainer {
 public:
  // `of_source`: the diagnostics of reading and decoding. `answers`: what the names of ExternalName Services resolve to.
  Explainer(Store store, Options options, std::vector<routing::Diagnostic> of_source, const DnsResolver::Answers& answers = {});

  [[nodiscard]] const routing::Snapshot& snapshot() const noexcept { return *translation_.snapshot; }
  // For asking DNS about them; then take_answers().
  [[nodiscard]] const std::set<std::string>& external_names() const noexcept { return translation_.external_names; }
  void take_answers(const DnsResolver::Answers& answers);

  // `https_port` stands in redirects that name a port; `now` tells whether a certificate has expired.
  [[nodiscard]] Explanation explain(routing::AskedRequest request, std::uint16_t https_port, std::chrono::system_clock::time_point now) const;

 private:
  Store store_;
  Options options_;
  std::vector<routing::Diagnostic> of_source_;
  translate::CertificateCache certificates_;
  translate::Translation translation_;
};

}  // namespace controller::explain
