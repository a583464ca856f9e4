#include "controller/check.hpp"

#include "tests/support/temporary_directory.hpp"
#include "tests/support/translate_yaml.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

using namespace test;

namespace {

class CheckTest : public testing::Test {
 protected:
  controller::CheckResult check(const std::string& config_map = "") {
    controller::Options options;
    options.manifests = files.path();
    options.config_map = config_map;
    return controller::check(options);
  }
  static std::size_t lines_with(const controller::CheckResult& result, const std::string& text) {
    return static_cast<std::size_t>(std::count_if(result.diagnostics.begin(), result.diagnostics.end(),
                                                  [&text](const auto& d) { return routing::to_line(d).find(text) != std::string::npos; }));
  }
  static bool notes(const controller::CheckResult& result, const std::string& text) {
    return std::any_of(result.notices.begin(), result.notices.end(), [&text](const auto& line) { return line.find(text) != std::string::npos; });
  }
  static std::string map_named(const std::string& name, const std::string& data) {
    return "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: " + name + "}\ndata: {" + data + "}\n";
  }

  support::TemporaryDirectory files;
};

}  // namespace

TEST_F(CheckTest, ExaminesWhatLooksLikeAConfiguration) {
  files.write("a.yaml", map_named("nginx-configuration", "proxy-read-timeuot: '5'") + map_named("web-nginx", "use-gzip: 'true'") +
                            map_named("app", "level: debug, keep-alive: '5', other: x") + map_named("haproxy-ingress", "use-gzip: 'true'"));
  const auto result = check();
  EXPECT_EQ(lines_with(result, "did you mean proxy-read-timeout?"), 1u);
  EXPECT_EQ(lines_with(result, "ConfigMap default/web-nginx: data.use-gzip"), 1u);
  EXPECT_EQ(result.diagnostics.size(), 2u);
  EXPECT_TRUE(notes(result, "ConfigMap default/nginx-configuration, default/web-nginx"));
}

TEST_F(CheckTest, AConfigurationThatIsNamedIsTheOnlyOne) {
  files.write("a.yaml", map_named("nginx-configuration", "nonsense: '5'") + map_named("mine", "worse: '5'"));
  const auto result = check("default/mine");
  EXPECT_EQ(result.diagnostics.size(), 1u);
  EXPECT_EQ(lines_with(result, "ConfigMap default/mine: data.worse"), 1u);
  EXPECT_TRUE(notes(result, "configuration: ConfigMap default/mine"));
  EXPECT_EQ(lines_with(check("default/none"), "ConfigMap default/none: --configmap: does not exist"), 1u);
}

TEST_F(CheckTest, TheCopyThatIsNotUsedIsExaminedToo) {
  files.write("a.yaml", service("web") + ingress({}));
  files.write("b.yaml", ingress({.annotations = {{"no-such-thing", "x"}}}));
  const auto result = check();
  EXPECT_EQ(result.diagnostics.size(), 2u);
  EXPECT_EQ(lines_with(result, "Ingress default/web: metadata.name: is a duplicate: a.yaml has it too, and comes first; the copy in b.yaml is not used"), 1u);
  EXPECT_EQ(lines_with(result, "no-such-thing: is not an annotation of ingress-nginx: it has no effect (in the copy in b.yaml, which is not used)"), 1u);
}

TEST_F(CheckTest, WhatIsSkippedIsNoFinding) {
  files.write("a.yaml", "---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: d}\n");
  files.write("b.yaml", "---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: e}\n");
  files.write("values.yaml", "a: 1\n");
  const auto result = check();
  EXPECT_TRUE(result.diagnostics.empty());
  EXPECT_TRUE(notes(result, "apps/v1 Deployment (2 files)"));
  EXPECT_TRUE(notes(result, "values.yaml"));
}

TEST_F(CheckTest, WithoutObjectsItSaysWhatToGive) {
  EXPECT_NE(controller::check({}).error.find("give --manifests DIR"), std::string::npos);
  controller::Options options;
  options.manifests = files.path() / "missing";
  EXPECT_NE(controller::check(options).error.find("name a directory of manifests"), std::string::npos);
}
