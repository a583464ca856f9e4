#include "controller/kube/api/file_text.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace controller::kube {

std::optional<std::string> read_text(const std::filesystem::path& file, std::string& error) {
  const int fd = ::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  std::string text;
  char piece[16 * 1024];
  ssize_t got = fd < 0 ? -1 : 1;
  while (got > 0 && text.size() <= max_file_bytes) {
    got = ::read(fd, piece, sizeof piece);
    if (got > 0) text.append(piece, static_cast<std::size_t>(got));
  }
  const int code = errno;
  if (fd >= 0) ::close(fd);
  if (got < 0) error = fmt::format("{}: {}", file.string(), std::generic_category().message(code));
  else if (text.size() > max_file_bytes) error = fmt::format("{}: larger than {} MiB", file.string(), max_file_bytes >> 20);
  else return text;
  return {};
}

}  // namespace controller::kube
