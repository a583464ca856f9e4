#include "routing/diagnostic.hpp"
#include "routing/printable.hpp"

#include <gtest/gtest.h>

namespace routing {
namespace {

TEST(Printable, EscapesWhatATerminalOrALogWouldObey) {
  EXPECT_EQ(printable("plain \\d text"), "plain \\d text");
  EXPECT_EQ(printable("a\nb\x1b[31m\x7f"), "a\\x0ab\\x1b[31m\\x7f");
  EXPECT_EQ(printable("caf\xc3\xa9"), "caf\xc3\xa9");
  EXPECT_EQ(printable("\xff\xc3"), "\\xff\\xc3");
  EXPECT_EQ(printable("\xc2\x9b"), "\\xc2\\x9b");
  EXPECT_EQ(printable("\xe2\x80\xae"), "\\xe2\\x80\\xae");
}

TEST(Printable, ADiagnosticIsOneLineWhateverTheObjectSays) {
  EXPECT_EQ(to_line({"Ingress", "a\nb", "web", "x", "says \"\x1b\xff\""}), "Ingress a\\x0ab/web: x: says \"\\x1b\\xff\"");
}

}  // namespace
}  // namespace routing
