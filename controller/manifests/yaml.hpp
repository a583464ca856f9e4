// Manifest text to JSON values: YAML documents through libyaml's events, JSON documents through Boost.JSON.
#pragma once

#include <boost/json/value.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace controller::manifests {

// Limits of one document: a manifest is written by people, so these are generous; an alias bomb is not.
inline constexpr std::size_t max_document_bytes = 64 * 1024 * 1024;
inline constexpr std::size_t max_document_nodes = 4 * 1024 * 1024;  // aliases expanded
inline constexpr int max_document_depth = 100;

// A document of a file: its text and the line where it starts (1 = first).
struct DocumentText {
  std::string_view text;
  std::size_t line = 1;
};

// Splits at lines that begin with "---", which in YAML always separate documents (YAML 1.2, 9.1.2); comments and empty
// documents are left out. A byte order mark is skipped. Views into `file`.
[[nodiscard]] std::vector<DocumentText> split_documents(std::string_view file);

struct ParsedDocument {
  boost::json::value value;
  std::string error;      // empty: parsed
  std::size_t line = 0;   // of the error, in the file
};

// Plain scalars stay text (decoding is by kind), but null, ~ and nothing are null. Keys must be unique.
[[nodiscard]] ParsedDocument parse_document(const DocumentText& document);

}  // namespace controller::manifests
