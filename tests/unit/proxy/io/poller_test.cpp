#include "proxy/io/poller.hpp"

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include <string>
#include <unistd.h>

namespace proxy::io {
namespace {

struct Noted final : Pollable {
  Noted(char name, std::string& events) : name_(name), events_(events) {}
  void on_events(std::uint32_t) override { events_.push_back(name_); }

  char name_;
  std::string& events_;
};

TEST(Poller, HandlesThoseThatGoFirstBeforeTheOthersOfABatch) {
  std::string events;
  Noted client{'c', events}, idle{'i', events};
  idle.goes_first = true;
  int one[2], other[2];
  ASSERT_EQ(::pipe(one), 0);
  ASSERT_EQ(::pipe(other), 0);
  boost::asio::io_context context;
  Poller poller{context, [] {}, [&context] { context.stop(); }};
  ASSERT_EQ(::write(one[1], "x", 1), 1);  // ready before the other
  ASSERT_TRUE(poller.add(one[0], client));
  ASSERT_EQ(::write(other[1], "x", 1), 1);
  ASSERT_TRUE(poller.add(other[0], idle));
  poller.start();
  context.run();
  EXPECT_EQ(events, "ic");
  for (const int fd : {one[0], one[1], other[0], other[1]}) ::close(fd);
}

}  // namespace
}  // namespace proxy::io
