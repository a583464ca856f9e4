#include "routing/diagnostic.hpp"

#include <gtest/gtest.h>

namespace routing {
namespace {

TEST(Diagnostic, LineNamesObjectFieldAndReason) {
  EXPECT_EQ(to_line({"Ingress", "shop", "web", "spec.rules[0].host", "not a host name"}),
            "Ingress shop/web: spec.rules[0].host: not a host name");
  EXPECT_EQ(to_line({"File", "", "a.yaml", "", "line 3: tab"}), "File a.yaml: line 3: tab");
}

}  // namespace
}  // namespace routing
