#include "controller/kube/object_splitter.hpp"

namespace controller::kube {

bool ObjectSplitter::keep(std::string_view bytes) {
  if (form_ == Form::sequence && !is_inside_) return true;  // line ends between objects
  std::string& kept = is_inside_ ? partial_ : envelope_;
  if (kept.size() + bytes.size() > (is_inside_ ? max_object_bytes : max_envelope_bytes)) return false;
  kept += bytes;
  return true;
}

bool ObjectSplitter::feed(std::string_view bytes, const Take& take) {
  std::size_t start = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const char c = bytes[i];
    if (is_in_string_) {
      if (is_escaped_) is_escaped_ = false;
      else if (c == '\\') is_escaped_ = true;
      else if (c == '"') is_in_string_ = false;
      continue;
    }
    if (c == '"') {
      is_in_string_ = true;
    } else if (c == '{' || c == '[') {
      if (c == '[' && depth_ == 1) is_in_array_ = true;
      if (c == '{' && !is_inside_ && begins_object()) {
        if (!keep(bytes.substr(start, i - start))) return false;
        start = i;
        is_inside_ = true;
        cut_depth_ = depth_;
      }
      ++depth_;
    } else if (c == ',' && !is_inside_ && is_in_array_ && depth_ == 2) {  // what is left of the array stays JSON
      if (!keep(bytes.substr(start, i - start))) return false;
      start = i + 1;
    } else if (c == '}' || c == ']') {
      if (depth_ == 0) return false;
      --depth_;
      if (c == ']' && depth_ == 1) is_in_array_ = false;
      is_closed_ = is_closed_ || depth_ == 0;
      if (!is_inside_ || depth_ != cut_depth_) continue;
      const std::string_view end = bytes.substr(start, i + 1 - start);
      bool goes_on = false;
      if (partial_.empty()) {
        goes_on = take(end);
      } else {
        if (!keep(end)) return false;
        goes_on = take(partial_);
        partial_.clear();
        partial_.shrink_to_fit();
      }
      is_inside_ = false;
      start = i + 1;
      if (!goes_on) return false;
    }
  }
  return keep(bytes.substr(start));
}

}  // namespace controller::kube
