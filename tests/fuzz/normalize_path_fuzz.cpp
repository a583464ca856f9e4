// Whatever a client sends as a path, its normal form has no dot segment and no double slash, and the quick check agrees.

#include "routing/normalize_path.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>

namespace {

void require(bool claim) {
  if (!claim) std::abort();
}

bool has_dot_segment(const std::string& path) {
  for (std::size_t at = 0; at < path.size();) {
    const auto end = std::min(path.find('/', at + 1), path.size());
    const auto segment = path.substr(at + 1, end - at - 1);
    if (segment == "." || segment == "..") return true;
    at = end;
  }
  return false;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view path{reinterpret_cast<const char*>(data), size};
  std::string out;
  const bool ok = routing::normalize_path(path, out);
  const bool is_plain = path.find('%') == path.npos;
  require(routing::is_normalised(path) == (ok && is_plain && out == path));
  if (!ok) return 0;

  require(!out.empty() && out.front() == '/' && out.size() <= path.size());
  require(out.find("//") == out.npos);
  require(out.find('\0') == out.npos || path.find('\0') != path.npos);  // a bare NUL is the head parser's to refuse
  require(!has_dot_segment(out));
  if (out.find_first_of("%?#") != out.npos) return 0;
  std::string again;
  require(routing::is_normalised(out) && routing::normalize_path(out, again) && again == out);
  return 0;
}
