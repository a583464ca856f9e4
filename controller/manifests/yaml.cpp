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
  explicit Builder(std::string_view text) : parser_(new yaml_parser_t) {
    yaml_parser_initialize(parser_.get());
    yaml_parser_set_input_string(parser_.get(), reinterpret_cast<const unsigned char*>(text.data()), text.size());
  }

  std::optional<json::value> document() {
    if (!advance() || !advance()) return {};          // stream start, document start
    if (event_->type == YAML_STREAM_END_EVENT) return json::value{};
    if (!advance()) return {};
    auto value = node(0);
    if (!value || !advance() || !advance()) return {};  // document end, stream end
    if (event_->type != YAML_STREAM_END_EVENT) return fail("more than one document without a line of ---");
    return value;
  }
  [[nodiscard]] const Failure& failure() const noexcept { return failure_; }

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
    if (!anchor.empty()) anchors_[anchor] = {value, nodes_ - nodes_before + 1};
    return value;
  }

  std::optional<json::value> scalar() {
    const auto& data = event_->data.scalar;
    const std::string_view text{reinterpret_cast<const char*>(data.value), data.length};
    const bool is_null = data.style == YAML_PLAIN_SCALAR_STYLE && (text.empty() || text == "~" || text == "null" || text == "Null" || text == "NULL");
    json::value value;  // braces would make a list of one
    if (!is_null) value = json::string_view{text.data(), text.size()};
    return remember(anchor_of(data.anchor), nodes_, std::move(value));
  }

  std::optional<json::value> sequence(int depth) {
    const std::string anchor = anchor_of(event_->data.sequence_start.anchor);
    const std::size_t before = nodes_;
    json::array array;
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
    json::object object;
    std::vector<json::object> merged;
    while (true) {
      if (!advance()) return {};
      if (event_->type == YAML_MAPPING_END_EVENT) break;
      if (event_->type != YAML_SCALAR_EVENT) return fail("a key must be a scalar");
      const std::string key{reinterpret_cast<const char*>(event_->data.scalar.value), event_->data.scalar.length};
      const bool is_merge = key == "<<" && event_->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
      if (!is_merge && object.contains(key)) return fail("the key \"" + key.substr(0, 60) + "\" stands twice");
      if (!advance()) return {};
      auto value = node(depth + 1);
      if (!value) return {};
      if (!is_merge) object.emplace(key, std::move(*value));
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
    return found->second.value;
  }

  struct Anchored {
    json::value value;
    std::size_t nodes = 0;
  };

  std::unique_ptr<yaml_parser_t, ParserDeleter> parser_;
  Event event_;
  std::map<std::string, Anchored> anchors_;
  std::size_t nodes_ = 0;
  Failure failure_;
};

bool is_blank_document(std::string_view text) {
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    const std::size_t first = line.find_first_not_of(" \t\r");
    if (first != std::string_view::npos && line[first] != '#') return false;
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
  return true;
}

}  // namespace

std::vector<DocumentText> split_documents(std::string_view file) {
  static constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";
  if (file.starts_with(byte_order_mark)) file.remove_prefix(byte_order_mark.size());
  std::vector<DocumentText> documents;
  std::size_t start = 0, line = 1, start_line = 1;
  const auto close = [&](std::size_t end) {
    const std::string_view text = file.substr(start, end - start);
    if (!is_blank_document(text)) documents.push_back({text, start_line});
  };
  for (std::size_t at = 0; at < file.size(); ++line) {
    const std::size_t end = std::min(file.find('\n', at), file.size());
    const bool is_marker = file.substr(at, 3) == "---" && (end - at == 3 || file[at + 3] == ' ' || file[at + 3] == '\t' || file[at + 3] == '\r');
    if (is_marker) {
      close(at);
      start = at + 3;  // what stands behind the marker belongs to the document
      start_line = line;
    }
    at = end + 1;
  }
  close(file.size());
  return documents;
}

ParsedDocument parse_document(const DocumentText& document) {
  ParsedDocument parsed;
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
    parsed.value = json::parse(json::string_view{document.text.data(), document.text.size()}, error, {}, options);
    if (!error) return parsed;  // else flow-style YAML, or neither: the YAML parser tells where
  }
  Builder builder{document.text};
  auto value = builder.document();
  if (value) {
    parsed.value = std::move(*value);
    return parsed;
  }
  parsed.error = builder.failure().text;
  parsed.line = document.line + builder.failure().line;
  return parsed;
}

}  // namespace controller::manifests
