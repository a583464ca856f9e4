// The head that goes to the upstream: the client's, less what is hop-by-hop or ours to say, plus what ingress-nginx adds.
#pragma once

#include "proxy/client_facts.hpp"
#include "proxy/head_writer.hpp"
#include "proxy/message.hpp"
#include "routing/settings.hpp"

#include <string_view>

namespace proxy {

struct UpstreamRequest {
  const RequestHead& head;
  const ClientFacts& client;
  const routing::Settings& settings;
  std::string_view target;       // after rewriting
  std::string_view request_id;   // "" = none
  std::string_view extra_lines;  // complete header lines, or ""
};

// Writes request line, fields and the empty line; `out` is started anew.
void write_request_head(const UpstreamRequest& request, HeadWriter& out);

}  // namespace proxy
