#include "routing/redirects.hpp"

#include <fmt/format.h>

#include <iterator>

namespace routing {
namespace {

std::string_view without_port(std::string_view authority) {
  const std::size_t close = authority.find(']');
  return authority.substr(0, authority.find(':', close == std::string_view::npos ? 0 : close));
}

}  // namespace

void append_https_location(const TlsRedirect& redirect, std::string_view authority, std::string_view target, std::uint16_t https_port,
                           std::string& out) {
  if (target == "*") target = "/";
  if (!redirect.preserve_trailing_slash && target.ends_with('/')) target.remove_suffix(1);
  out.append("https://").append(without_port(authority));
  if (redirect.append_port) fmt::format_to(std::back_inserter(out), ":{}", https_port);
  out.append(target);
}

void append_slash_location(std::string_view scheme, std::string_view authority, std::string_view path, std::string_view query,
                           std::string& out) {
  out.append(scheme).append("://").append(without_port(authority)).append(path).append("/").append(query);
}

}  // namespace routing
