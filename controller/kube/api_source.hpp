// The Kubernetes API as a source of objects: one reflector for each kind, on a thread of their own.
#pragma once

#include "controller/kube/inbox.hpp"
#include "controller/kube/store_update.hpp"
#include "controller/options.hpp"
#include "controller/source.hpp"

#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace controller::kube {

class ApiSource final : public Source {
 public:
  ApiSource(Options options, Reading reading);
  ~ApiSource() override;

  [[nodiscard]] std::string start() override;
  [[nodiscard]] bool is_synced() const override { return is_synced_; }
  [[nodiscard]] int fd() const noexcept override { return inbox_.fd(); }
  [[nodiscard]] std::chrono::milliseconds until_check() const override { return inbox_.until_release(); }
  // Every change is whole when it comes.
  [[nodiscard]] std::chrono::milliseconds settling_time() const noexcept override { return std::chrono::milliseconds{0}; }
  [[nodiscard]] bool take_changes() override;
  [[nodiscard]] Changes update() override;
  [[nodiscard]] const Store& store() const noexcept override { return store_; }
  [[nodiscard]] std::vector<routing::Diagnostic> diagnostics() const override;
  [[nodiscard]] std::vector<std::string> notices() const override;
  [[nodiscard]] std::vector<std::string> problems() const override;

 private:
  class Session;  // what runs on the API client's thread

  Options options_;
  Reading reading_;
  Inbox inbox_;
  std::unique_ptr<Session> session_;
  std::string notice_;

  // Of the reconciler's thread.
  bool is_synced_ = false;
  std::vector<ObjectChange> taken_;
  std::map<std::size_t, Standing> standings_;
  std::vector<std::string> names_;  // of the lists and watches, by id
  Store store_;
  ObjectDiagnostics object_diagnostics_;
};

}  // namespace controller::kube
