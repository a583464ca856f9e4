#include "controller/kube/decode_kinds.hpp"

namespace controller::kube {

namespace json = boost::json;

namespace {

Backend decode_backend(const json::object& root, const std::string& path, Reader& reader) {
  Backend backend;
  if (const json::object* service = reader.object(root, "service", path + ".service")) {
    backend.service = reader.text(*service, "name", path + ".service.name");
    const json::object* const port = reader.object(*service, "port", path + ".service.port");
    if (port) {
      backend.port_number = reader.port(*port, "number", path + ".service.port.number");
      backend.port_name = reader.text(*port, "name", path + ".service.port.name");
    }
    const json::value* const number = port ? port->if_contains("number") : nullptr;
    const bool has_port = !backend.port_name.empty() || (number && !number->is_null());
    if (backend.service.empty()) reader.complain(path + ".service.name", "is missing");
    else if (!has_port) reader.complain(path + ".service.port", "needs a number or a name");
  } else if (root.contains("resource")) {
    backend.is_resource = true;
  } else if (root.contains("serviceName")) {
    reader.complain(path + ".serviceName", "is of the old API: write service.name and service.port.number");
  } else {
    reader.complain(path, "needs a service");
  }
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

IngressRule decode_rule(const json::object& root, const std::string& path, Reader& reader) {
  IngressRule rule;
  rule.host = reader.text(root, "host", path + ".host");
  const json::object* const http = reader.object(root, "http", path + ".http");
  rule.has_http = http != nullptr;
  const json::array* const paths = http ? reader.array(*http, "paths", path + ".http.paths") : nullptr;
  for (std::size_t i = 0; paths && i < paths->size(); ++i) {
    const std::string at = path + ".http.paths[" + std::to_string(i) + "]";
    const json::object* const entry = (*paths)[i].if_object();
    if (!entry) {
      reader.complain(at, "must be an object");
      continue;
    }
    IngressPath made;
    made.path = reader.text(*entry, "path", at + ".path");
    if (!decode_path_type(reader.text(*entry, "pathType", at + ".pathType"), at + ".pathType", reader, made.type)) continue;
    if (const json::object* backend = reader.object(*entry, "backend", at + ".backend")) made.backend = decode_backend(*backend, at + ".backend", reader);
    else reader.complain(at + ".backend", "is missing");
    rule.paths.push_back(std::move(made));
  }
  return rule;
}

}  // namespace

Ingress decode_ingress(const json::object& root, Reader& reader) {
  Ingress ingress;
  ingress.metadata = reader.metadata(root, true);
  const json::object* const spec = reader.object(root, "spec", "spec");
  if (!spec) {
    reader.complain("spec", "is missing");
    return ingress;
  }
  ingress.class_name = reader.text(*spec, "ingressClassName", "spec.ingressClassName");
  ingress.has_class = !ingress.class_name.empty();
  if (const json::object* backend = reader.object(*spec, "defaultBackend", "spec.defaultBackend")) {
    ingress.has_default_backend = true;
    ingress.default_backend = decode_backend(*backend, "spec.defaultBackend", reader);
  }
  if (const json::array* rules = reader.array(*spec, "rules", "spec.rules"))
    for (std::size_t i = 0; i < rules->size(); ++i) {
      const std::string at = "spec.rules[" + std::to_string(i) + "]";
      if (const json::object* rule = (*rules)[i].if_object()) ingress.rules.push_back(decode_rule(*rule, at, reader));
      else reader.complain(at, "must be an object");
    }
  if (const json::array* entries = reader.array(*spec, "tls", "spec.tls"))
    for (std::size_t i = 0; i < entries->size(); ++i) {
      const std::string at = "spec.tls[" + std::to_string(i) + "]";
      IngressTls tls;
      const json::object* const entry = (*entries)[i].if_object();
      if (entry) {
        tls.secret = reader.text(*entry, "secretName", at + ".secretName");
        if (const json::array* hosts = reader.array(*entry, "hosts", at + ".hosts"))
          for (const json::value& host : *hosts)
            if (host.is_string()) tls.hosts.emplace_back(host.get_string());
      } else if (!(*entries)[i].is_null()) {
        reader.complain(at, "must be an object");
      }
      ingress.tls.push_back(std::move(tls));
    }
  return ingress;
}

IngressClass decode_ingress_class(const json::object& root, Reader& reader) {
  IngressClass made;
  made.metadata = reader.metadata(root, false);
  if (const json::object* spec = reader.object(root, "spec", "spec")) made.controller = reader.text(*spec, "controller", "spec.controller");
  return made;
}

}  // namespace controller::kube
