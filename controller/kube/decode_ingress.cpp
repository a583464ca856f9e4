#include "controller/kube/decode_kinds.hpp"

#include <span>
#include <string_view>

namespace controller::kube {

namespace json = boost::json;

namespace {

constexpr std::string_view ingress_fields[] = {"apiVersion", "kind", "metadata", "spec", "status"};
constexpr std::string_view spec_fields[] = {"ingressClassName", "defaultBackend", "rules", "tls"};
constexpr std::string_view rule_fields[] = {"host", "http"};
constexpr std::string_view http_fields[] = {"paths"};
constexpr std::string_view path_fields[] = {"path", "pathType", "backend"};
constexpr std::string_view backend_fields[] = {"service", "resource"};
constexpr std::string_view service_fields[] = {"name", "port"};
constexpr std::string_view port_fields[] = {"name", "number"};
constexpr std::string_view tls_fields[] = {"hosts", "secretName"};

bool is_text(const json::value* value) { return !value || !(value->is_object() || value->is_array()); }

// serviceName and servicePort of v1beta1, in any case of letters.
bool is_old_backend(const json::object& root) {
  for (const auto& member : root) {
    std::string name{member.key()};
    for (char& c : name)
      if (c >= 'A' && c <= 'Z') c = static_cast<char>(c | 0x20);
    if (name == "servicename" || name == "serviceport") return true;
  }
  return false;
}

Backend decode_service_of(const json::object& service, const std::string& path, Reader& reader) {
  Backend backend;
  (void)reader.has_unknown(service, service_fields, path);
  backend.service = reader.text(service, "name", path + ".name");
  const json::object* const port = reader.object(service, "port", path + ".port");
  if (port) {
    (void)reader.has_unknown(*port, port_fields, path + ".port");
    backend.port_number = reader.port(*port, "number", path + ".port.number");
    backend.port_name = reader.text(*port, "name", path + ".port.name");
  }
  const json::value* const number = port ? port->if_contains("number") : nullptr;
  const bool has_port = !backend.port_name.empty() || (number && !number->is_null());
  if (backend.port_number != 0 && !backend.port_name.empty()) {
    reader.complain(path + ".port", "has a name and a number, which the API refuses: the name \"" + backend.port_name.substr(0, 40) + "\" is used, remove one",
                    routing::Severity::changed);
    backend.port_number = 0;
  }
  if (backend.service.empty()) reader.complain(path + ".name", "is missing");
  else if (!has_port) reader.complain(path + ".port", "needs a number or a name");
  return backend;
}

Backend decode_backend(const json::object& root, const std::string& path, Reader& reader) {
  if (is_old_backend(root)) {
    reader.complain(path, "serviceName and servicePort are of the old API: write service: {name: ..., port: {number: ...}}; 503 until then");
    return {};
  }
  const bool has_unknown = reader.has_unknown(root, backend_fields, path);
  if (const json::object* service = reader.object(root, "service", path + ".service")) return decode_service_of(*service, path + ".service", reader);
  Backend backend;
  backend.is_resource = root.contains("resource");
  if (!backend.is_resource && !has_unknown) reader.complain(path, "needs a service");
  return backend;
}

bool decode_path_type(const std::string& text, const std::string& path, Reader& reader, PathType& type) {
  if (text == "Exact") type = PathType::exact;
  else if (text == "Prefix") type = PathType::prefix;
  else if (text == "ImplementationSpecific" || text.empty()) type = PathType::implementation_specific;
  else {
    reader.complain(path, "\"" + text.substr(0, 40) + "\" is none of Exact, Prefix and ImplementationSpecific; the path is not served");
    return false;
  }
  return true;
}

IngressPath refused_path(std::size_t index, std::string path = "") {
  IngressPath made;
  made.index = index;
  made.path = std::move(path);
  made.is_refused = true;
  return made;
}

IngressPath decode_path(const json::value& value, std::size_t index, const std::string& at, Reader& reader) {
  const json::object* const entry = value.if_object();
  if (!entry) {
    reader.complain(at, "must be an object with path, pathType and backend; not served");
    return refused_path(index, value.is_string() ? std::string{value.get_string()} : "");
  }
  IngressPath made;
  made.index = index;
  const json::value* const path = entry->if_contains("path");
  const bool has_unknown = reader.has_unknown(*entry, path_fields, at, path ? "" : "; without its path this is not served");
  made.path = reader.text(*entry, "path", at + ".path");
  if (!is_text(path) || (!path && has_unknown)) return refused_path(index);
  if (!decode_path_type(reader.text(*entry, "pathType", at + ".pathType"), at + ".pathType", reader, made.type))
    return refused_path(index, made.path.empty() ? "/" : made.path);
  if (const json::object* backend = reader.object(*entry, "backend", at + ".backend")) made.backend = decode_backend(*backend, at + ".backend", reader);
  else reader.complain(at + ".backend", "is missing");
  return made;
}

// Where paths were written and cannot be read, one that nobody knows stands for them.
void decode_paths(const json::object& root, const std::string& path, Reader& reader, bool has_unknown, IngressRule& rule) {
  const json::object* const http = reader.object(root, "http", path + ".http");
  rule.has_http = http != nullptr;
  const bool has_unknown_paths = http && reader.has_unknown(*http, http_fields, path + ".http");
  const json::array* const paths = http ? reader.array(*http, "paths", path + ".http.paths") : nullptr;
  for (std::size_t i = 0; paths && i < paths->size(); ++i)
    rule.paths.push_back(decode_path((*paths)[i], i, path + ".http.paths[" + std::to_string(i) + "]", reader));
  if (paths) return;
  const auto is_written = [](const json::object& parent, std::string_view name) { return parent.contains(name) && !parent.at(name).is_null(); };
  const bool is_lost = http ? has_unknown_paths || is_written(*http, "paths") : has_unknown || is_written(root, "http");
  if (is_lost) rule.paths.push_back(refused_path(0));
}

// The hosts that somebody wrote under another name.
std::vector<std::string> misplaced_hosts(const json::object& root) {
  std::vector<std::string> hosts;
  for (const auto& member : root) {
    if (member.key() == "http") continue;
    if (member.value().is_string()) hosts.emplace_back(member.value().get_string());
    if (const json::array* list = member.value().if_array())
      for (const json::value& host : *list)
        if (host.is_string()) hosts.emplace_back(host.get_string());
  }
  return hosts;
}

// A rule whose host is not where it should be would be one for every host.
void decode_rule(const json::value& value, std::size_t index, Reader& reader, std::vector<IngressRule>& rules) {
  const std::string path = "spec.rules[" + std::to_string(index) + "]";
  const json::object* const root = value.if_object();
  if (!root) return reader.complain(path, "must be an object");
  IngressRule rule;
  rule.index = index;
  const json::value* const host = root->if_contains("host");
  const bool has_unknown = reader.has_unknown(*root, rule_fields, path, host ? "" : "; without its host the rule would be for every host: it is not served");
  rule.host = reader.text(*root, "host", path + ".host");
  rule.is_refused = !is_text(host) || (!host && has_unknown);
  decode_paths(*root, path, reader, has_unknown, rule);
  const std::vector<std::string> meant = rule.is_refused ? misplaced_hosts(*root) : std::vector<std::string>{};
  for (const std::string& one : meant) {
    rules.push_back(rule);
    rules.back().host = one;
  }
  if (meant.empty()) rules.push_back(std::move(rule));
}

IngressTls decode_tls(const json::value& value, const std::string& at, Reader& reader) {
  IngressTls tls;
  const json::object* const entry = value.if_object();
  if (!entry) {
    if (!value.is_null()) reader.complain(at, "must be an object");
    return tls;
  }
  (void)reader.has_unknown(*entry, tls_fields, at);
  tls.secret = reader.text(*entry, "secretName", at + ".secretName");
  if (const json::array* hosts = reader.array(*entry, "hosts", at + ".hosts"))
    for (const json::value& host : *hosts)
      if (host.is_string()) tls.hosts.emplace_back(host.get_string());
  return tls;
}

std::string_view name_of(const json::key_value_pair& member) { return {member.key().data(), member.key().size()}; }

// Whether it is meant as a rule for a host of its own, or as a list with such a one.
bool names_host(const json::value& value) {
  if (const json::array* list = value.if_array()) return std::any_of(list->begin(), list->end(), names_host);
  const json::object* const rule = value.if_object();
  if (!rule || (!rule->contains("http") && !rule->contains("paths"))) return false;
  return std::any_of(rule->begin(), rule->end(), [](const auto& member) { return name_of(member).starts_with("host"); });
}

// Of a spec none of whose rules could be read. In doubt there were none, but a defaultBackend, which is for every host.
bool has_lost_hosts(const json::object& spec) {
  return std::any_of(spec.begin(), spec.end(), [](const auto& member) {
    const bool is_known = std::find(std::begin(spec_fields), std::end(spec_fields), name_of(member)) != std::end(spec_fields);
    return (name_of(member) == "rules" || !is_known) && names_host(member.value());
  });
}

}  // namespace

Ingress decode_ingress(const json::object& root, Reader& reader) {
  Ingress ingress;
  ingress.metadata = reader.metadata(root, true);
  ingress.status.addresses = decode_status(root);
  (void)reader.has_unknown(root, ingress_fields, "");
  const json::object* const spec = reader.object(root, "spec", "spec");
  if (!spec) {
    reader.complain("spec", "is missing");
    return ingress;
  }
  const bool has_unknown = reader.has_unknown(*spec, spec_fields, "spec", spec->contains("rules") ? "" : "; without its rules the Ingress is not served");
  ingress.class_name = reader.text(*spec, "ingressClassName", "spec.ingressClassName");
  ingress.has_class = !ingress.class_name.empty();
  if (const json::object* backend = reader.object(*spec, "defaultBackend", "spec.defaultBackend")) {
    ingress.has_default_backend = true;
    ingress.default_backend = decode_backend(*backend, "spec.defaultBackend", reader);
  }
  if (const json::array* rules = reader.array(*spec, "rules", "spec.rules"))
    for (std::size_t i = 0; i < rules->size(); ++i) decode_rule((*rules)[i], i, reader, ingress.rules);
  const json::value* const rules = spec->if_contains("rules");
  const bool is_empty = rules && (rules->is_null() || (rules->is_array() && rules->get_array().empty()));
  const json::value* const backend = spec->if_contains("defaultBackend");
  const bool has_lost_backend = backend && !backend->is_null() && !ingress.has_default_backend;
  ingress.has_lost_rules = ingress.rules.empty() && ((rules ? !is_empty : has_unknown) || has_lost_backend);
  ingress.has_lost_hosts = ingress.has_lost_rules && has_lost_hosts(*spec);
  if (const json::array* entries = reader.array(*spec, "tls", "spec.tls"))
    for (std::size_t i = 0; i < entries->size(); ++i) ingress.tls.push_back(decode_tls((*entries)[i], "spec.tls[" + std::to_string(i) + "]", reader));
  if (reader.has_misplaced_annotations()) ingress.metadata.unreadable_annotations.emplace_back();
  return ingress;
}

IngressClass decode_ingress_class(const json::object& root, Reader& reader) {
  IngressClass made;
  made.metadata = reader.metadata(root, false);
  if (const json::object* spec = reader.object(root, "spec", "spec")) made.controller = reader.text(*spec, "controller", "spec.controller");
  return made;
}

}  // namespace controller::kube
