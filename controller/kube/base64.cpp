#include "controller/kube/base64.hpp"

#include <openssl/evp.h>

namespace controller::kube {

bool decode_base64(std::string text, std::string& out) {
  std::erase_if(text, [](char c) { return c == '\n' || c == '\r' || c == ' ' || c == '\t'; });
  out.resize(text.size() / 4 * 3);
  if (text.empty()) return true;
  if (text.size() % 4) return false;
  const int bytes = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(out.data()), reinterpret_cast<const unsigned char*>(text.data()),
                                    static_cast<int>(text.size()));
  if (bytes < 0) return false;
  std::size_t padding = 0;
  while (padding < 2 && text[text.size() - 1 - padding] == '=') ++padding;
  out.resize(static_cast<std::size_t>(bytes) - padding);
  return true;
}

}  // namespace controller::kube
