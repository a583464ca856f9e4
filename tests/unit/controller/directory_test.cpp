#include "controller/manifests/directory.hpp"

#include "controller/manifests/store_from.hpp"
#include "tests/support/temporary_directory.hpp"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/stat.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

using controller::manifests::Directory;

namespace {

std::string namespace_text(const std::string& name) { return "---\napiVersion: v1\nkind: Namespace\nmetadata: {name: " + name + "}\n"; }

std::string names_in(const Directory& directory) {
  std::string names;
  for (const auto& [key, object] : controller::manifests::store_from(directory).store.namespaces) names += key.second + " ";
  return names;
}

// Waits for a change and takes it: one that an event tells of, or one that is found when it is time to look.
bool change(Directory& directory) {
  const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds{10};
  while (std::chrono::steady_clock::now() < give_up) {
    pollfd polled{directory.fd(), POLLIN, 0};
    (void)::poll(&polled, 1, static_cast<int>(directory.until_check().count()));
    if (directory.take_changes()) return true;
  }
  return false;
}

// Takes changes until the names are as wanted.
bool becomes(Directory& directory, const std::string& names) {
  while (names_in(directory) != names)
    if (!change(directory)) return false;
  return true;
}

class DirectoryTest : public testing::Test {
 protected:
  void SetUp() override {
    files.write("a.yaml", namespace_text("a"));
    std::string error;
    directory.watch();
    ASSERT_TRUE(directory.load(error)) << error;
    (void)directory.take_delta();
  }

  support::TemporaryDirectory files;
  Directory directory{files.path()};
};

}  // namespace

// A repeated key is refused, and what was there before stays: one object then comes and goes several times.
TEST_F(DirectoryTest, KeepsCountOfWhatComesAndGoesMoreThanOnce) {
  const std::string broken = namespace_text("a") + "spec: {}\nspec: {}\n", other = "---\napiVersion: v1\nkind: Namespace\nmetadata: {name: a, labels: {x: y}}\n";
  struct Case {
    std::vector<std::string> texts;  // of one file, in turn; "" = it is removed
    std::string names;               // then
  };
  const std::vector<Case> cases{{{other, broken}, "a "}, {{other, broken, namespace_text("a")}, "a "}, {{broken, namespace_text("b")}, "b "}, {{broken, ""}, ""},
                                {{other, broken, other}, "a "}, {{broken, broken + "# again\n", namespace_text("a")}, "a "}, {{namespace_text("b"), broken}, ""}};
  for (std::size_t i = 0; i < cases.size(); ++i) {
    files.write("a.yaml", namespace_text("a"));
    ASSERT_TRUE(becomes(directory, "a ")) << i;
    auto loaded = controller::manifests::store_from(directory);
    (void)directory.take_delta();
    for (const std::string& text : cases[i].texts) {
      if (text.empty()) files.remove("a.yaml");
      else files.write("a.yaml", text);
      ASSERT_TRUE(change(directory)) << i;
      while (directory.take_changes()) continue;  // the writing is told in parts
    }
    while (names_in(directory) != cases[i].names) ASSERT_TRUE(change(directory)) << i;
    (void)controller::manifests::update(loaded, directory);
    const auto fresh = controller::manifests::store_from(directory);
    const auto is_equal = [](const auto& a, const auto& b) { return a.first == b.first && *a.second == *b.second; };
    EXPECT_TRUE(std::equal(loaded.store.namespaces.begin(), loaded.store.namespaces.end(), fresh.store.namespaces.begin(), fresh.store.namespaces.end(), is_equal)) << i;
    std::string names;
    for (const auto& [key, object] : loaded.store.namespaces) names += key.second + " ";
    EXPECT_EQ(names, cases[i].names) << i;
    files.write("a.yaml", namespace_text("z"));
    ASSERT_TRUE(becomes(directory, "z "));
  }
}

TEST_F(DirectoryTest, LooksAtTheOrderWhereWhatIsKeptStandsElsewhere) {
  const auto labelled = [](const std::string& value) { return "---\napiVersion: v1\nkind: Namespace\nmetadata: {name: a, labels: {x: " + value + "}}\n"; };
  files.write("a.yaml", labelled("one") + labelled("two"));
  while (directory.take_delta().added.size() != 2) ASSERT_TRUE(change(directory));
  auto loaded = controller::manifests::store_from(directory);
  files.write("a.yaml", labelled("two") + labelled("one") + "kind: Namespace\n");
  ASSERT_TRUE(change(directory));
  while (directory.take_changes()) continue;
  (void)controller::manifests::update(loaded, directory);
  EXPECT_EQ(*loaded.store.namespaces.at({"", "a"}), *controller::manifests::store_from(directory).store.namespaces.at({"", "a"}));
}

TEST_F(DirectoryTest, LooksAtNothingElseWhenAFileIsWrittenSeveralTimes) {
  auto loaded = controller::manifests::store_from(directory);
  for (const std::string name : {"b", "c"}) {
    files.write("a.yaml", namespace_text(name));
    ASSERT_TRUE(becomes(directory, name + " "));
  }
  EXPECT_FALSE(controller::manifests::update(loaded, directory).is_unbounded);
  EXPECT_TRUE(loaded.store.namespaces.contains({"", "c"}));
}

TEST_F(DirectoryTest, ForgetsWhatHasComeAndGone) {
  for (const std::string name : {"b", "c", "d"}) {
    files.write("a.yaml", namespace_text(name));
    ASSERT_TRUE(becomes(directory, name + " "));
  }
  const auto delta = directory.take_delta();
  ASSERT_EQ(delta.added.size(), 1u);
  ASSERT_EQ(delta.removed.size(), 1u);
  EXPECT_EQ(controller::kube::key_of(delta.added[0]).second, "d");
  EXPECT_EQ(controller::kube::key_of(delta.removed[0]).second, "a");
  files.write("b.yaml", namespace_text("e"));
  ASSERT_TRUE(becomes(directory, "d e "));
  files.remove("b.yaml");
  ASSERT_TRUE(becomes(directory, "d "));
  const auto nothing = directory.take_delta();
  EXPECT_TRUE(nothing.added.empty() && nothing.removed.empty());
}

TEST_F(DirectoryTest, FollowsFilesThatComeChangeAndGo) {
  files.write("b.yml", namespace_text("b"));
  EXPECT_TRUE(change(directory));
  EXPECT_EQ(names_in(directory), "a b ");
  files.write("a.yaml", namespace_text("c"));
  EXPECT_TRUE(change(directory));
  EXPECT_EQ(names_in(directory), "b c ");
  files.remove("b.yml");
  EXPECT_TRUE(becomes(directory, "c "));
}

TEST_F(DirectoryTest, KeepsWhatABrokenFileHeldAndSaysWhere) {
  files.write("a.yaml", "a: [\n");
  EXPECT_TRUE(change(directory));
  EXPECT_EQ(names_in(directory), "a ");
  ASSERT_EQ(directory.diagnostics().size(), 1u);
  EXPECT_EQ(directory.diagnostics()[0].name, "a.yaml");
  EXPECT_TRUE(directory.diagnostics()[0].field.starts_with("line "));
  files.write("a.yaml", namespace_text("mended"));
  EXPECT_TRUE(change(directory));
  EXPECT_TRUE(directory.diagnostics().empty());
  EXPECT_EQ(names_in(directory), "mended ");
}

TEST_F(DirectoryTest, ReadsNewFoldersAndListsAndIgnoresOtherFiles) {
  std::filesystem::create_directory(files.path() / "team");
  EXPECT_TRUE(change(directory));
  files.write("team/l.json", R"({"kind": "List", "items": [{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "l1"}}, {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "l2"}}]})");
  files.write("notes.txt", namespace_text("no"));
  EXPECT_TRUE(becomes(directory, "a l1 l2 "));
}

TEST_F(DirectoryTest, FollowsTheLinkThatAMountedVolumeSwaps) {
  namespace fs = std::filesystem;
  fs::create_directory(files.path() / "..one");
  fs::create_directory(files.path() / "..two");
  files.write("..one/m.yaml", namespace_text("one"));
  files.write("..two/m.yaml", namespace_text("two"));
  fs::create_directory_symlink("..one", files.path() / "..data");
  fs::create_symlink("..data/m.yaml", files.path() / "m.yaml");
  EXPECT_TRUE(becomes(directory, "a one "));
  fs::create_directory_symlink("..two", files.path() / "..next");
  fs::rename(files.path() / "..next", files.path() / "..data");
  EXPECT_TRUE(becomes(directory, "a two "));
}

TEST_F(DirectoryTest, TellsWhatHasComeAndGone) {
  auto loaded = controller::manifests::store_from(directory);
  files.write("a.yaml", namespace_text("a") + namespace_text("new"));
  EXPECT_TRUE(change(directory));
  EXPECT_TRUE(controller::manifests::update(loaded, directory).routes);
  EXPECT_EQ(loaded.store.namespaces.size(), 2u);
  files.write("a.yaml", "# only a comment is new\n" + namespace_text("a") + namespace_text("new"));
  EXPECT_TRUE(change(directory));
  EXPECT_FALSE(controller::manifests::update(loaded, directory).any());
}

TEST_F(DirectoryTest, AnObjectThatStandsTwiceIsToldAndHeals) {
  files.write("b.yaml", "---\napiVersion: v1\nkind: Namespace\nmetadata: {name: a, labels: {x: y}}\n");
  EXPECT_TRUE(change(directory));
  auto loaded = controller::manifests::store_from(directory);
  ASSERT_EQ(loaded.diagnostics.size(), 1u);
  EXPECT_NE(loaded.diagnostics[0].reason.find("b.yaml"), std::string::npos);
  EXPECT_NE(loaded.diagnostics[0].reason.find("a.yaml has it too"), std::string::npos);
  (void)directory.take_delta();
  files.remove("b.yaml");
  while (directory.file_count() == 2) ASSERT_TRUE(change(directory));
  EXPECT_TRUE(controller::manifests::update(loaded, directory).routes);
  EXPECT_TRUE(loaded.diagnostics.empty());
}

TEST_F(DirectoryTest, OfTwoEqualCopiesOneMayGo) {
  files.write("b.yaml", namespace_text("a"));
  EXPECT_TRUE(change(directory));
  auto loaded = controller::manifests::store_from(directory);
  EXPECT_TRUE(loaded.diagnostics.empty());
  (void)directory.take_delta();
  files.remove("a.yaml");
  while (directory.file_count() == 2) ASSERT_TRUE(change(directory));
  (void)controller::manifests::update(loaded, directory);
  EXPECT_EQ(loaded.store.namespaces.size(), 1u);
}

TEST_F(DirectoryTest, ReadsAFileThatChangedWithinOneTickOfTheClock) {
  const auto path = std::filesystem::path{files.path()} / "a.yaml";
  const auto time = std::filesystem::last_write_time(path);
  files.write("a.yaml", namespace_text("z"));  // as long as before
  std::filesystem::last_write_time(path, time);
  EXPECT_TRUE(change(directory));
  EXPECT_EQ(names_in(directory), "z ");
}

TEST_F(DirectoryTest, APipeIsNotRead) {
  const auto path = (std::filesystem::path{files.path()} / "p.yaml").string();
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  ASSERT_EQ(::chmod(path.c_str(), 0644), 0);
  (void)change(directory);
  EXPECT_EQ(names_in(directory), "a ");
}

TEST_F(DirectoryTest, ADirectoryThatVanishesKeepsItsObjectsUntilItIsBack) {
  namespace fs = std::filesystem;
  fs::create_directory(files.path() / "m");
  files.write("m/x.yaml", namespace_text("x"));
  Directory inner{files.path() / "m"};
  std::string error;
  inner.watch();
  ASSERT_TRUE(inner.load(error));
  fs::remove_all(files.path() / "m");
  while (inner.diagnostics().empty()) ASSERT_TRUE(change(inner));
  EXPECT_EQ(inner.diagnostics()[0].field, "--manifests");
  EXPECT_EQ(names_in(inner), "x ");

  fs::create_directory(files.path() / "m");  // empty, as where a volume was mounted
  while (inner.diagnostics()[0].reason.find("empty") == std::string::npos) ASSERT_TRUE(change(inner));
  EXPECT_EQ(names_in(inner), "x ");

  files.write("m/y.yaml", namespace_text("y"));
  EXPECT_TRUE(becomes(inner, "y "));
  EXPECT_TRUE(inner.diagnostics().empty());
  files.remove("m/y.yaml");  // one by one they may all go
  EXPECT_TRUE(becomes(inner, ""));
}

TEST_F(DirectoryTest, ADirectoryThatIsALinkMayBeSwapped) {
  namespace fs = std::filesystem;
  for (const auto name : {"one", "two"}) {
    fs::create_directory(files.path() / name);
    files.write(std::string{name} + "/m.yaml", namespace_text(name));
  }
  fs::create_directory_symlink("one", files.path() / "current");
  Directory linked{files.path() / "current"};
  std::string error;
  linked.watch();
  ASSERT_TRUE(linked.load(error));
  EXPECT_EQ(names_in(linked), "one ");
  fs::create_directory_symlink("two", files.path() / "next");
  fs::rename(files.path() / "next", files.path() / "current");
  EXPECT_TRUE(becomes(linked, "two "));
  files.write("two/n.yaml", namespace_text("new"));  // the folder it leads to now is watched
  EXPECT_TRUE(becomes(linked, "two new ") || names_in(linked) == "new two ");
}

TEST_F(DirectoryTest, TargetsOfLinksOutsideAreFollowed) {
  namespace fs = std::filesystem;
  const support::TemporaryDirectory outside;
  outside.write("target.yaml", namespace_text("first"));
  fs::create_symlink(outside.path() / "target.yaml", files.path() / "l.yaml");
  EXPECT_TRUE(becomes(directory, "a first "));
  outside.write("target.yaml", namespace_text("other"));  // as long as before
  EXPECT_TRUE(becomes(directory, "a other "));
  outside.write("next.yaml", namespace_text("third"));
  fs::rename(outside.path() / "next.yaml", outside.path() / "target.yaml");
  EXPECT_TRUE(becomes(directory, "a third "));

  fs::create_directory(outside.path() / "one");
  fs::create_directory(outside.path() / "two");
  outside.write("one/f.yaml", namespace_text("f1"));
  outside.write("two/f.yaml", namespace_text("f2"));
  fs::create_directory_symlink(outside.path() / "one", outside.path() / "now");
  fs::create_directory_symlink(outside.path() / "now", files.path() / "folder");
  EXPECT_TRUE(becomes(directory, "a f1 third "));
  fs::create_directory_symlink(outside.path() / "two", outside.path() / "next");
  fs::rename(outside.path() / "next", outside.path() / "now");
  EXPECT_TRUE(becomes(directory, "a f2 third "));
}

TEST_F(DirectoryTest, OneNoticeForAFileAndAKind) {
  const std::string deployment = "---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: d}\n";
  files.write("b.yaml", deployment + deployment + namespace_text("b"));
  files.write("values.yaml", "replicas: 3\n");
  files.write("empty.yaml", "# nothing\n");
  EXPECT_TRUE(becomes(directory, "a b "));
  while (directory.notices().size() < 3) ASSERT_TRUE(change(directory));
  const std::vector<Directory::Notice> expected = {{"b.yaml", "apps/v1 Deployment"}, {"empty.yaml", ""}, {"values.yaml", ""}};
  EXPECT_EQ(directory.notices(), expected);
  EXPECT_TRUE(directory.diagnostics().empty());
}

TEST_F(DirectoryTest, ARepeatedKeyCostsOnlyItsObject) {
  const std::string good = "---\napiVersion: v1\nkind: Namespace\nmetadata: {name: n, labels: {x: good}}\n";
  const std::string bad = "---\napiVersion: v1\nkind: Namespace\nmetadata:\n  name: n\n  labels: {x: bad}\n  labels: {x: worse}\n";
  files.write("a.yaml", bad + namespace_text("a"));
  EXPECT_TRUE(change(directory));
  EXPECT_EQ(names_in(directory), "a ");
  ASSERT_EQ(directory.diagnostics().size(), 1u);
  EXPECT_EQ(routing::to_line(directory.diagnostics()[0]), "Namespace n: a.yaml line 7: the key \"labels\" stands twice: the object is not taken (kubectl refuses it too)");

  files.write("a.yaml", good + namespace_text("a"));
  EXPECT_TRUE(becomes(directory, "a n "));
  EXPECT_TRUE(directory.diagnostics().empty());
  files.write("a.yaml", bad + namespace_text("b"));
  EXPECT_TRUE(becomes(directory, "b n "));
  EXPECT_NE(directory.diagnostics()[0].reason.find("what it was before stays in force"), std::string::npos);
  const auto store = controller::manifests::store_from(directory).store;
  EXPECT_EQ(*controller::kube::find(store.namespaces.at({"", "n"})->metadata.labels, "x"), "good");
}

TEST_F(DirectoryTest, OfALargeFileOnlyWhatChangedIsDecodedAgain) {
  std::string text;
  for (int i = 0; i < 20'000; ++i) text += "---\napiVersion: v1\nkind: Namespace\nmetadata:\n  name: number-" + std::to_string(i) + "\n  labels: {x: y}\n";
  ASSERT_GT(text.size(), controller::manifests::File::window_bytes);
  files.write("large.yaml", text);
  EXPECT_TRUE(change(directory));
  auto loaded = controller::manifests::store_from(directory);
  EXPECT_EQ(loaded.store.namespaces.size(), 20'001u);
  (void)directory.take_delta();

  text.replace(text.find("number-10000"), 12, "number-x0000");
  files.write("large.yaml", text);
  EXPECT_TRUE(change(directory));
  const auto delta = directory.take_delta();
  EXPECT_EQ(delta.added.size(), 1u);
  EXPECT_EQ(delta.removed.size(), 1u);

  files.write("large.yaml", text + "---\na: [\n");
  EXPECT_TRUE(change(directory));
  ASSERT_EQ(directory.diagnostics().size(), 1u);
  EXPECT_EQ(directory.diagnostics()[0].field, "line 120003");
  EXPECT_EQ(controller::manifests::store_from(directory).store.namespaces.size(), 20'001u);
}
