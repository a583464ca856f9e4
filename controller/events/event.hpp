// An Event of the Kubernetes API that tells a user, on his own object, of a diagnostic or of its end.
#pragma once

#include "controller/kube/resources.hpp"
#include "controller/store.hpp"
#include "routing/diagnostic.hpp"

#include <chrono>
#include <optional>
#include <string>

namespace controller::events {

// The object that an Event is about.
struct Regarding {
  const kube::Resource* resource = nullptr;
  std::string object_namespace, name, uid;

  // Where the Event stands: those about cluster-scoped objects have a place of their own.
  [[nodiscard]] std::string event_namespace() const { return object_namespace.empty() ? "default" : object_namespace; }
};

// None: it is not about an object that is there and stays.
[[nodiscard]] std::optional<Regarding> regarding(const routing::Diagnostic& diagnostic, const Store& store);

enum class Occasion { arisen, healed };

// The same for the same occasion whoever writes it: a second Event of that name is refused by the server, so that one replica does
// not repeat what another has told.
[[nodiscard]] std::string name_of(const Regarding& regarding, const routing::Diagnostic& diagnostic, Occasion occasion);

inline constexpr std::size_t max_note_bytes = 1024;  // of the API
// As JSON for events.k8s.io/v1; `instance` is who of several replicas tells.
[[nodiscard]] std::string text_of(const Regarding& regarding, const routing::Diagnostic& diagnostic, Occasion occasion, const std::string& instance,
                                  std::chrono::system_clock::time_point now);
// The merge patch that says of one that is there already: once more, for the `count`-th time.
[[nodiscard]] std::string repeated(unsigned count, std::chrono::system_clock::time_point now);

}  // namespace controller::events
