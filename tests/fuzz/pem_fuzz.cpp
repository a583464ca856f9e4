// What a Secret may hold: any bytes as chain and key. The text is split at the first NUL, else it is both.

#include "tls/certificate.hpp"

#include <cstdint>
#include <cstdlib>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  const auto border = text.find('\0');
  const auto chain = text.substr(0, border);
  const auto key = border == text.npos ? text : text.substr(border + 1);
  const auto parsed = tls::Certificate::parse(chain, key);
  if (!parsed) return 0;
  const auto& certificate = **parsed;
  if (certificate.leaf() == nullptr || certificate.key() == nullptr || certificate.fingerprint().size() != 64) std::abort();
  for (const auto& name : certificate.names()) {
    if (!certificate.covers(name)) std::abort();
  }
  return 0;
}
