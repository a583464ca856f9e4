// Where the objects come from and how they change: a directory of manifests, or the Kubernetes API.
// Read next: manifests/manifest_source.hpp, kube/api_source.hpp.
#pragma once

#include "controller/changes.hpp"
#include "controller/options.hpp"
#include "controller/store.hpp"
#include "routing/diagnostic.hpp"

#include <chrono>
#include <memory>
#include <string>
#include <vector>

namespace controller {

// Started by the main thread, then owned by the reconciler's.
class Source {
 public:
  virtual ~Source() = default;

  // Begins to read and to watch. "" or, for people, why there can be nothing to read at all.
  [[nodiscard]] virtual std::string start() = 0;
  // Whether a complete state has been read. Once true it stays so, and the state stays complete.
  [[nodiscard]] virtual bool is_synced() const = 0;

  // Readable when there is something for take_changes(); until_check() being over is another reason to call it.
  [[nodiscard]] virtual int fd() const noexcept = 0;
  [[nodiscard]] virtual std::chrono::milliseconds until_check() const = 0;
  // How long after a first change the others that belong to it may take.
  [[nodiscard]] virtual std::chrono::milliseconds settling_time() const noexcept = 0;
  // True when objects, or what is told below, may have changed.
  [[nodiscard]] virtual bool take_changes() = 0;
  // Brings the store in line with all that has been taken.
  [[nodiscard]] virtual Changes update() = 0;

  [[nodiscard]] virtual const Store& store() const noexcept = 0;
  // Of reading and decoding, that hold now.
  [[nodiscard]] virtual std::vector<routing::Diagnostic> diagnostics() const = 0;
  // What else a person may want to know, as it is now.
  [[nodiscard]] virtual std::vector<std::string> notices() const = 0;
  // Why the state is not complete yet, or may not be the latest; none when it is.
  [[nodiscard]] virtual std::vector<std::string> problems() const = 0;
};

// Whether changes are followed, or everything is read by start(), which then fails when something cannot be read.
enum class Reading { follow, once };

// The source that the options ask for. Never null; what is wrong with the options start() tells.
[[nodiscard]] std::unique_ptr<Source> make_source(const Options& options, Reading reading = Reading::follow);
// All of it, read once.
struct Objects {
  Store store;
  std::vector<routing::Diagnostic> diagnostics;
  std::vector<std::string> notices;
  std::string error;  // for people, when there is nothing to read at all
};
[[nodiscard]] Objects read_objects(const Options& options);
// "manifests in DIR", for people.
[[nodiscard]] std::string name_of_source(const Options& options);

}  // namespace controller
