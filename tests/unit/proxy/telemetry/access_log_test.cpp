// Lines reach their descriptor whole or are counted as lost; a reader that does not read stops nobody.
#include "proxy/telemetry/access_log.hpp"

#include <gtest/gtest.h>

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace proxy::telemetry {
namespace {

const LogFormat& format() {
  static const LogFormat made = LogFormat::compile("<$request_uri>", routing::LogEscape::none);
  return made;
}

void append(AccessLog& log, std::string_view text) {
  ExchangeRecord record;
  record.target = text;
  log.append(format(), record);
}

// Two ends that block, as a program's standard output does.
struct Ends {
  int reader = -1, writer = -1;
  Ends(Ends&& other) noexcept : reader(std::exchange(other.reader, -1)), writer(std::exchange(other.writer, -1)) {}
  static Ends pipe() { return Ends{[](int* fds) { return ::pipe2(fds, O_CLOEXEC); }}; }
  static Ends socket() { return Ends{[](int* fds) { return ::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds); }}; }
  ~Ends() {
    close_reader();
    close_writer();
  }
  void close_reader() { if (reader >= 0) ::close(std::exchange(reader, -1)); }
  void close_writer() { if (writer >= 0) ::close(std::exchange(writer, -1)); }

  std::string read_all() {  // until the writer is closed, or until there is no more where the reader does not block
    std::string all;
    char bytes[8192];
    for (ssize_t n; (n = ::read(reader, bytes, sizeof bytes)) > 0;) all.append(bytes, static_cast<std::size_t>(n));
    return all;
  }

 private:
  template <typename Make>
  explicit Ends(Make make) {
    int fds[2] = {-1, -1};
    EXPECT_EQ(make(fds), 0);
    reader = fds[0];
    writer = fds[1];
  }
};

// Lines of ours are '<', one letter again and again, '>'. What stands behind the last newline is not looked at.
std::size_t count_whole_lines(std::string_view text) {
  std::size_t lines = 0;
  for (std::size_t end; (end = text.find('\n')) != std::string_view::npos; text.remove_prefix(end + 1), ++lines) {
    const std::string_view line = text.substr(0, end);
    const bool is_whole = line.size() > 2 && line.front() == '<' && line.back() == '>' && line.find_first_not_of(line[1], 1) == line.size() - 1;
    EXPECT_TRUE(is_whole) << line.substr(0, 200);
  }
  return lines;
}

TEST(AccessLog, GathersUntilItIsFlushed) {
  Ends ends = Ends::pipe();
  AccessLog log{ends.writer};
  append(log, "a");
  append(log, "b");
  EXPECT_EQ(::fcntl(ends.reader, F_SETFL, O_NONBLOCK), 0);
  EXPECT_EQ(ends.read_all(), "");
  log.flush();
  EXPECT_EQ(ends.read_all(), "<a>\n<b>\n");
  EXPECT_EQ(log.lost(), 0U);
}

TEST(AccessLog, WritesWhatIsGatheredAtItsEnd) {
  Ends ends = Ends::pipe();
  {
    AccessLog log{ends.writer};
    append(log, "a");
  }
  ends.close_writer();
  EXPECT_EQ(ends.read_all(), "<a>\n");
}

// Taken by whoever reads; there is no more room behind it.
void fill(int fd) {
  const int flags = ::fcntl(fd, F_GETFL);
  ASSERT_EQ(::fcntl(fd, F_SETFL, flags | O_NONBLOCK), 0);
  const std::string line = "<" + std::string(4093, 'f') + ">\n";
  while (::write(fd, line.data(), line.size()) > 0) {
  }
  ASSERT_EQ(::fcntl(fd, F_SETFL, flags), 0);
}

TEST(AccessLog, WaitsForABusyReaderWithItsLastLinesAlone) {
  Ends ends = Ends::pipe();
  AccessLog log{ends.writer};
  fill(ends.writer);
  append(log, "a");
  log.flush();
  EXPECT_EQ(log.lost(), 1U);
  append(log, "b");
  std::string all;
  std::thread reader{[&] { all = ends.read_all(); }};
  log.finish();
  EXPECT_EQ(log.lost(), 1U);
  ends.close_writer();
  reader.join();
  EXPECT_TRUE(all.ends_with("\n<b>\n")) << all.size();
}

void expect_lost_lines_are_counted(Ends ends) {
  constexpr std::size_t lines = 20'000;
  const std::string text(200, 'x');
  std::uint64_t lost = 0;
  {
    AccessLog log{ends.writer};
    for (std::size_t i = 0; i < lines; ++i) append(log, text);  // would hang here
    log.flush();
    lost = log.lost();
  }
  ends.close_writer();
  const std::string all = ends.read_all();
  const std::size_t begun = all.ends_with('\n') ? 0 : 1;
  EXPECT_GT(lost, 0U);
  EXPECT_EQ(count_whole_lines(all) + begun + lost, lines);
}

TEST(AccessLog, LosesLinesRatherThanWaitForThePipesReader) { expect_lost_lines_are_counted(Ends::pipe()); }

TEST(AccessLog, LosesLinesRatherThanWaitForTheSocketsReader) { expect_lost_lines_are_counted(Ends::socket()); }

TEST(AccessLog, LosesAllLinesOfAReaderThatIsGone) {
  std::signal(SIGPIPE, SIG_IGN);  // as the program does
  Ends ends = Ends::pipe();
  ends.close_reader();
  AccessLog log{ends.writer};
  append(log, "a");
  append(log, "b");
  log.flush();
  EXPECT_EQ(log.lost(), 2U);
}

TEST(AccessLog, CompletesALineThatWasCutShortBeforeAnyOther) {
  Ends ends = Ends::pipe();
  AccessLog first{ends.writer}, second{ends.writer};
  const std::string text(60'000, 'a');
  while (first.lost() == 0) append(first, text);
  first.flush();
  ASSERT_EQ(::fcntl(ends.reader, F_SETFL, O_NONBLOCK), 0);
  std::string all = ends.read_all();
  ASSERT_FALSE(all.ends_with('\n'));
  append(second, "b");
  second.flush();
  all += ends.read_all();
  count_whole_lines(all);
  EXPECT_TRUE(all.ends_with("a>\n<b>\n"));
}

TEST(AccessLog, KeepsLinesOfSeveralWorkersWholeHoweverTheyAreRead) {
  Ends ends = Ends::pipe();
  constexpr std::size_t workers = 4, lines = 5'000;
  std::string all;
  std::thread reader{[&] { all = ends.read_all(); }};
  std::vector<std::uint64_t> lost(workers);
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < workers; ++i) {
    threads.emplace_back([&, i] {
      AccessLog log{ends.writer};
      const std::string text(20 + 1500 * i, static_cast<char>('a' + i));
      for (std::size_t n = 0; n < lines; ++n) append(log, text);
      log.flush();
      lost[i] = log.lost();
    });
  }
  for (std::thread& thread : threads) thread.join();
  ends.close_writer();
  reader.join();
  std::uint64_t sum = count_whole_lines(all) + (all.ends_with('\n') ? 0 : 1);
  for (const std::uint64_t n : lost) sum += n;
  EXPECT_EQ(sum, workers * lines);
}

}  // namespace
}  // namespace proxy::telemetry
