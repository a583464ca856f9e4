#include "controller/explain/candidates.hpp"

#include "controller/explain/places.hpp"
#include "controller/translate/selection.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

namespace controller::explain {
namespace {

using routing::MatchKind;
using routing::RouteOrigin;

struct Verdict {
  Loss loss;
  std::string reason;
};

std::string name_of(const RouteOrigin& origin) { return origin.ingress_namespace + "/" + origin.ingress_name; }

std::string_view without_slash(std::string_view path) { return path.ends_with('/') ? path.substr(0, path.size() - 1) : path; }

bool is_at(const Claim& claim, const std::string& host, const RouteOrigin& origin) {
  return !claim.is_rest && claim.host == host && claim.place.path == origin.path && claim.type == origin.type;
}

std::string_view to_text(routing::PathType type) { return type == routing::PathType::exact ? "Exact" : "Prefix"; }

// The route for what no longer path of the host takes; null when there is none.
const routing::Route* root_of(const routing::HostEntry& host) {
  const auto fits = [&host](std::uint32_t route) {
    return route != routing::PathIndex::none && host.routes[route].origin.path == "/" && host.routes[route].origin.type == routing::PathType::prefix;
  };
  for (const auto& rule : host.paths.rules())
    if (fits(rule.prefix_slash)) return &host.routes[rule.prefix_slash];
  for (const auto& expression : host.paths.expressions())
    if (fits(expression.route)) return &host.routes[expression.route];
  return nullptr;
}

// How a host that is not the one asked for resembles it: letters in common at the end.
std::size_t common_end(std::string_view a, std::string_view b) {
  const auto differ = std::mismatch(a.rbegin(), a.rend(), b.rbegin(), b.rend());
  return static_cast<std::size_t>(differ.first - a.rbegin());
}

class Search {
 public:
  Search(const Situation& situation, const routing::AskedRequest& request, const routing::Outcome& outcome, const std::optional<Winner>& winner)
      : situation_(situation), request_(request), outcome_(outcome), winner_(winner) {
    std::vector<routing::Diagnostic> told_elsewhere;
    const auto selected = translate::select_ingresses(situation.store, situation.options, told_elsewhere);
    for (std::size_t i = 0; i < selected.size(); ++i) age_.emplace(selected[i].ingress, i);
    one_.classes = situation.store.classes;
    one_.namespaces = situation.store.namespaces;
    for (const auto& host : situation.snapshot().routes->hosts) is_expression_.emplace(host->name, host->paths.is_regex());
  }

  Candidates run();

 private:
  struct Found {
    Candidate candidate;
    int rank;                      // of the kind of loss
    std::string path;
    routing::PathType type;
    std::size_t age, nearness;
  };

  void look_at(const Claim& claim);
  void add(const Claim& claim, Verdict verdict, bool takes_path);
  [[nodiscard]] bool is_winner(const Claim& claim) const;
  [[nodiscard]] std::optional<Verdict> why_not_heard(const Claim& claim);
  [[nodiscard]] Verdict why_not_ours(const kube::Ingress& ingress);
  [[nodiscard]] std::optional<Verdict> why_not_in_force(const Claim& claim) const;
  [[nodiscard]] Verdict why_behind(const Claim& claim) const;
  [[nodiscard]] Verdict why_not_first(const Claim& claim, const RouteOrigin& first) const;
  [[nodiscard]] bool comes_before(const Found& a, const Found& b) const;
  [[nodiscard]] bool mode_of(const std::string& host) const {
    const auto found = is_expression_.find(host);
    return found != is_expression_.end() && found->second;
  }

  const Situation& situation_;
  const routing::AskedRequest& request_;
  const routing::Outcome& outcome_;
  const std::optional<Winner>& winner_;
  std::map<const kube::Ingress*, std::size_t> age_;  // of those that are ours: their place in the order of hearing
  std::map<std::string, bool> is_expression_;        // of the hosts in force
  Store one_;                                        // for questions about a single Ingress
  std::vector<Found> found_;
  Candidates result_;
};

bool Search::is_winner(const Claim& claim) const {
  return winner_ && !winner_->is_placeholder && claim.place.field == winner_->place.field && claim.place.ingress_name == winner_->place.ingress_name &&
         claim.place.ingress_namespace == winner_->place.ingress_namespace && claim.host == outcome_.match.host->name;
}

Verdict Search::why_not_ours(const kube::Ingress& ingress) {
  one_.ingresses = {{ingress.metadata.key(), situation_.store.ingresses.at(ingress.metadata.key())}};
  Options everywhere = situation_.options;
  everywhere.watch_namespace.clear();
  everywhere.watch_namespace_selector.clear();
  std::vector<routing::Diagnostic> told;
  const std::string& ns = ingress.metadata.object_namespace;
  if (!translate::select_ingresses(one_, everywhere, told).empty()) {
    const Options& options = situation_.options;
    if (!options.watch_namespace.empty())
      return {Loss::namespace_not_watched, fmt::format("namespace {} is not watched (--watch-namespace={})", ns, options.watch_namespace)};
    return {Loss::namespace_not_watched, fmt::format("namespace {} has not the labels of --watch-namespace-selector={}", ns, options.watch_namespace_selector)};
  }
  for (const auto& diagnostic : told)
    if (diagnostic.field == "spec.ingressClassName") return {Loss::other_class, diagnostic.field + ": " + diagnostic.reason};
  if (!ingress.has_class) {
    const std::string* const annotation = kube::find(ingress.metadata.annotations, "kubernetes.io/ingress.class");
    return {Loss::other_class, fmt::format("its class, by annotation, is \"{}\"; ours is \"{}\"", annotation ? *annotation : "", situation_.options.ingress_class)};
  }
  const auto found = one_.classes.find({"", ingress.class_name});
  return {Loss::other_class, fmt::format("its class \"{}\" belongs to the controller {}; ours is {}", ingress.class_name,
                                         found == one_.classes.end() ? "" : found->second->controller, situation_.options.controller_class)};
}

// The Ingress as a whole, or the rule or path as written, is not taken.
std::optional<Verdict> Search::why_not_heard(const Claim& claim) {
  const kube::Ingress& ingress = *claim.ingress;
  if (!age_.contains(&ingress)) return why_not_ours(ingress);
  if (situation_.translation.refused.contains(ingress.metadata.key())) {
    for (const routing::Diagnostic* diagnostic : situation_.findings.of("Ingress", ingress.metadata.object_namespace, ingress.metadata.name))
      if (diagnostic->severity == routing::Severity::refused) return Verdict{Loss::refused, diagnostic->field + ": " + diagnostic->reason};
    return Verdict{Loss::refused, "the Ingress is not served"};
  }
  for (const std::string& field : {claim.rule_field + ".host", claim.place.field + ".path"})
    if (const auto* diagnostic = situation_.findings.at(ingress, field)) return Verdict{Loss::refused, diagnostic->field + ": " + diagnostic->reason};
  return {};
}

// Somebody else has the same place.
std::optional<Verdict> Search::why_not_in_force(const Claim& claim) const {
  if (!claim.is_rest) {
    const auto* diagnostic = situation_.findings.at(*claim.ingress, claim.place.field);
    if (diagnostic == nullptr || diagnostic->severity != routing::Severity::changed) return {};
    return Verdict{Loss::path_taken, diagnostic->reason};
  }
  if (outcome_.match.host == nullptr || outcome_.match.host->name != claim.host) return {};
  const routing::Route* const root = root_of(*outcome_.match.host);
  if (root == nullptr) return Verdict{Loss::refused, "not in force"};
  const kube::Ingress* const owner = situation_.ingress(root->origin.ingress_namespace, root->origin.ingress_name);
  const auto claims = owner != nullptr ? claims_of(*owner) : std::vector<Claim>{};
  const bool is_declared = std::any_of(claims.begin(), claims.end(), [&](const Claim& other) { return is_at(other, claim.host, root->origin); });
  if (is_declared) return Verdict{Loss::path_taken, fmt::format("the path / of Ingress {} takes what no longer path does", name_of(root->origin))};
  if (owner == claim.ingress) return {};
  return Verdict{Loss::path_taken, fmt::format("the defaultBackend of Ingress {}, which is heard first, takes the rest of this host", name_of(root->origin))};
}

// Of two places of one host that both match.
Verdict Search::why_not_first(const Claim& claim, const RouteOrigin& first) const {
  const std::string winner = fmt::format("{} of Ingress {}", first.path, name_of(first));
  const std::string& path = claim.place.path;
  if (outcome_.match.host->paths.is_regex()) {
    if (first.path.size() > path.size()) return {Loss::expression_order, fmt::format("the expression {} is longer, so it is tried first", winner)};
    if (first.path != path) return {Loss::expression_order, fmt::format("of equal length; the expression {} is the greater text, so it is tried first", winner)};
    return {Loss::expression_order, fmt::format("the same expression of Ingress {} is heard first; path types do not count on this host", name_of(first))};
  }
  if (without_slash(first.path) == without_slash(path)) {
    if (first.type != claim.type) return {Loss::exact_before_prefix, fmt::format("{} {} comes before {}", to_text(first.type), winner, to_text(claim.type))};
    return {Loss::longer_path, fmt::format("{} fits the request better", winner)};
  }
  if (outcome_.match.kind == MatchKind::add_slash)
    return {Loss::slash_redirect, fmt::format("only {} is declared with its slash: the redirect there comes before shorter paths", winner)};
  return {Loss::longer_path, fmt::format("{} is longer", winner)};
}

// The claim stands in the tables of this request's host, or of another host that it fits.
Verdict Search::why_behind(const Claim& claim) const {
  const routing::HostEntry* const host = outcome_.match.host;
  if (host == nullptr) return {Loss::refused, "not in force"};
  if (claim.host != host->name) return {Loss::host_more_specific, fmt::format("host {} is more specific, and its paths alone count", host->name)};
  if (!takes_path(claim, host->paths.is_regex(), outcome_.normalised_path)) {
    const char* const how = host->paths.is_regex() ? "the expression does not match" : claim.type == routing::PathType::exact ? "not exactly" : "no prefix of";
    return {Loss::path_differs, fmt::format("{} {}", how, outcome_.normalised_path)};
  }
  if (outcome_.match.route == nullptr) return {Loss::refused, "not in force"};
  return why_not_first(claim, outcome_.match.route->origin);
}

int rank_of(Loss loss) {
  switch (loss) {
    case Loss::longer_path:
    case Loss::exact_before_prefix:
    case Loss::slash_redirect:
    case Loss::expression_order: return 0;
    case Loss::path_taken: return 1;
    case Loss::host_more_specific: return 2;
    case Loss::refused: return 3;
    case Loss::other_class: return 4;
    case Loss::namespace_not_watched: return 5;
    case Loss::path_differs: return 6;
    case Loss::other_host: break;
  }
  return 7;
}

void Search::add(const Claim& claim, Verdict verdict, bool takes_path) {
  const int rank = rank_of(verdict.loss) + (takes_path ? 0 : 10);
  const auto age = age_.find(claim.ingress);
  found_.push_back({{claim.place, verdict.loss, std::move(verdict.reason)}, rank, claim.place.path, claim.type,
                    age == age_.end() ? age_.size() : age->second, common_end(claim.host, request_.host)});
}

void Search::look_at(const Claim& claim) {
  if (is_winner(claim)) return;
  const bool takes = takes_path(claim, mode_of(claim.host), outcome_.normalised_path);
  // A host that is none cannot be taken by the tables; the request may have been meant for it all the same.
  const bool is_no_host = !claim.rule_field.empty() && situation_.findings.at(*claim.ingress, claim.rule_field + ".host") != nullptr;
  const bool takes_it = is_no_host ? claim.host.find(request_.host) != std::string::npos : takes_host(claim.host, request_.host);
  if (!takes_it) {
    ++result_.of_other_hosts;
    const bool is_served = winner_ && !winner_->is_placeholder && !winner_->matched_host.empty();
    if (!is_served && takes && !claim.host.empty() && !claim.is_rest && age_.contains(claim.ingress)) add(claim, {Loss::other_host, "for another host"}, true);
    return;
  }
  if (auto verdict = why_not_heard(claim)) return add(claim, std::move(*verdict), takes);
  if (auto verdict = why_not_in_force(claim)) return add(claim, std::move(*verdict), takes);
  add(claim, why_behind(claim), takes);
}

// Whoever would be next comes first.
bool Search::comes_before(const Found& a, const Found& b) const {
  const auto key = [](const Found& found) {
    const bool is_for_this_host = found.candidate.loss != Loss::other_host;
    return std::tuple{found.rank, is_for_this_host ? std::size_t{0} : ~found.nearness, ~without_slash(found.path).size(), found.type != routing::PathType::exact};
  };
  const auto key_a = key(a), key_b = key(b);
  if (key_a != key_b) return key_a < key_b;
  if (a.path != b.path) return a.path > b.path;
  return std::tie(a.age, a.candidate.place.ingress_namespace, a.candidate.place.ingress_name, a.candidate.place.field) <
         std::tie(b.age, b.candidate.place.ingress_namespace, b.candidate.place.ingress_name, b.candidate.place.field);
}

Candidates Search::run() {
  if (outcome_.normalised_path.empty()) return {};
  for (const auto& [key, ingress] : situation_.store.ingresses)
    for (const Claim& claim : claims_of(*ingress)) look_at(claim);
  std::sort(found_.begin(), found_.end(), [this](const Found& a, const Found& b) { return comes_before(a, b); });
  // Other hosts are of interest where nothing else explains why nobody serves this one.
  const bool is_explained = std::any_of(found_.begin(), found_.end(), [](const Found& found) { return found.candidate.loss != Loss::other_host; });
  std::size_t unmatched = 0, others = is_explained ? Candidates::max_other_hosts : 0;
  for (Found& found : found_) {
    const Loss loss = found.candidate.loss;
    const bool is_other = loss == Loss::other_host;
    const bool fits = is_other ? ++others <= Candidates::max_other_hosts : found.rank < 10 || ++unmatched <= Candidates::max_unmatched;
    if (fits && result_.listed.size() < Candidates::max_listed) result_.listed.push_back(std::move(found.candidate));
    else if (!is_other) ++result_.left_out;
  }
  return std::move(result_);
}

}  // namespace

std::optional<Winner> find_winner(const Situation& situation, const routing::Outcome& outcome) {
  if (outcome.match.route == nullptr) return {};
  const RouteOrigin& origin = outcome.match.route->origin;
  const kube::Ingress* const ingress = situation.ingress(origin.ingress_namespace, origin.ingress_name);
  if (ingress == nullptr) return {};
  const std::string& host = outcome.match.host->name;
  Winner winner;
  winner.matched_host = host;
  winner.is_expression = outcome.match.host->paths.is_regex();
  const auto claims = claims_of(*ingress);
  // Of two that say the same, the first one counts; where no rule says it, it is what is left of the host.
  auto found = std::find_if(claims.begin(), claims.end(), [&](const Claim& claim) { return is_at(claim, host, origin); });
  if (found == claims.end()) found = std::find_if(claims.begin(), claims.end(), [&](const Claim& claim) { return claim.is_rest && claim.host == host; });
  if (found != claims.end()) {
    winner.place = found->place;
    return winner;
  }
  winner.is_placeholder = true;
  winner.place = {origin.ingress_namespace, origin.ingress_name, "", host, origin.path, "", "", "", ingress->metadata.created_at};
  return winner;
}

Candidates find_candidates(const Situation& situation, const routing::AskedRequest& request, const routing::Outcome& outcome,
                           const std::optional<Winner>& winner) {
  return Search{situation, request, outcome, winner}.run();
}

}  // namespace controller::explain
