// gzip taken apart as it arrives.
#pragma once

#include <functional>
#include <memory>
#include <string_view>

struct z_stream_s;

namespace controller::kube {

class Inflater {
 public:
  Inflater();
  ~Inflater();
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  // Hands out what the bytes hold, piece by piece; `take` returns false to stop. False: stopped, or no gzip.
  [[nodiscard]] bool feed(std::string_view bytes, const std::function<bool(std::string_view)>& take);

 private:
  std::unique_ptr<z_stream_s> stream_;
  bool is_ok_ = false;
};

}  // namespace controller::kube
