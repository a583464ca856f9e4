#include "controller/manifests/file.hpp"

#include "controller/manifests/decode_document.hpp"
#include "controller/manifests/yaml.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <functional>
#include <thread>
#include <unordered_map>

namespace controller::manifests {

namespace {

constexpr std::uint32_t fresh_document = UINT32_MAX;

std::int64_t nanoseconds(const timespec& time) { return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec; }

class Descriptor {
 public:
  explicit Descriptor(const std::filesystem::path& path) : fd_(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  [[nodiscard]] int get() const noexcept { return fd_; }

 private:
  int fd_;
};

// The documents that are left of the file as it was, each to be found once by its text. Mostly each is where it was.
class Known {
 public:
  explicit Known(const std::vector<Document>& documents) : documents_(documents), is_used_(documents.size()) {}

  // Index of a document with that text, or fresh_document.
  std::uint32_t take(std::uint64_t hash, std::size_t bytes) {
    std::uint32_t at = next_++;  // when it is not there: edited in its place, most likely
    if (!is_free(at, hash, bytes)) {
      if (by_hash_.empty())
        for (std::uint32_t i = 0; i < documents_.size(); ++i) by_hash_.emplace(documents_[i].text_hash, i);
      const auto found = by_hash_.find(hash);
      if (found == by_hash_.end() || !is_free(found->second, hash, bytes)) return fresh_document;
      at = found->second;
      next_ = at + 1;
    }
    is_used_[at] = true;
    return at;
  }

 private:
  [[nodiscard]] bool is_free(std::uint32_t at, std::uint64_t hash, std::size_t bytes) const {
    return at < documents_.size() && !is_used_[at] && documents_[at].text_hash == hash && documents_[at].text_bytes == bytes;
  }

  const std::vector<Document>& documents_;
  std::vector<bool> is_used_;
  std::unordered_map<std::uint64_t, std::uint32_t> by_hash_;  // made when the first is not in its place
  std::uint32_t next_ = 0;
};

struct Job {
  DocumentText text;
  Document* document = nullptr;
  DecodeError error;
};

// Documents do not depend on each other, and decoding them is what a start with many objects consists of.
void decode_all(std::vector<Job>& jobs, const DecodeContext& context, unsigned threads) {
  std::atomic<std::size_t> next{0};
  const auto work = [&] {
    for (std::size_t i = next++; i < jobs.size(); i = next++) jobs[i].error = decode_document(jobs[i].text, context, *jobs[i].document);
  };
  std::vector<std::thread> others;
  const std::size_t wanted = std::min<std::size_t>(threads, jobs.size() / File::documents_per_thread + 1);
  for (std::size_t i = 1; i < wanted; ++i) others.emplace_back(work);
  work();
  for (auto& thread : others) thread.join();
}

// Hands out the file in pieces that end where a document does. `take(piece, first line)` returns false to stop.
template <typename Take>
bool each_window(int fd, Take take) {
  std::string buffer;
  std::size_t line = 1;
  for (std::size_t room = File::window_bytes; true;) {
    const std::size_t before = buffer.size();
    if (before >= File::max_bytes) return errno = EFBIG, false;
    buffer.resize(before + room);
    const ssize_t bytes = ::read(fd, buffer.data() + before, room);
    buffer.resize(before + static_cast<std::size_t>(std::max<ssize_t>(bytes, 0)));
    if (bytes < 0 && errno == EINTR) continue;
    if (bytes < 0) return false;
    if (bytes == 0) return buffer.empty() || take(std::string_view{buffer}, line), errno = 0, true;
    const std::size_t cut = last_document_start(buffer);
    if (cut == std::string_view::npos) {
      room = std::max(File::window_bytes, buffer.size());
      continue;
    }
    const std::string_view piece = std::string_view{buffer}.substr(0, cut);
    if (!take(piece, line)) return errno = 0, true;
    line += count_lines(piece);
    buffer.erase(0, cut);
    room = File::window_bytes;
  }
}

}  // namespace

bool identify_file(const std::filesystem::path& path, FileIdentity& identity) {
  struct stat status{};
  errno = 0;
  if (::stat(path.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) return false;
  identity = {status.st_dev, status.st_ino, status.st_size, nanoseconds(status.st_mtim), nanoseconds(status.st_ctim)};
  return true;
}

void File::refuse(const std::string& shown, std::string field, std::string reason) {
  diagnostics_ = {{"File", "", shown, std::move(field), std::move(reason), routing::Severity::refused}};
}

void File::refuse_unread(const std::string& shown, int error) {
  refuse(shown, "file", fmt::format("cannot be read: {}; the objects it last held stay in force, and it is tried again", std::strerror(error)));
  is_unread_ = true;
  is_settled_ = false;
}

bool File::read(const std::filesystem::path& path, const std::string& shown, Trust trust, unsigned threads, Delta& delta) {
  FileIdentity found;
  if (!identify_file(path, found)) {
    const int error = errno;
    if (error == 0 || error == ENOENT || error == ENOTDIR) return false;
    return refuse_unread(shown, error), true;
  }
  if (trust == Trust::identity && is_settled_ && found == identity_) return true;
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  const std::int64_t young = nanoseconds(now) - std::chrono::nanoseconds{settle_time}.count();
  identity_ = found;
  is_unread_ = false;
  is_settled_ = found.modified_ns < young && found.changed_ns < young;
  if (static_cast<std::size_t>(found.bytes) > max_bytes) return refuse(shown, "size", "larger than 256 MiB; the objects it last held stay in force"), true;
  const Descriptor file{path};
  if (file.get() < 0) return refuse_unread(shown, errno), true;

  Known known{documents_};
  std::vector<Document> fresh;
  std::vector<std::uint32_t> kept_from;
  DecodeError error;
  const DecodeContext context{shown, documents_};
  const auto take = [&](std::string_view piece, std::size_t first_line) {
    std::vector<Job> jobs;
    for (const DocumentText& part : split_documents(piece, first_line)) {
      const std::uint64_t hash = std::hash<std::string_view>{}(part.text);
      kept_from.push_back(known.take(hash, part.text.size()));
      if (kept_from.back() != fresh_document) continue;
      fresh.push_back({hash, part.text.size(), {}, nullptr});
      jobs.push_back({part, nullptr, {}});
    }
    for (std::size_t i = 0; i < jobs.size(); ++i) jobs[i].document = &fresh[fresh.size() - jobs.size() + i];
    decode_all(jobs, context, threads);
    const auto failed = std::find_if(jobs.begin(), jobs.end(), [](const Job& job) { return !job.error.text.empty(); });
    if (failed != jobs.end()) error = failed->error;
    return failed == jobs.end();
  };
  if (!each_window(file.get(), take)) return refuse_unread(shown, errno), true;
  if (!error.text.empty())
    return refuse(shown, fmt::format("line {}", error.line), error.text + "; nothing new of this file is taken until it parses, what it held before stays in force"), true;
  diagnostics_.clear();
  commit(fresh, kept_from, delta);
  return true;
}

void File::commit(std::vector<Document>& fresh, const std::vector<std::uint32_t>& kept_from, Delta& delta) {
  std::vector<Document> documents;
  documents.reserve(kept_from.size());
  std::vector<bool> is_kept(documents_.size());
  auto next_fresh = fresh.begin();
  std::uint32_t last = 0;
  for (const std::uint32_t from : kept_from) {
    if (from == fresh_document) {
      documents.push_back(std::move(*next_fresh++));
      delta.added.insert(delta.added.end(), documents.back().objects.begin(), documents.back().objects.end());
      continue;
    }
    delta.is_reordered = delta.is_reordered || from < last;
    last = from;
    is_kept[from] = true;
    documents.push_back(std::move(documents_[from]));
  }
  for (std::size_t i = 0; i < documents_.size(); ++i)
    if (!is_kept[i]) delta.removed.insert(delta.removed.end(), documents_[i].objects.begin(), documents_[i].objects.end());
  documents_ = std::move(documents);
}

}  // namespace controller::manifests
