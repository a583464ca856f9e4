#include "controller/annotations/snippets.hpp"

#include <gtest/gtest.h>

using controller::annotations::first_guarding_directive;

TEST(Snippets, WhatShapesAnswersGuardsNothing) {
  for (const auto text : {"", "more_set_headers \"X: deny all; return 403;\";", "add_header X 'y; deny all;' always;\nproxy_set_header A $b;", "# deny all;\nexpires 1y;",
                          "location ~* \\.(js|css)$ { expires 1y; }", "if ($request_uri ~* \\.(js|gif|jpe?g)) {\n  expires 1M;\n}", "proxy_cache c;",
                          "map $http_x $y { default 0; deny 1; }\ngzip on;", "server { listen 1; location / { deny all; } }", "gzip on"})
    EXPECT_EQ(first_guarding_directive(text), "") << text;
}

TEST(Snippets, WhatMayDecideWhoGetsInIsNamed) {
  EXPECT_EQ(first_guarding_directive("deny all;"), "deny");
  EXPECT_EQ(first_guarding_directive("add_header A b; auth_basic \"x\";"), "auth_basic");
  EXPECT_EQ(first_guarding_directive("if ($bad) { return 403; }"), "return");
  EXPECT_EQ(first_guarding_directive("if ($bad){return 403;}"), "return");
  EXPECT_EQ(first_guarding_directive("location ~ ^/(ping|ready) {\n  allow 10.0.0.0/8;\n}"), "allow");
  EXPECT_EQ(first_guarding_directive("include snippets/auth.conf;"), "include");
  EXPECT_EQ(first_guarding_directive("access_by_lua_block { ngx.exit(403) }"), "access_by_lua_block");
  EXPECT_EQ(first_guarding_directive("map $a $b { default 0; } deny all;"), "deny");
  EXPECT_EQ(first_guarding_directive("?"), "?");
}

TEST(Snippets, TextThatEndsAnywhereIsRead) {
  const std::string text = "map $a \"b\\\" { x 1; } location \\{ '; # { deny";
  for (std::size_t i = 0; i <= text.size(); ++i) (void)first_guarding_directive(text.substr(0, i));
}
