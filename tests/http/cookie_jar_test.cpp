#include <gtest/gtest.h>

#include <chrono>
#include <ostream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>
#include <weft/http/cookie_jar.hpp>

using namespace std::chrono_literals;

namespace {

using weft::http::cookie;
using weft::http::cookie_jar;
using weft::http::same_site;
using weft::http::url;
using weft::http::url_error;

constexpr cookie_jar::time_point now = std::chrono::sys_days{std::chrono::year{2026} / 11 / 21} + 9h;
const char* const base = "https://www.example.org/shop/cart";

/// What a request to `to` carries after `base` has set one cookie.
std::string sent(std::string_view set_cookie, const char* to = base, const char* from = base,
                 std::chrono::seconds later = 0s) {
  cookie_jar jar;
  const bool taken = jar.store(set_cookie, url{from}, now);
  EXPECT_TRUE(taken || jar.empty()) << set_cookie;
  return jar.header_for(url{to}, now + later);
}

struct case_of_one {
  const char* set_cookie;
  const char* to;
  const char* header;
};

std::ostream& operator<<(std::ostream& out, const case_of_one& each) {
  return out << each.set_cookie << " to " << each.to;
}

class CookieJarTable : public ::testing::TestWithParam<case_of_one> {};

TEST_P(CookieJarTable, SendsWhatItShould) { EXPECT_EQ(sent(GetParam().set_cookie, GetParam().to), GetParam().header); }

INSTANTIATE_TEST_SUITE_P(Pairs, CookieJarTable,
                         ::testing::Values(case_of_one{"a=b", base, "a=b"}, case_of_one{" a = b ", base, "a=b"},
                                           case_of_one{"a=\"b c\"", base, "a=\"b c\""},
                                           case_of_one{"a=b=c", base, "a=b=c"}, case_of_one{"a=", base, "a="},
                                           case_of_one{"a", base, "a"}, case_of_one{"=a", base, "a"},
                                           case_of_one{"", base, ""}, case_of_one{"=", base, ""},
                                           case_of_one{"; Path=/", base, ""}, case_of_one{"a=b, c=d", base, "a=b, c=d"},
                                           case_of_one{"a=b;c=d", base, "a=b"}, case_of_one{"a=b\tc", base, "a=b\tc"},
                                           case_of_one{"a=\x01", base, ""}, case_of_one{"a=b\r", base, ""},
                                           case_of_one{"a=b\x7f", base, ""}, case_of_one{"a=b; Foo=\x02", base, ""},
                                           case_of_one{"a=\xe4", base, "a=\xe4"}));

INSTANTIATE_TEST_SUITE_P(
    Domains, CookieJarTable,
    ::testing::Values(case_of_one{"a=b", "https://example.org/shop/", ""},
                      case_of_one{"a=b", "https://x.www.example.org/shop/", ""},
                      case_of_one{"a=b; Domain=example.org", "https://example.org/shop/", "a=b"},
                      case_of_one{"a=b; Domain=.Example.ORG", "https://x.y.example.org/shop/", "a=b"},
                      case_of_one{"a=b; Domain=example.org", "https://badexample.org/shop/", ""},
                      case_of_one{"a=b; Domain=x.www.example.org", "https://x.www.example.org/shop/", ""},
                      case_of_one{"a=b; Domain=example.com", base, ""}, case_of_one{"a=b; Domain=org", base, ""},
                      case_of_one{"a=b; Domain=.org", base, ""}, case_of_one{"a=b; Domain=ww.example.org", base, ""},
                      case_of_one{"a=b; Domain=example.org.", base, ""}, case_of_one{"a=b; Domain=", base, "a=b"},
                      case_of_one{"a=b; Domain=.", base, "a=b"},
                      case_of_one{"a=b; Domain=", "https://x.www.example.org/shop/", ""},
                      case_of_one{"a=b; Domain=example.com; Domain=example.org", base, "a=b"},
                      case_of_one{"a=b; Domain=example.org; Domain=example.com", base, ""}));

INSTANTIATE_TEST_SUITE_P(Paths, CookieJarTable,
                         ::testing::Values(case_of_one{"a=b", "https://www.example.org/shop", "a=b"},
                                           case_of_one{"a=b", "https://www.example.org/shop/x", "a=b"},
                                           case_of_one{"a=b", "https://www.example.org/shopping", ""},
                                           case_of_one{"a=b", "https://www.example.org/", ""},
                                           case_of_one{"a=b; Path=/", "https://www.example.org/x", "a=b"},
                                           case_of_one{"a=b; Path=x", "https://www.example.org/x", ""},
                                           case_of_one{"a=b; Path=x", base, "a=b"},
                                           case_of_one{"a=b; Path=/x/", "https://www.example.org/x", ""},
                                           case_of_one{"a=b; Path=/x/", "https://www.example.org/x/y", "a=b"},
                                           case_of_one{"a=b; Path=/x; Path", base, "a=b"},
                                           case_of_one{"a=b; Path=/; Path=/x", base, ""}));

INSTANTIATE_TEST_SUITE_P(Security, CookieJarTable,
                         ::testing::Values(case_of_one{"a=b; Secure", base, "a=b"},
                                           case_of_one{"a=b; Secure", "http://www.example.org/shop/", ""},
                                           case_of_one{"a=b; Secure", "wss://www.example.org/shop/", "a=b"},
                                           case_of_one{"a=b", "http://www.example.org/shop/", "a=b"},
                                           case_of_one{"a=b; HttpOnly", base, "a=b"},
                                           case_of_one{"a=b; SameSite=Strict", base, "a=b"},
                                           case_of_one{"a=b; SameSite=None", base, ""},
                                           case_of_one{"a=b; SameSite=None; Secure", base, "a=b"},
                                           case_of_one{"a=b; SameSite=Nonsense", base, "a=b"}));

INSTANTIATE_TEST_SUITE_P(Prefixes, CookieJarTable,
                         ::testing::Values(case_of_one{"__Secure-a=b", base, ""},
                                           case_of_one{"__Secure-a=b; Secure", base, "__Secure-a=b"},
                                           case_of_one{"__SECURE-a=b", base, ""},
                                           case_of_one{"__Host-a=b; Secure; Path=/", base, "__Host-a=b"},
                                           case_of_one{"__Host-a=b; Path=/", base, ""},
                                           case_of_one{"__Host-a=b; Secure", base, ""},
                                           case_of_one{"__Host-a=b; Secure; Path=/shop", base, ""},
                                           case_of_one{"__host-a=b; Secure; Path=/; Domain=www.example.org", base, ""},
                                           case_of_one{"__Host-a=b; Secure; Path=/; Domain=", base, "__Host-a=b"},
                                           case_of_one{"=__Secure-a=b", base, ""}, case_of_one{"__host-", base, ""},
                                           case_of_one{"__Host-a=b; Secure; Path=/; Domain=example.org", base, ""}));

TEST(CookieJar, TakesTheRootPathOnlyIfItIsGiven) {
  EXPECT_EQ(sent("__Host-a=b; Secure", "https://a.example/", "https://a.example/"), "");
  EXPECT_EQ(sent("__Host-a=b; Secure; Path=/", "https://a.example/", "https://a.example/"), "__Host-a=b");
}

TEST(CookieJar, RefusesSecureCookiesThatComeWithoutTls) {
  EXPECT_EQ(sent("a=b; Secure", base, "http://www.example.org/shop/"), "");
  EXPECT_EQ(sent("__Secure-a=b; Secure", base, "http://www.example.org/shop/"), "");
}

TEST(CookieJar, LeavesSecureCookiesAlone) {
  cookie_jar jar;
  ASSERT_TRUE(jar.store("id=1; Secure; Path=/login; Domain=example.org; Max-Age=100", url{base}, now));
  const url plain{"http://www.example.org/"};
  EXPECT_FALSE(jar.store("id=2; Path=/login", plain, now));
  EXPECT_FALSE(jar.store("id=2; Path=/login/deeper; Domain=example.org", plain, now));
  EXPECT_TRUE(jar.store("id=2; Path=/", plain, now)) << "not as deep: does not come before it";
  EXPECT_TRUE(jar.store("di=2; Path=/login", plain, now));
  EXPECT_TRUE(jar.store("id=2; Path=/login", url{"http://another.example/"}, now));
  EXPECT_TRUE(jar.store("id=2; Path=/login", url{"https://www.example.org/"}, now));
  EXPECT_TRUE(jar.store("id=2; Path=/login", plain, now + 100s)) << "it has expired";
}

TEST(CookieJar, KnowsPublicSuffixes) {
  EXPECT_EQ(sent("a=b; Domain=co.uk", "https://a.co.uk/", "https://a.co.uk/"), "");
  EXPECT_EQ(sent("a=b; Domain=github.io", "https://a.github.io/", "https://a.github.io/"), "");
  EXPECT_EQ(sent("a=b; Domain=a.co.uk", "https://b.a.co.uk/", "https://a.co.uk/"), "a=b");
  // Its own host may; then it is for that host alone.
  EXPECT_EQ(sent("a=b; Domain=github.io", "https://github.io/", "https://github.io/"), "a=b");
  EXPECT_EQ(sent("a=b; Domain=github.io", "https://a.github.io/", "https://github.io/"), "");
  EXPECT_EQ(sent("a=b; Domain=localhost", "http://localhost/", "http://localhost/"), "a=b");
}

TEST(CookieJar, GivesAddressesTheirOwnOnly) {
  EXPECT_EQ(sent("a=b", "http://127.0.0.1/", "http://127.0.0.1/"), "a=b");
  EXPECT_EQ(sent("a=b; Domain=127.0.0.1", "http://127.0.0.1:99/", "http://127.0.0.1/"), "a=b");
  EXPECT_EQ(sent("a=b; Domain=0.0.1", "http://127.0.0.1/", "http://127.0.0.1/"), "");
  EXPECT_EQ(sent("a=b", "http://[::1]/", "http://[::1]/"), "a=b");
}

TEST(CookieJar, ForgetsWhatHasExpired) {
  EXPECT_EQ(sent("a=b; Max-Age=60", base, base, 59s), "a=b");
  EXPECT_EQ(sent("a=b; Max-Age=60", base, base, 60s), "");
  EXPECT_EQ(sent("a=b; Max-Age=60; Expires=Thu, 01 Jan 1970 00:00:00 GMT", base, base, 59s), "a=b");
  EXPECT_EQ(sent("a=b; Expires=Sat, 21 Nov 2026 09:01:00 GMT", base, base, 59s), "a=b");
  EXPECT_EQ(sent("a=b; Expires=Sat, 21 Nov 2026 09:01:00 GMT", base, base, 60s), "");
  EXPECT_EQ(sent("a=b; Expires=Sat, 21 Nov 2020 09:01:00 GMT"), "");
  EXPECT_EQ(sent("a=b; Max-Age=0"), "");
  EXPECT_EQ(sent("a=b; Max-Age=-1"), "");
  EXPECT_EQ(sent("a=b", base, base, 24h * 1000), "a=b") << "of the session";
}

TEST(CookieJar, TakesNoMaxAgeThatIsNoNumber) {
  for (const char* age : {"", "x", "60x", "+60", "1.5", "60 60", "\"60\"", "- 1"})
    EXPECT_EQ(sent("a=b; Max-Age=" + std::string{age}, base, base, 24h * 1000), "a=b") << age;
  EXPECT_EQ(sent("a=b; Max-Age=60; Max-Age=x", base, base, 60s), "") << "the last that can be read";
  EXPECT_EQ(sent("a=b; Max-Age=60; Max-Age=90", base, base, 60s), "a=b");
}

TEST(CookieJar, KeepsNothingForMoreThan400Days) {
  for (const char* life : {"Max-Age=99999999999999999999999999", "Expires=Fri, 31 Dec 9999 23:59:59 GMT"}) {
    EXPECT_EQ(sent("a=b; " + std::string{life}, base, base, 24h * 400 - 1s), "a=b") << life;
    EXPECT_EQ(sent("a=b; " + std::string{life}, base, base, 24h * 400), "") << life;
  }
}

TEST(CookieJar, IsForHttpAndWebSocketsOnly) {
  EXPECT_EQ(sent("a=b; Path=/", "ws://a.example/", "http://a.example/"), "a=b");
  EXPECT_EQ(sent("a=b; Path=/", "http://a.example/", "ftp://a.example/"), "");
  EXPECT_EQ(sent("a=b; Path=/", "other://a.example/", "http://a.example/"), "");
}

TEST(CookieJar, RefusesMoreThan4096Bytes) {
  EXPECT_NE(sent("a=" + std::string(4095, 'x')), "");
  EXPECT_EQ(sent("a=" + std::string(4096, 'x')), "");
  EXPECT_EQ(sent(std::string(4000, 'n') + "=" + std::string(97, 'x')), "");
}

TEST(CookieJar, SkipsAttributesOfMoreThan1024Bytes) {
  EXPECT_EQ(sent("a=b; Path=/" + std::string(1023, 'x')), "");
  EXPECT_EQ(sent("a=b; Path=/" + std::string(1024, 'x')), "a=b");
}

TEST(CookieJar, ReplacesAndKeepsTheOldAge) {
  cookie_jar jar;
  ASSERT_TRUE(jar.store("a=1", url{base}, now));
  ASSERT_TRUE(jar.store("b=1", url{base}, now));
  ASSERT_TRUE(jar.store("a=2", url{base}, now));
  EXPECT_EQ(jar.header_for(url{base}, now), "a=2; b=1");
  ASSERT_TRUE(jar.store("a=3; Domain=www.example.org", url{base}, now));
  EXPECT_EQ(jar.header_for(url{base}, now), "a=2; b=1; a=3") << "one for the host only is another cookie";
  ASSERT_TRUE(jar.store("a=; Max-Age=0", url{base}, now));
  EXPECT_EQ(jar.header_for(url{base}, now), "b=1; a=3");
  EXPECT_EQ(jar.size(), 2U);
}

TEST(CookieJar, SendsLongerPathsFirst) {
  cookie_jar jar;
  for (const char* each : {"a=1; Path=/; Domain=example.org", "b=2; Path=/shop/cart", "c=3; Path=/shop", "d=4; Path=/"})
    ASSERT_TRUE(jar.store(each, url{base}, now));
  EXPECT_EQ(jar.header_for(url{base}, now), "b=2; c=3; a=1; d=4");
}

TEST(CookieJar, KeepsLimitsOfADomain) {
  cookie_jar jar{{.per_domain = 3}};
  ASSERT_TRUE(jar.store("s=0; Secure; Path=/", url{base}, now));
  for (const char* each : {"a=1; Path=/used", "b=2; Path=/", "c=3; Path=/"})
    ASSERT_TRUE(jar.store(each, url{base}, now));
  EXPECT_EQ(jar.size(), 3U);
  EXPECT_EQ(jar.header_for(url{"https://www.example.org/used"}, now), "s=0; b=2; c=3") << "secure ones stay longest";
  EXPECT_EQ(jar.header_for(url{"http://www.example.org/"}, now), "b=2; c=3");
  ASSERT_TRUE(jar.store("e=5; Path=/other; Max-Age=5", url{base}, now));
  EXPECT_EQ(jar.size(), 3U);
  ASSERT_TRUE(jar.store("f=6; Path=/", url{base}, now + 5s)) << "what has expired goes first";
  EXPECT_EQ(jar.header_for(url{"https://www.example.org/"}, now + 5s), "s=0; c=3; f=6");
}

TEST(CookieJar, DropsTheOneUsedLongestAgo) {
  cookie_jar jar{{.total = 2}};
  ASSERT_TRUE(jar.store("a=1", url{"http://a.example/"}, now));
  ASSERT_TRUE(jar.store("b=1", url{"http://b.example/"}, now));
  EXPECT_EQ(jar.header_for(url{"http://a.example/"}, now), "a=1");
  ASSERT_TRUE(jar.store("c=1", url{"http://c.example/"}, now));
  EXPECT_EQ(jar.size(), 2U);
  EXPECT_EQ(jar.header_for(url{"http://b.example/"}, now), "");
  EXPECT_EQ(jar.header_for(url{"http://a.example/"}, now), "a=1");
}

TEST(CookieJar, StandsCookiesByTheThousand) {
  cookie_jar jar;
  for (int i = 0; i < 5000; ++i) {
    const url from{"http://h" + std::to_string(i % 50) + ".example.org/"};
    ASSERT_TRUE(jar.store("c" + std::to_string(i) + "=" + std::string(100, 'x') + "; Domain=example.org", from, now));
  }
  EXPECT_EQ(jar.size(), 180U);
  EXPECT_LE(jar.header_for(url{"http://example.org/"}, now).size(), 8190U);
  for (int i = 0; i < 3000; ++i)
    ASSERT_TRUE(jar.store("c=1", url{"http://h" + std::to_string(i) + ".example.org/"}, now));
  EXPECT_EQ(jar.size(), 3000U);
}

TEST(CookieJar, LeavesOutWhatDoesNotFitTheHeader) {
  cookie_jar jar{{.header_bytes = 10}};
  for (const char* each : {"a=1", "b=2345678", "c=4", "d=5"}) ASSERT_TRUE(jar.store(each, url{base}, now));
  EXPECT_EQ(jar.header_for(url{base}, now), "a=1; c=4") << "9 bytes would not do for another";
}

TEST(CookieJar, MayKeepNothing) {
  cookie_jar none{{.per_domain = 0}};
  EXPECT_TRUE(none.store("a=1", url{base}, now));
  EXPECT_TRUE(none.empty());
  cookie_jar nothing{{.total = 0}};
  EXPECT_TRUE(nothing.store("a=1", url{base}, now));
  EXPECT_TRUE(nothing.empty());
}

TEST(CookieJar, EndsASession) {
  cookie_jar jar;
  for (const char* each : {"a=1", "b=2; Max-Age=10", "c=3; Max-Age=20"}) ASSERT_TRUE(jar.store(each, url{base}, now));
  jar.end_session();
  EXPECT_EQ(jar.header_for(url{base}, now), "b=2; c=3");
  jar.remove_expired(now + 10s);
  EXPECT_EQ(jar.size(), 1U);
  jar.clear();
  EXPECT_TRUE(jar.empty());
  EXPECT_TRUE(jar.all().empty());
}

TEST(CookieJar, GivesWhatItHas) {
  cookie_jar jar;
  ASSERT_TRUE(jar.store("a=1; Domain=example.org; HttpOnly; Secure; SameSite=Lax; Max-Age=60", url{base}, now));
  const cookie expected{.name = "a",
                        .value = "1",
                        .domain = "example.org",
                        .path = "/shop",
                        .expires = std::chrono::floor<std::chrono::seconds>(now + 60s),
                        .host_only = false,
                        .secure = true,
                        .http_only = true,
                        .same_site = same_site::lax};
  EXPECT_EQ(jar.all(), std::vector{expected});
}

std::string refusal(cookie one) {
  cookie_jar jar;
  try {
    jar.add(std::move(one), now);
  } catch (const url_error&) {
    return "no host";
  } catch (const std::invalid_argument& error) {
    EXPECT_TRUE(jar.empty());
    return error.what();
  }
  return "added";
}

TEST(CookieJar, TakesCookiesByHand) {
  cookie_jar jar;
  jar.add({.name = "a",
           .value = "1",
           .domain = "B\xc3\xbc"
                     "cher.example",
           .host_only = false},
          now);
  EXPECT_EQ(jar.header_for(url{"http://www.b\xc3\xbc"
                               "cher.example/x"},
                           now),
            "a=1");
  jar.add({.name = "a", .value = "2", .domain = "xn--bcher-kva.example", .host_only = false}, now);
  EXPECT_EQ(jar.header_for(url{"http://www.b\xc3\xbc"
                               "cher.example/x"},
                           now),
            "a=2");

  EXPECT_EQ(refusal({.domain = "a.example"}), "bad cookie \"\": neither name nor value");
  EXPECT_EQ(refusal({.name = "a"}), "bad cookie \"a\": no domain, or a dot before it");
  EXPECT_EQ(refusal({.name = "a", .domain = ".a.example"}), "bad cookie \"a\": no domain, or a dot before it");
  EXPECT_EQ(refusal({.name = "a\n", .domain = "a.example"}), "bad cookie \"a\\n\": control byte in its name or value");
  EXPECT_EQ(refusal({.name = "a", .value = "b;c", .domain = "a.example"}),
            "bad cookie \"a\": semicolon in its name or value");
  EXPECT_EQ(refusal({.name = "a", .value = " b", .domain = "a.example"}),
            "bad cookie \"a\": spaces around its name or value");
  EXPECT_EQ(refusal({.name = "a=b", .domain = "a.example"}), "bad cookie \"a=b\": = in its name");
  EXPECT_EQ(refusal({.name = "a", .domain = "a.example", .path = "x"}),
            "bad cookie \"a\": its path does not begin with /");
  EXPECT_EQ(refusal({.name = "a", .domain = "a.example", .path = "/\n"}), "bad cookie \"a\": control byte in its path");
  EXPECT_EQ(refusal({.name = "a", .value = std::string(4096, 'x'), .domain = "a.example"}),
            "bad cookie \"a\": name and value have more than 4096 bytes");
  for (const char* domain : {"xn--\x80.example", "a b", "a/b", "#a", "a:1", "[::1", "256.0.0.1"})
    EXPECT_EQ(refusal({.name = "a", .domain = domain}), "no host") << domain;
  jar.add({.name = "b", .value = "3", .domain = "0x7f.1"}, now);
  EXPECT_EQ(jar.header_for(url{"http://127.0.0.1/"}, now), "b=3");
}

}  // namespace
