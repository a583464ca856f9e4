#include "controller/manifests/yaml.hpp"

#include <boost/json/parse.hpp>
#include <yaml.h>

#include <map>
#include <memory>
#include <optional>

namespace controller::manifests {

namespace json = boost::json;

namespace {

struct ParserDeleter {
  void operator()(yaml_parser_t* parser) const noexcept {
    yaml_parser_delete(parser);
    delete parser;
  }
};

class Event {
 public:
  Event() = default;
  ~Event() { release(); }
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;
  void release() {
    if (held_) yaml_event_delete(&event_);
    held_ = false;
  }
  bool next(yaml_parser_t& parser) {
    release();
    held_ = yaml_parser_parse(&parser, &event_) != 0;
    return held_;
  }
  yaml_event_t* operator->() { return &event_; }

 private:
  yaml_event_t event_{};
  bool held_ = false;
};

struct Failure {
  std::string text;
  std::size_t line = 0;
};

// Builds values from events. Recursion is bounded by max_document_depth.
class Builder {
 public:
  Builder(std::string_view text, json::storage_ptr storage) : parser_(new yaml_parser_t), storage_(std::move(storage)) {
    yaml_parser_initialize(parser_.get());
    yaml_parser_set_input_string(parser_.get(), reinterpret_cast<const unsigned char*>(text.data()), text.size());
  }

  std::optional<json::value> document() {
    if (!advance() || !advance()) return {};          // stream start, document start
    if (event_->type == YAML_STREAM_END_EVENT) return json::value(storage_);
    if (!advance()) return {};
    auto value = node(0);
    if (!value || !advance() || !advance()) return {};  // document end, stream end
    if (event_->type != YAML_STREAM_END_EVENT) return fail("more than one document without a line of ---");
    return value;
  }
  [[nodiscard]] const Failure& failure() const noexcept { return failure_; }
  [[nodiscard]] const Failure& repeated_key() const noexcept { return repeated_key_; }

 private:
  std::nullopt_t fail(std::string text) {
    if (failure_.text.empty()) failure_ = {std::move(text), event_->start_mark.line};
    return std::nullopt;
  }

  bool advance() {
    if (event_.next(*parser_)) return true;
    failure_ = {parser_->problem ? parser_->problem : "not YAML", parser_->problem_mark.line};
    return false;
  }

  bool count(std::size_t nodes) {
    nodes_ += nodes;
    return nodes_ <= max_document_nodes;
  }

  std::optional<json::value> node(int depth) {
    if (depth > max_document_depth) return fail("nested too deeply");
    if (!count(1)) return fail("too many nodes");
    switch (event_->type) {
      case YAML_SCALAR_EVENT: return scalar();
      case YAML_SEQUENCE_START_EVENT: return sequence(depth);
      case YAML_MAPPING_START_EVENT: return mapping(depth);
      case YAML_ALIAS_EVENT: return alias();
      default: return fail("unexpected content");
    }
  }

  std::string anchor_of(const yaml_char_t* anchor) { return anchor ? reinterpret_cast<const char*>(anchor) : ""; }

  json::value remember(const std::string& anchor, std::size_t nodes_before, json::value value) {
    if (!anchor.empty()) anchors_.insert_or_assign(anchor, Anchored{json::value(value, storage_), nodes_ - nodes_before + 1});
    return value;
  }

  std::optional<json::value> scalar() {
    const auto& data = event_->data.scalar;
    const std::string_view text{reinterpret_cast<const char*>(data.value), data.length};
    const bool is_null = data.style == YAML_PLAIN_SCALAR_STYLE && (text.empty() || text == "~" || text == "null" || text == "Null" || text == "NULL");
    json::value value(storage_);  // braces would make a list of one
    if (!is_null) value.emplace_string().assign(text.data(), text.size());
    return remember(anchor_of(data.anchor), nodes_, std::move(value));
  }

  std::optional<json::value> sequence(int depth) {
    const std::string anchor = anchor_of(event_->data.sequence_start.anchor);
    const std::size_t before = nodes_;
    json::array array(storage_);
    while (true) {
      if (!advance()) return {};
      if (event_->type == YAML_SEQUENCE_END_EVENT) return remember(anchor, before, std::move(array));
      auto value = node(depth + 1);
      if (!value) return {};
      array.push_back(std::move(*value));
    }
  }

  std::optional<json::value> mapping(int depth) {
    const std::string anchor = anchor_of(event_->data.mapping_start.anchor);
    const std::size_t before = nodes_;
    json::object object(storage_);
    std::vector<json::object> merged;
    while (true) {
      if (!advance()) return {};
      if (event_->type == YAML_MAPPING_END_EVENT) break;
      if (event_->type != YAML_SCALAR_EVENT) return fail("a key must be a scalar");
      const std::string key{reinterpret_cast<const char*>(event_->data.scalar.value), event_->data.scalar.length};
      const bool is_merge = key == "<<" && event_->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
      const std::size_t line = event_->start_mark.line;
      if (!advance()) return {};
      auto value = node(depth + 1);
      if (!value) return {};
      if (!is_merge) {
        if (!object.emplace(key, std::move(*value)).second && repeated_key_.text.empty()) repeated_key_ = {key.substr(0, 60), line};
      }
      else if (auto* one = value->if_object()) merged.push_back(std::move(*one));
      else if (auto* many = value->if_array()) {
        for (auto& element : *many)
          if (auto* part = element.if_object()) merged.push_back(std::move(*part));
      }
    }
    for (auto& other : merged)
      for (auto& member : other) object.insert(member);  // keys of the mapping itself win
    return remember(anchor, before, std::move(object));
  }

  std::optional<json::value> alias() {
    const auto found = anchors_.find(anchor_of(event_->data.alias.anchor));
    if (found == anchors_.end()) return fail("an alias without its anchor");
    if (!count(found->second.nodes)) return fail("aliases expand to too many nodes");
    return json::value(found->second.value, storage_);
  }

  struct Anchored {
    json::value value;
    std::size_t nodes = 0;
  };

  std::unique_ptr<yaml_parser_t, ParserDeleter> parser_;
  json::storage_ptr storage_;
  Event event_;
  std::map<std::string, Anchored> anchors_;
  std::size_t nodes_ = 0;
  Failure failure_, repeated_key_;
};

// Comments and directives ("%YAML 1.2") hold nothing.
bool is_blank_document(std::string_view text) {
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    const std::size_t first = line.find_first_not_of(" \t\r");
    if (first != std::string_view::npos && line[first] != '#' && line[0] != '%') return false;
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
  return true;
}

bool is_marker(std::string_view text) {
  if (!text.starts_with("---") && !text.starts_with("...")) return false;
  return text.size() == 3 || text[3] == '\n' || text[3] == ' ' || text[3] == '\t' || text[3] == '\r';
}

// The next line behind `at` that may be a marker; the size of the text when there is none.
std::size_t next_marker_line(std::string_view text, std::size_t at) {
  while (true) {
    at = text.find('\n', at);
    if (at == std::string_view::npos || ++at == text.size()) return text.size();
    if (text[at] == '-' || text[at] == '.') return at;
  }
}

}  // namespace

std::vector<DocumentText> split_documents(std::string_view text, std::size_t first_line) {
  static constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";
  if (text.starts_with(byte_order_mark)) text.remove_prefix(byte_order_mark.size());
  std::vector<DocumentText> documents;
  std::size_t start = 0, line = first_line;
  const auto close = [&](std::size_t end) {
    const std::string_view part = text.substr(start, end - start);
    if (!is_blank_document(part)) documents.push_back({part, line});
    line += count_lines(part);
  };
  for (std::size_t at = 0; at < text.size();) {
    if (is_marker(text.substr(at))) {
      close(at);
      start = at + 3;  // what stands behind the marker belongs to the document
    }
    at = next_marker_line(text, at);
  }
  close(text.size());
  return documents;
}

std::size_t count_lines(std::string_view text) {
  std::size_t lines = 0;
  for (std::size_t at = text.find('\n'); at != std::string_view::npos; at = text.find('\n', at + 1)) ++lines;
  return lines;
}

std::size_t last_document_start(std::string_view text) {
  for (std::size_t at = text.rfind("\n---"); at != std::string_view::npos; at = at == 0 ? std::string_view::npos : text.rfind("\n---", at - 1))
    if (at + 4 < text.size() && is_marker(text.substr(at + 1))) return at + 1;
  return std::string_view::npos;
}

ParsedDocument parse_document(const DocumentText& document, json::storage_ptr storage) {
  ParsedDocument parsed{json::value(storage), {}, 0, {}, 0};
  if (document.text.size() > max_document_bytes) {
    parsed.error = "document larger than 64 MiB";
    parsed.line = document.line;
    return parsed;
  }
  const std::size_t first = document.text.find_first_not_of(" \t\r\n");
  if (first != std::string_view::npos && document.text[first] == '{') {
    boost::system::error_code error;
    json::parse_options options;
    options.max_depth = max_document_depth;
    parsed.value = json::parse(json::string_view{document.text.data(), document.text.size()}, error, storage, options);
    if (!error) return parsed;  // else flow-style YAML, or neither: the YAML parser tells where
  }
  Builder builder{document.text, storage};
  auto value = builder.document();
  if (value) {
    parsed.value = std::move(*value);
    parsed.repeated_key = builder.repeated_key().text;
    parsed.repeated_line = document.line + builder.repeated_key().line;
    return parsed;
  }
  parsed.error = builder.failure().text;
  parsed.line = document.line + builder.failure().line;
  return parsed;
}

}  // namespace controller::manifests
