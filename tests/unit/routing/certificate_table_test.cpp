#include "routing/certificate_table.hpp"

#include <gtest/gtest.h>

namespace routing {
namespace {

std::shared_ptr<const tls::Certificate> make_certificate() { return *tls::Certificate::self_signed(); }

TEST(CertificateTable, FindsByDeclaredNameElseTheFallback) {
  CertificateTable table;
  table.fallback = make_certificate();
  table.entries = {{"a.example.com", "shop/a", make_certificate()}, {"*.example.com", "shop/w", make_certificate()}, {"lost.org", "shop/x", nullptr}};
  for (std::uint32_t i = 0; i < table.entries.size(); ++i) ASSERT_TRUE(table.index.insert(table.entries[i].host, i));

  EXPECT_EQ(table.find("a.example.com"), table.entries[0].certificate.get());
  EXPECT_EQ(table.find("b.example.com"), table.entries[1].certificate.get());
  EXPECT_EQ(table.find("x.b.example.com"), table.fallback.get());
  EXPECT_EQ(table.find(""), table.fallback.get());
  EXPECT_EQ(table.find_declared("x.b.example.com"), nullptr);
  EXPECT_EQ(table.find_declared(""), nullptr);
  EXPECT_EQ(table.find_declared("lost.org"), table.fallback.get());
}

}  // namespace
}  // namespace routing
