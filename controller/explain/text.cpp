#include "controller/explain/text.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <utility>

namespace controller::explain {
namespace {

constexpr std::size_t label_columns = 13;
constexpr std::size_t max_shown_endpoints = 20;

// Lines with a label in front, wrapped at blanks; what goes on stands below the text, not below the label.
class Page {
 public:
  void line(std::string_view label, std::string_view text) {
    std::string current{label};
    current.resize(std::max(label.size(), label_columns), ' ');
    wrap(std::move(current), label_columns, text);
  }
  // A row of a table below a label: `name` padded to `width`.
  void row(std::string_view label, std::string_view name, std::size_t width, std::string_view text) {
    std::string current{label};
    current.resize(label_columns, ' ');
    current.append(name);
    const std::size_t indent = label_columns + width;
    current.resize(std::max(current.size() + 1, indent), ' ');
    wrap(std::move(current), indent, text);
  }
  void gap() { text_ += '\n'; }
  [[nodiscard]] std::string take() { return std::move(text_); }

 private:
  void wrap(std::string current, std::size_t indent, std::string_view text) {
    bool is_first = true;
    while (!text.empty()) {
      const std::size_t end = std::min(text.find(' '), text.size());
      const std::string_view word = text.substr(0, end);
      text.remove_prefix(std::min(end + 1, text.size()));
      if (!is_first && current.size() + 1 + word.size() > text_columns) {
        finish(current);
        current.assign(indent, ' ');
        is_first = true;
      }
      if (!is_first) current += ' ';
      current += word;
      is_first = false;
    }
    finish(current);
  }
  void finish(std::string& current) {
    current.erase(current.find_last_not_of(' ') + 1);
    // Objects may hold anything; a terminal must not obey it. 0xc2 0x80 to 0x9f are control characters too.
    for (std::size_t i = 0; i < current.size(); ++i) {
      const auto c = static_cast<unsigned char>(current[i]);
      const bool is_high = c == 0xc2 && i + 1 < current.size() && static_cast<unsigned char>(current[i + 1]) >= 0x80 && static_cast<unsigned char>(current[i + 1]) < 0xa0;
      if (c < 0x20 || c == 0x7f || is_high) current[i] = '?';
      if (is_high) current[i + 1] = '?';
    }
    text_.append(current).append("\n");
  }

  std::string text_;
};

std::string shown_host(std::string_view host) { return host.empty() ? "every host" : fmt::format("host {}", host); }

std::string describe(const Place& place) {
  std::string text = fmt::format("Ingress {}/{}", place.ingress_namespace, place.ingress_name);
  if (!place.field.empty()) text += " " + place.field;
  return text;
}

// "host a.test, Prefix /api".
std::string claim_text(const Place& place) {
  if (place.path_type.empty()) return shown_host(place.host) + ", what no path takes";
  return fmt::format("{}, {} {}", shown_host(place.host), place.path_type, place.path);
}

std::string service_text(const ServiceUse& use) { return fmt::format("Service {}/{}, port {}", use.service_namespace, use.service, use.port); }

std::string headline(const Explanation& e) {
  const auto endpoints = [&] { return fmt::format("{} endpoint{}", e.service->used, e.service->used == 1 ? "" : "s"); };
  switch (e.kind) {
    case routing::OutcomeKind::forward:
      return fmt::format("forwarded to {}: {}{}", service_text(*e.service), endpoints(), e.winner && !e.winner->is_placeholder ? "" : ", the default backend");
    case routing::OutcomeKind::stand_in:
      return fmt::format("forwarded to {}: {}, which stands in for Service {} ({})", service_text(*e.service), endpoints(), e.stands_in_for, e.reason);
    case routing::OutcomeKind::redirect: return fmt::format("answered {} by Weir, to {}: {}", e.status, e.location, e.reason);
    case routing::OutcomeKind::reply: return fmt::format("answered {} by Weir: {}", e.status, e.reason);
    case routing::OutcomeKind::handshake_refused: break;
  }
  return "the TLS handshake is refused: " + e.reason;
}

void print_request(const Explanation& e, Page& page) {
  page.line("Request", e.request.url);
  page.line("Answer", headline(e));
  if (e.normalised_path.empty()) return;
  page.line("Matched as", fmt::format("{}, {}{}", shown_host(e.request.host.empty() ? "(none)" : e.request.host), "path " + e.normalised_path,
                                      e.request.scheme == "https" ? ", over https" : ", over plain http"));
  if (!e.upstream_target.empty()) page.line("Sent on as", e.upstream_target);
}

void print_winner(const Explanation& e, Page& page) {
  if (e.normalised_path.empty()) return;
  if (!e.winner) {
    page.line("Winner", "no Ingress declares this host and path");
    return page.line("Otherwise", e.default_backend);
  }
  const Winner& winner = *e.winner;
  if (winner.is_placeholder) {
    page.line("Winner", fmt::format("no path of {} matches; what is left of the host has the annotations of {}", shown_host(winner.matched_host), describe(winner.place)));
    return page.line("Otherwise", e.default_backend);
  }
  page.line("Winner", describe(winner.place));
  page.line("", claim_text(winner.place) + (winner.is_expression ? " (an expression, as every path of this host)" : ""));
}

void print_service(const Explanation& e, Page& page) {
  if (!e.service) return;
  const ServiceUse& use = *e.service;
  std::string text = service_text(use);
  if (!use.port_name.empty() && use.port_name != use.port) text += fmt::format(" ({})", use.port_name);
  if (!use.external_name.empty()) text += ", the name " + use.external_name;
  if (!use.problem.empty() && use.problem != e.reason) text += ": " + use.problem;
  page.line("Service", text);
  const std::size_t count = std::min(use.endpoints.size(), max_shown_endpoints);
  std::size_t width = 0;
  const auto address = [](const EndpointUse& endpoint) {
    const bool is_v6 = endpoint.address.find(':') != std::string::npos;
    const std::string host = is_v6 ? "[" + endpoint.address + "]" : endpoint.address;
    return endpoint.port == 0 ? host : fmt::format("{}:{}", host, endpoint.port);
  };
  for (std::size_t i = 0; i < count; ++i) width = std::max(width, address(use.endpoints[i]).size() + 2);
  for (std::size_t i = 0; i < count; ++i) {
    const EndpointUse& endpoint = use.endpoints[i];
    std::string state = endpoint.is_used ? "used" : "not used: " + endpoint.why_not;
    if (endpoint.is_used && endpoint.state == EndpointState::serving_terminating) state += ": terminating but still serving, and no other is ready";
    else if (endpoint.is_used && use.external_name.empty()) state += " (ready)";
    page.row(i == 0 ? "Endpoints" : "", address(endpoint), width, state);
  }
  if (use.total > count) page.row("", fmt::format("and {} more", use.total - count), 0, "");
}

void print_certificate(const Explanation& e, Page& page) {
  if (!e.shows_certificate || !e.certificate) return;
  const CertificateUse& use = *e.certificate;
  std::string names;
  for (const auto& name : use.names) names += (names.empty() ? "" : ", ") + name;
  std::string text = use.secret.empty() ? "Weir's own, self-signed" : "Secret " + use.secret;
  if (use.is_default && !use.secret.empty()) text += " (the default certificate)";
  page.line("Certificate", text + ": " + use.reason);
  if (use.secret.empty()) return;
  page.line("", fmt::format("{}; for {}", use.subject, names));
  page.line("", fmt::format("{} {}{}", use.is_expired ? "EXPIRED" : "expires", time_text(use.expiry), use.is_early ? "; NOT VALID YET" : ""));
}

void print_policies(const Explanation& e, Page& page) {
  std::size_t width = 0;
  std::string defaults;
  for (const Policy& policy : e.policies) {
    if (policy.source != PolicySource::standard) width = std::max(width, policy.setting.size() + 2);
    else defaults += fmt::format("{}{}: {}", defaults.empty() ? "" : "; ", policy.setting, policy.effect);
  }
  const char* label = "Policies";
  for (const Policy& policy : e.policies) {
    if (policy.source == PolicySource::standard) continue;
    const std::string from = policy.from.substr(0, policy.from.find(": "));
    const bool is_own = e.winner && from == fmt::format("Ingress {}/{}", e.winner->place.ingress_namespace, e.winner->place.ingress_name);
    page.row(label, policy.setting, width, fmt::format("{}  [{}]", policy.effect, is_own ? "annotation" : policy.source == PolicySource::annotation ? "annotation of " + from : from));
    label = "";
  }
  if (!defaults.empty()) page.line(label[0] == 0 ? "Defaults" : "Policies", label[0] == 0 ? defaults : "defaults alone: " + defaults);
}

void print_candidates(const Explanation& e, Page& page) {
  const Candidates& all = e.candidates;
  if (all.listed.empty() && all.left_out == 0 && all.of_other_hosts == 0) return;
  page.gap();
  page.line("Not served by", "");
  for (const Candidate& candidate : all.listed) {
    page.line("", describe(candidate.place) + ": " + claim_text(candidate.place));
    page.row("", "", 4, candidate.reason);
  }
  if (all.left_out > 0) page.line("", fmt::format("and {} more of this host", all.left_out));
  if (all.of_other_hosts > 0) page.line("", fmt::format("{} place{} for other hosts", all.of_other_hosts, all.of_other_hosts == 1 ? " is" : "s are"));
}

void print_findings(const Explanation& e, Page& page) {
  if (e.findings.empty()) return;
  page.gap();
  page.line("Findings", "");
  for (const auto& finding : e.findings) page.line("", routing::to_line(finding));
}

}  // namespace

std::string time_text(std::chrono::system_clock::time_point time) {
  return fmt::format("{:%Y-%m-%d %H:%M:%S} UTC", fmt::gmtime(std::chrono::system_clock::to_time_t(time)));
}

std::string_view to_text(Loss loss) noexcept {
  switch (loss) {
    case Loss::longer_path: return "longer_path";
    case Loss::exact_before_prefix: return "exact_before_prefix";
    case Loss::slash_redirect: return "slash_redirect";
    case Loss::expression_order: return "expression_order";
    case Loss::path_taken: return "path_taken";
    case Loss::path_differs: return "path_differs";
    case Loss::host_more_specific: return "host_more_specific";
    case Loss::other_host: return "other_host";
    case Loss::other_class: return "other_class";
    case Loss::namespace_not_watched: return "namespace_not_watched";
    case Loss::refused: break;
  }
  return "refused";
}

std::string_view to_text(EndpointState state) noexcept {
  switch (state) {
    case EndpointState::ready: return "ready";
    case EndpointState::serving_terminating: return "serving_terminating";
    case EndpointState::terminating: return "terminating";
    case EndpointState::not_ready: break;
  }
  return "not_ready";
}

std::string to_text(const Explanation& explanation) {
  Page page;
  print_request(explanation, page);
  page.gap();
  print_winner(explanation, page);
  print_service(explanation, page);
  print_certificate(explanation, page);
  print_policies(explanation, page);
  print_candidates(explanation, page);
  print_findings(explanation, page);
  return page.take();
}

}  // namespace controller::explain
