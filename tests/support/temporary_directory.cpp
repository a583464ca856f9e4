#include "tests/support/temporary_directory.hpp"

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace support {
namespace fs = std::filesystem;

TemporaryDirectory::TemporaryDirectory() {
  auto pattern = (fs::temp_directory_path() / "weir-test-XXXXXX").string();
  if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("cannot make a temporary directory");
  path_ = pattern;
}

TemporaryDirectory::~TemporaryDirectory() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

void TemporaryDirectory::write(const std::string& name, std::string_view text) const {
  const auto target = path_ / name;
  fs::create_directories(target.parent_path());
  const auto draft = target.parent_path() / (target.filename().string() + ".draft");  // no ending that Weir reads
  std::ofstream(draft, std::ios::binary) << text;
  fs::rename(draft, target);
}

void TemporaryDirectory::remove(const std::string& name) const { fs::remove(path_ / name); }

std::string read_repository_file(const std::string& relative_path) {
  const std::ifstream file(fs::path(WEIR_SOURCE_DIRECTORY) / relative_path, std::ios::binary);
  if (!file) throw std::runtime_error("cannot read " + relative_path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

}  // namespace support
