#include "controller/manifests/directory.hpp"

#include "controller/manifests/store_from.hpp"
#include "tests/support/temporary_directory.hpp"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/stat.h>

#include <filesystem>
#include <string>

using controller::manifests::Directory;

namespace {

std::string namespace_text(const std::string& name) { return "---\napiVersion: v1\nkind: Namespace\nmetadata: {name: " + name + "}\n"; }

std::string names_in(const Directory& directory) {
  std::string names;
  for (const auto& [key, object] : controller::manifests::store_from(directory).store.namespaces) names += key.second + " ";
  return names;
}

// Waits for a change and takes it.
bool change(Directory& directory) {
  pollfd polled{directory.fd(), POLLIN, 0};
  return ::poll(&polled, 1, 10'000) == 1 && directory.take_changes();
}

class DirectoryTest : public testing::Test {
 protected:
  void SetUp() override {
    files.write("a.yaml", namespace_text("a"));
    std::string error;
    ASSERT_TRUE(directory.load(error)) << error;
    directory.watch();
    (void)directory.take_delta();
  }

  support::TemporaryDirectory files;
  Directory directory{files.path()};
};

}  // namespace

TEST_F(DirectoryTest, FollowsFilesThatComeChangeAndGo) {
  files.write("b.yml", namespace_text("b"));
  EXPECT_TRUE(change(directory));
  EXPECT_EQ(names_in(directory), "a b ");
  files.write("a.yaml", namespace_text("c"));
  EXPECT_TRUE(change(directory));
  EXPECT_EQ(names_in(directory), "b c ");
  files.remove("b.yml");
  EXPECT_TRUE(change(directory));
  EXPECT_EQ(names_in(directory), "c ");
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
  while (names_in(directory) != "a l1 l2 ") ASSERT_TRUE(change(directory));
}

TEST_F(DirectoryTest, FollowsTheLinkThatAMountedVolumeSwaps) {
  namespace fs = std::filesystem;
  fs::create_directory(files.path() / "..one");
  fs::create_directory(files.path() / "..two");
  files.write("..one/m.yaml", namespace_text("one"));
  files.write("..two/m.yaml", namespace_text("two"));
  fs::create_directory_symlink("..one", files.path() / "..data");
  fs::create_symlink("..data/m.yaml", files.path() / "m.yaml");
  while (names_in(directory) != "a one ") ASSERT_TRUE(change(directory));
  fs::create_directory_symlink("..two", files.path() / "..next");
  fs::rename(files.path() / "..next", files.path() / "..data");
  while (names_in(directory) != "a two ") ASSERT_TRUE(change(directory));
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
  (void)directory.take_delta();
  files.remove("b.yaml");
  EXPECT_TRUE(change(directory));
  EXPECT_TRUE(controller::manifests::update(loaded, directory).routes);
  EXPECT_TRUE(loaded.diagnostics.empty());
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
