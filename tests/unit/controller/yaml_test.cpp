#include "controller/manifests/yaml.hpp"

#include <boost/json/serialize.hpp>
#include <gtest/gtest.h>

#include <string>

using namespace controller::manifests;

namespace {

std::string json_of(const std::string& text) {
  const auto parsed = parse_document({text, 1});
  return parsed.error.empty() ? boost::json::serialize(parsed.value) : "error";
}

}  // namespace

TEST(Yaml, DocumentsAreSplitAtTheirMarkers) {
  const auto documents = split_documents("# comment only\n---\na: 1\n--- # more\nb: |\n  text\n  --- no marker\n---\n\n---\nc: 3\n");

  ASSERT_EQ(documents.size(), 3u);
  EXPECT_EQ(documents[0].line, 2u);
  EXPECT_EQ(documents[1].line, 4u);
  EXPECT_EQ(documents[2].line, 10u);
}

TEST(Yaml, ScalarsStayTextAndNullIsNull) {
  EXPECT_EQ(json_of("{a: true, b: 5, c: '5', d: ~, e: , f: null, g: \"null\"}"), R"({"a":"true","b":"5","c":"5","d":null,"e":null,"f":null,"g":"null"})");
}

TEST(Yaml, BlocksAnchorsAndMergesAreRead) {
  EXPECT_EQ(json_of("base: &b {x: 1, y: 2}\nuse:\n  <<: *b\n  y: 3\ntext: |\n  two\n  lines\nfold: >-\n  one\n  line\n"),
            R"({"base":{"x":"1","y":"2"},"use":{"y":"3","x":"1"},"text":"two\nlines\n","fold":"one line"})");
}

TEST(Yaml, WindowsLineEndsAreLineEnds) { EXPECT_EQ(json_of("a: 1\r\nb:\r\n- x\r\n"), R"({"a":"1","b":["x"]})"); }

TEST(Yaml, JsonIsTakenAsItIs) { EXPECT_EQ(json_of(" {\"a\": [1, true, \"x\"]}"), R"({"a":[1,true,"x"]})"); }

TEST(Yaml, ErrorsNameTheirLine) {
  const auto parsed = parse_document({"a: 1\nb: [\nc: 2\n", 10});
  EXPECT_FALSE(parsed.error.empty());
  EXPECT_GE(parsed.line, 11u);
  EXPECT_LE(parsed.line, 13u);
}

TEST(Yaml, AKeyThatStandsTwiceIsToldWithItsLine) {
  const auto parsed = parse_document({"a: 1\nb: {c: 1,\n  c: 2}\n", 10});
  EXPECT_TRUE(parsed.error.empty());
  EXPECT_EQ(parsed.repeated_key, "c");
  EXPECT_EQ(parsed.repeated_line, 12u);
  EXPECT_EQ(parse_document({"a: {c: 1}\nb: {c: 1}\n", 1}).repeated_key, "");
}

TEST(Yaml, DirectivesAndEndMarkersAreNoDocuments) {
  const auto documents = split_documents("%YAML 1.2\n---\na: 1\n...\n# done\n%TAG ! x\n---\nb: 2\n...\n");
  ASSERT_EQ(documents.size(), 2u);
  EXPECT_EQ(documents[0].line, 2u);
  EXPECT_EQ(documents[1].line, 7u);
  for (const auto& document : documents) EXPECT_EQ(parse_document(document).error, "");
}

TEST(Yaml, AFileIsCutWhereADocumentBegins) {
  EXPECT_EQ(last_document_start("a: 1\n---\nb: 2\n---\nc: 3\n"), 14u);
  EXPECT_EQ(last_document_start("a: 1\n---\nb: 2\n---"), 5u);  // what follows the last one is not known yet
  EXPECT_EQ(last_document_start("a: 1\n--- b\n----\n"), 5u);
  EXPECT_EQ(last_document_start("---\na: 1\n"), std::string_view::npos);
}

TEST(Yaml, AliasBombsAndDeepNestingAreRefused) {
  std::string bomb = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n";
  for (int i = 1; i < 9; ++i) {
    const std::string last = std::to_string(i - 1), name = std::to_string(i);
    bomb += "a" + name + ": &a" + name + " [*a" + last + ",*a" + last + ",*a" + last + ",*a" + last + ",*a" + last + ",*a" + last + ",*a" + last + ",*a" + last + ",*a" + last + "]\n";
  }
  EXPECT_EQ(json_of(bomb), "error");
  EXPECT_EQ(json_of(std::string(1000, '[')), "error");
}
