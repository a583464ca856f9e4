// The text of one document to the objects in it.
#pragma once

#include "controller/manifests/file.hpp"
#include "controller/manifests/yaml.hpp"

#include <string>
#include <vector>

namespace controller::manifests {

struct DecodeContext {
  const std::string& shown;               // the file's name for people
  const std::vector<Document>& before;    // what the file held: an object that is not taken stays as it was
};

struct DecodeError {
  std::string text;       // empty: decoded
  std::size_t line = 0;   // in the file
};

// Fills in objects and remarks. May run on several threads at once, each with a document of its own.
[[nodiscard]] DecodeError decode_document(const DocumentText& text, const DecodeContext& context, Document& document);

}  // namespace controller::manifests
