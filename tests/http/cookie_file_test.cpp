#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <weft/http/cookie_jar.hpp>

using namespace std::chrono_literals;

namespace {

using weft::http::cookie_jar;
using weft::http::url;

constexpr cookie_jar::time_point now = std::chrono::sys_days{std::chrono::year{2026} / 11 / 21} + 9h;
constexpr std::string_view header =
    "# Netscape HTTP Cookie File\n# Written by weft. Edit it while no program uses it.\n\n";

TEST(CookieFile, IsWhatCurlWrites) {
  cookie_jar jar;
  const url from{"https://www.example.org/a/b"};
  for (const char* each :
       {"session=1", "all=2; Domain=example.org; Path=/; Max-Age=60", "s=3; Secure; HttpOnly; Max-Age=60",
        "empty=; Path=/", "nameless", "tab=a\tb", "left\tout=1", "path=1; Path=/left\tout", "soon=1; Max-Age=1"})
    ASSERT_TRUE(jar.store(each, from, now)) << each;
  EXPECT_EQ(jar.text(now + 1s), std::string{header} +
                                    ".example.org\tTRUE\t/\tFALSE\t1795251660\tall\t2\n"
                                    "www.example.org\tFALSE\t/a\tFALSE\t0\tsession\t1\n"
                                    "#HttpOnly_www.example.org\tFALSE\t/a\tTRUE\t1795251660\ts\t3\n"
                                    "www.example.org\tFALSE\t/\tFALSE\t0\tempty\t\n"
                                    "www.example.org\tFALSE\t/a\tFALSE\t0\t\tnameless\n"
                                    "www.example.org\tFALSE\t/a\tFALSE\t0\ttab\ta\tb\n");
  cookie_jar again;
  EXPECT_EQ(again.add_text(jar.text(now + 1s), now + 1s), 6U);
  EXPECT_EQ(again.text(now + 1s), jar.text(now + 1s));
}

TEST(CookieFile, IsReadAsOthersWriteIt) {
  cookie_jar jar;
  EXPECT_EQ(jar.add_text("# a comment\r\n"
                         "\r\n"
                         "example.org\tTRUE\t/\tFALSE\t0\ta\t1\r\n"
                         "www.example.org\tFALSE\t/\tFALSE\t0\tvalueless\r\n"
                         "#HttpOnly_.example.org\tTRUE\t/\ttrue\t1795251660\tb\t2",
                         now),
            3U);
  EXPECT_EQ(jar.header_for(url{"https://www.example.org/"}, now), "a=1; valueless=; b=2");
  EXPECT_EQ(jar.header_for(url{"http://x.www.example.org/"}, now), "a=1");
}

TEST(CookieFile, SkipsWhatIsNoCookie) {
  cookie_jar jar;
  for (const char* line : {
           "nonsense",
           "www.example.org\tFALSE\t/\tFALSE\t0",                           // too few fields
           "www.example.org FALSE / FALSE 0 a 1",                           // no tabs
           "www.example.org\tFALSE\t/\tFALSE\tsoon\ta\t1",                  // no time
           "www.example.org\tFALSE\t/\tFALSE\t12x\ta\t1",                   //
           "www.example.org\tFALSE\t/\tFALSE\t99999999999999999999\ta\t1",  // beyond all numbers
           "www.example.org\tFALSE\t/\tFALSE\t1600000000\ta\t1",            // expired
           "www.example.org\tFALSE\t/\tFALSE\t-1\ta\t1",                    //
           "www.example.org\tFALSE\tpath\tFALSE\t0\ta\t1",                  // no path
           "www.example.org\tFALSE\t/\tFALSE\t0\t\t",                       // neither name nor value
           "www.example.org\tFALSE\t/\tFALSE\t0\ta\t1;2",                   // would be two
           "www.example.org\tFALSE\t/\tFALSE\t0\ta\t1\x01",                 //
           ".org\tTRUE\t/\tFALSE\t0\ta\t1",                                 // public suffix
           ".CO.Uk\tTRUE\t/\tFALSE\t0\ta\t1",                               // the same in other letters
           ".b\xc3\xbc.co%2euk/x\tTRUE\t/\tFALSE\t0\ta\t1",                 // no host
           ".#HttpOnly_a.example\tFALSE\t/\tFALSE\t0\ta\t1",                // the same; written, it would be another
           "a b.example\tFALSE\t/\tFALSE\t0\ta\t1",                         //
           "1.2.3.256\tFALSE\t/\tFALSE\t0\ta\t1",                           //
           "\tFALSE\t/\tFALSE\t0\ta\t1",                                    // no domain
           "www.example.org\tFALSE\t/\tFALSE\t0\t__Secure-a\t1",            // not secure
           ".www.example.org\tTRUE\t/\tTRUE\t0\t__Host-a\t1",               // not for its host only
       }) {
    EXPECT_EQ(jar.add_text(line, now), 0U) << line;
  }
  EXPECT_TRUE(jar.empty());
}

TEST(CookieFile, KeepsTheLimits) {
  cookie_jar jar{{.per_domain = 2}};
  std::string text;
  for (int i = 0; i < 5; ++i) text += "a.example\tFALSE\t/\tFALSE\t9999999999\tc" + std::to_string(i) + "\t1\n";
  EXPECT_EQ(jar.add_text(text, now), 5U);
  EXPECT_EQ(jar.header_for(url{"http://a.example/"}, now), "c3=1; c4=1");
  EXPECT_EQ(jar.header_for(url{"http://a.example/"}, now + 24h * 401), "");
}

}  // namespace
