// Reading what the API server answers, where what is missing needs no complaint. Null and "" stand for what is not there.
#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace controller::kube {

// Null for what is no JSON.
[[nodiscard]] inline boost::json::value parse_plain(std::string_view text) {
  boost::system::error_code error;
  boost::json::value value = boost::json::parse(text, error);
  return error ? boost::json::value{} : value;
}

[[nodiscard]] inline const boost::json::object* object_in(const boost::json::object* parent, std::string_view name) {
  const boost::json::value* const value = parent ? parent->if_contains(name) : nullptr;
  return value ? value->if_object() : nullptr;
}

[[nodiscard]] inline const boost::json::array* array_in(const boost::json::object* parent, std::string_view name) {
  const boost::json::value* const value = parent ? parent->if_contains(name) : nullptr;
  return value ? value->if_array() : nullptr;
}

[[nodiscard]] inline std::string text_in(const boost::json::object* parent, std::string_view name) {
  const boost::json::value* const value = parent ? parent->if_contains(name) : nullptr;
  return value && value->is_string() ? std::string{value->get_string()} : "";
}

[[nodiscard]] inline std::int64_t number_in(const boost::json::object* parent, std::string_view name) {
  const boost::json::value* const value = parent ? parent->if_contains(name) : nullptr;
  return value && value->is_int64() ? value->get_int64() : 0;
}

}  // namespace controller::kube
