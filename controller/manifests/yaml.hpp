// Manifest text to JSON values: YAML documents through libyaml's events, JSON documents through Boost.JSON.
#pragma once

#include <boost/json/storage_ptr.hpp>
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

// Splits at lines that begin with "---" or "...", which in YAML always end a document (YAML 1.2, 9.1.2); what holds nothing
// but comments and directives is left out. A byte order mark is skipped. Views into `text`, whose first line is `first_line`.
[[nodiscard]] std::vector<DocumentText> split_documents(std::string_view text, std::size_t first_line = 1);

// How often a line ends in `text`.
[[nodiscard]] std::size_t count_lines(std::string_view text);

// Where the last document that begins in `text` does, if that is not its beginning: a file read piece by piece is cut there.
// npos when there is none yet.
[[nodiscard]] std::size_t last_document_start(std::string_view text);

struct ParsedDocument {
  boost::json::value value;
  std::string error;      // empty: parsed
  std::size_t line = 0;   // of the error, in the file
  // A key that stands twice in one mapping: `value` has the first, but nobody knows which was meant. "" = there is none.
  std::string repeated_key;
  std::size_t repeated_line = 0;
};

// Plain scalars stay text (decoding is by kind), but null, ~ and nothing are null. The value lives in `storage`.
[[nodiscard]] ParsedDocument parse_document(const DocumentText& document, boost::json::storage_ptr storage = {});

}  // namespace controller::manifests
