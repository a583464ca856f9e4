// The locations of one host while Ingresses are merged into it: first to claim a path keeps it.
#pragma once

#include "controller/kube/objects.hpp"
#include "controller/translate/field_place.hpp"
#include "controller/translate/planned_ingress.hpp"
#include "routing/route.hpp"

#include <map>
#include <string>
#include <utility>
#include <vector>

namespace controller::translate {

struct Location {
  const PlannedIngress* owner = nullptr;
  std::string path;
  routing::PathType type = routing::PathType::prefix;
  kube::Backend backend;
  bool is_placeholder = false;     // the "/" that nobody declared
  bool has_own_backend = true;     // false: the default backend of the process
  bool is_catch_all_default = false;  // spec.defaultBackend of an Ingress without rules: no rewrite, no redirect
  FieldPlace place;                // where it is declared
  std::string declared;            // as it was written, where that is not what it stands for here
  std::string closed;              // why it answers 503 whatever its Ingress says; "" = it does not

  [[nodiscard]] std::string field() const { return place.field(); }  // for diagnostics
};

struct HostBuilder {
  std::string name;                // lower case; "" = catch-all
  std::vector<const PlannedIngress*> ingresses;  // that name it, oldest first
  std::vector<Location> locations;
  std::vector<Location> reserved;  // of guarded Ingresses: what their expressions may have meant, though the host compares letters
  std::string closed;              // why the whole host answers 503
  bool has_certificate = false;

  // False when the path of that type is taken; `owner` then tells by whom.
  [[nodiscard]] bool claim(Location location, const PlannedIngress** owner);
  // Takes the locations out, in the order of their claims, to claim others for them.
  [[nodiscard]] std::vector<Location> release();
  // Adds "/" when nobody has it, with the annotations of the first Ingress that has a defaultBackend, else of the first.
  void add_placeholder();
  // Whether every path of the host is an expression (ingress-nginx 0.4).
  [[nodiscard]] bool is_regex() const;

 private:
  std::map<std::pair<std::string, routing::PathType>, const PlannedIngress*> claimed_;
};

}  // namespace controller::translate
