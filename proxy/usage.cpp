#include "proxy/usage.hpp"

#include "proxy/flags.hpp"

#include <algorithm>

namespace proxy {
namespace {

constexpr std::size_t meaning_column = 38;
constexpr std::size_t screen_columns = 80;

std::string_view title_of(FlagGroup group) {
  switch (group) {
    case FlagGroup::source: return "Source of objects";
    case FlagGroup::traffic: return "Traffic";
    case FlagGroup::selection: return "Which objects are ours";
    case FlagGroup::defaults: return "Settings and defaults";
    case FlagGroup::operation: return "Operation";
    case FlagGroup::output: return "weir check, weir explain";
    case FlagGroup::unsupported: return "Accepted and reported as not supported yet";
    case FlagGroup::ignored: return "Accepted for the sake of existing arguments, without a meaning here";
  }
  return {};
}

// "PORT  plain HTTP (80)" holds two things, two blanks between them; a boolean has the second only.
struct Meaning {
  std::string_view placeholder, text;
};

Meaning meaning_of(const Flag& flag) {
  const auto gap = flag.meaning.find("  ");
  if (flag.kind == FlagKind::boolean || gap == std::string_view::npos) return {{}, flag.meaning};
  return {flag.meaning.substr(0, gap), flag.meaning.substr(gap + 2)};
}

void append_line(std::string& out, const Flag& flag) {
  const Meaning meaning = meaning_of(flag);
  std::string line = "  --" + std::string{flag.name};
  if (!meaning.placeholder.empty()) line.append(" ").append(meaning.placeholder);
  line.resize(std::max(meaning_column, line.size() + 2), ' ');
  std::string_view text = meaning.text;
  while (line.size() + text.size() > screen_columns && text.find(' ') != std::string_view::npos) {
    auto cut = text.rfind(' ', screen_columns - line.size());
    if (cut == std::string_view::npos) cut = text.find(' ');
    out.append(line).append(text.substr(0, cut)).append("\n");
    text.remove_prefix(cut + 1);
    line.assign(meaning_column, ' ');
  }
  out.append(line).append(text).append("\n");
}

// Names only, as many in a line as fit.
void append_names(std::string& out, FlagGroup group) {
  std::string line = " ";
  for (const Flag& flag : all_flags()) {
    if (flag.group != group) continue;
    if (line.size() + flag.name.size() + 3 > screen_columns) {
      out.append(line).append("\n");
      line = " ";
    }
    line.append(flag.name.size() == 1 ? " -" : " --").append(flag.name);
  }
  out.append(line).append("\n");
}

void append_group(std::string& out, FlagGroup group) {
  out.append("\n").append(title_of(group)).append(":\n");
  if (group == FlagGroup::unsupported || group == FlagGroup::ignored) return append_names(out, group);
  for (const Flag& flag : all_flags()) {
    if (flag.group == group) append_line(out, flag);
  }
}

}  // namespace

std::string overview() {
  return R"(weir: Kubernetes ingress controller and reverse proxy, compatible with ingress-nginx

  weir [flags]         serve
  weir check [flags]   one line per setting that is refused or changes its meaning
  weir explain [flags] URL   who would serve a request, and why the others would not
  weir version         the version
  weir --help-all      every flag; weir <command> --help: more about a command

  --manifests DIR              Kubernetes objects from the files below DIR
  --kubeconfig FILE            else from the Kubernetes API; without either, as a pod
  --http-port PORT             plain HTTP (80)
  --https-port PORT            HTTPS (443)
  --healthz-port PORT          /healthz, /readyz, /metrics, dashboard (10254)
  --bind-address ADDRESSES     where traffic is taken (all addresses)
  --workers N                  worker threads (the CPUs that the cgroup allows)
  --ingress-class NAME         class annotation that is ours (nginx)
  --watch-namespace NAMESPACE  objects of this one only (all)
  --configmap NS/NAME          ConfigMap with the global settings
  --default-ssl-certificate NS/NAME   Secret for hosts that have none
  --default-backend-service NS/NAME   Service for what no Ingress declares
  --log-level LEVEL            debug, info, warning, error (info)

A flag is --name=value or --name value; a boolean is --name or --name=false.
)";
}

std::string usage_of(Command command) {
  switch (command) {
    case Command::check:
      return "weir check [--manifests DIR | --kubeconfig FILE] [--output=json] [flags]\n\n"
             "Reads the objects once and prints a line for each setting that is refused, refused\n"
             "in part or changes its meaning: kind namespace/name: field: reason.\n"
             "Takes every flag of `weir`, so the arguments of a deployment can be checked as they are.\n\n"
             "Exit code: 0 nothing found, 1 something found, 2 bad flag or unreadable source.\n";
    case Command::explain:
      return "weir explain [--manifests DIR | --kubeconfig FILE] [-H 'Name: value']...\n"
             "             [--output=json] [flags] URL\n\n"
             "Reads the objects once and tells what would become of a GET request for the URL: the\n"
             "Ingress, rule and path that win, the policies in force and who set them, the Service\n"
             "and its endpoints, the certificate, and what else was a candidate and why it lost.\n"
             "Takes every flag of `weir`, so the arguments of a deployment can be used as they are.\n\n"
             "  URL                  http or https; http when no scheme is given\n"
             "  -H 'Name: value'     a header of the request; -H 'Host: name' instead of the URL's\n"
             "  --output FORM        text or json (text); docs/explain.md describes the JSON\n\n"
             "Exit code: 0 routed (an endpoint or a redirect that was asked for), 1 not routed,\n"
             "2 bad flag or unreadable source.\n";
    case Command::version: return "weir version\n\nPrints the version.\n";
    case Command::serve:
    case Command::help: break;
  }
  return overview();
}

std::string every_flag() {
  std::string out = "weir [flags]\nweir check [flags]\nweir explain [-H 'Name: value']... [flags] URL\n";
  for (const auto group : {FlagGroup::source, FlagGroup::traffic, FlagGroup::selection, FlagGroup::defaults, FlagGroup::operation,
                           FlagGroup::output, FlagGroup::unsupported, FlagGroup::ignored}) {
    append_group(out, group);
  }
  return out;
}

}  // namespace proxy
