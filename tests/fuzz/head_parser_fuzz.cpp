// Request and response heads: no crash, and what is accepted keeps its promises.
#include "proxy/http1/head_parser.hpp"

#include <cstdlib>
#include <memory>

namespace {

void require(bool claim) {
  if (!claim) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  const std::string_view bytes{reinterpret_cast<const char*>(data), size};
  static auto request = std::make_unique<proxy::RequestHead>();
  static auto response = std::make_unique<proxy::ResponseHead>();
  proxy::http1::HostStorage storage;

  const auto parsed = proxy::http1::parse_request(bytes, {}, *request, storage);
  if (parsed.status == proxy::http1::ParseStatus::complete) {
    require(parsed.head_bytes <= size && parsed.head_bytes >= 4);
    require(bytes.substr(parsed.head_bytes - 4, 4) == "\r\n\r\n");
    require(request->path.starts_with('/') && request->path.find_first_of(" \t\r\n#\\") == std::string_view::npos);
    int lengths = 0, codings = 0;
    for (const auto& field : request->fields.all()) {
      require(!field.name.empty() && field.value.find_first_of("\r\n") == std::string_view::npos);
      lengths += field.id == proxy::FieldId::content_length;
      codings += field.id == proxy::FieldId::transfer_encoding;
    }
    require(lengths + codings <= 1);
    // A prefix of an accepted head is never accepted, nor is it refused.
    const auto shorter = proxy::http1::parse_request(bytes.substr(0, parsed.head_bytes - 1), {}, *request, storage);
    require(shorter.status == proxy::http1::ParseStatus::incomplete);
  }
  (void)proxy::http1::parse_response(bytes, {}, size & 1, *response);
  return 0;
}
