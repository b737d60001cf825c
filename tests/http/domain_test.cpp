#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <weft/http/domain.hpp>
#include <weft/http/url.hpp>

namespace {

using weft::http::domain_to_ascii;
using weft::http::domain_to_unicode;
using weft::http::is_public_suffix;
using weft::http::registrable_domain;
using weft::http::url_error;

struct name_case {
  std::string_view given;
  std::string_view ascii;  // empty if it is refused
};

class Domain : public ::testing::TestWithParam<name_case> {};

TEST_P(Domain, IsEncodedAsBrowsersDo) {
  const auto [given, ascii] = GetParam();
  if (ascii.empty()) {
    EXPECT_THROW((void)domain_to_ascii(given), url_error);
    return;
  }
  EXPECT_EQ(domain_to_ascii(given), ascii);
  EXPECT_EQ(domain_to_ascii(ascii), ascii);
  EXPECT_EQ(domain_to_ascii(domain_to_unicode(ascii)), ascii);
}

INSTANTIATE_TEST_SUITE_P(Ascii, Domain,
                         ::testing::Values(name_case{"Example.ORG", "example.org"},
                                           name_case{"-a-.b--c.under_score", "-a-.b--c.under_score"},
                                           name_case{"a..b.", "a..b."}, name_case{"XN--Bcher-KVA", "xn--bcher-kva"},
                                           name_case{"xn--", ""}, name_case{"xn--a", ""}, name_case{"xn--zzz-", ""}));
INSTANTIATE_TEST_SUITE_P(Mapped, Domain,
                         ::testing::Values(name_case{"B\u00dcCHER.\u00e4", "xn--bcher-kva.xn--4ca"},
                                           name_case{"u\u0308", "xn--tda"},  // composed
                                           name_case{"fa\u00df.de", "xn--fa-hia.de"}, name_case{"\u1e9e", "ss"},
                                           name_case{"a\u00adb\u200b", "ab"}, name_case{"a\u3002b\uff0ec", "a.b.c"},
                                           name_case{"\uff27\uff4f.com", "go.com"}));
INSTANTIATE_TEST_SUITE_P(
    Symbols, Domain,
    ::testing::Values(name_case{"\u2603.net", "xn--n3h.net"}, name_case{"XN--N3H.net", "xn--n3h.net"},
                      name_case{"I\u2764\ufe0f.ws", "xn--i-7iq.ws"}, name_case{"\U0001f4a9\u3002la", "xn--ls8h.la"},
                      name_case{"\u2603-\u2318.\u00fc", "xn----dqo34k.xn--tda"}, name_case{"-\u00fc", "xn----eha"},
                      name_case{"ab--\u00fc", "xn--ab---3ra"}, name_case{"ab--c.\u00fc", "ab--c.xn--tda"},
                      name_case{"\u2603\u202e", ""}, name_case{"xn--n3h-", ""}, name_case{"\u2603.xn--a", ""}));
INSTANTIATE_TEST_SUITE_P(Checked, Domain,
                         ::testing::Values(name_case{"\u05d0\u05d1.x", "xn--4dbc.x"}, name_case{"a\u05d0", ""},  // bidi
                                           name_case{"xn--a-yoc", ""}, name_case{"a\u200cb", ""},  // joiner
                                           name_case{"\u0301a", ""}, name_case{"\ufdd0", ""}, name_case{"\u00ad", ""},
                                           name_case{"\xff", ""}, name_case{"\xc3", ""},
                                           name_case{std::string_view{"\xc3\xbc\0a", 4}, ""}));

TEST(Domain, RefusesWhatIsMuchTooLong) {
  const std::string long_label(70, 'a');
  EXPECT_EQ(domain_to_ascii(long_label), long_label) << "no name of this length is found, but it is one";
  EXPECT_THROW((void)domain_to_ascii(long_label + "\u00fc"), url_error);
  EXPECT_THROW((void)domain_to_ascii(std::string(70, '-') + "\u2603"), url_error);
  std::string symbols = "\u2603";  // xn--n3h
  for (int i = 0; i < 123; ++i) symbols += ".a";
  for (const char* root : {"", "."}) {
    const std::string longest = domain_to_ascii(symbols + root);
    EXPECT_EQ(longest.size(), 253 + std::string_view{root}.size());
    EXPECT_EQ(domain_to_ascii(longest), longest);
    EXPECT_THROW((void)domain_to_ascii(symbols + "a" + root), url_error);
  }
  std::string endless;
  for (int i = 0; i < 100'000; ++i) endless += "\u2603";
  EXPECT_THROW((void)domain_to_ascii(endless), url_error);
}

TEST(PublicSuffix, IsWhereAnybodyRegisters) {
  for (const char* host : {"com", "co.uk", "github.io", "uk.", "unknown", "xn--55qx5d.cn"})
    EXPECT_TRUE(is_public_suffix(host)) << host;
  for (const char* host : {"example.com", "a.co.uk", "x.github.io", "a.unknown", "127.0.0.1", "[::1]", ""})
    EXPECT_FALSE(is_public_suffix(host)) << host;
}

TEST(RegistrableDomain, IsTheSite) {
  EXPECT_EQ(registrable_domain("example.com"), "example.com");
  EXPECT_EQ(registrable_domain("a.b.example.co.uk"), "example.co.uk");
  EXPECT_EQ(registrable_domain("a.b.example.co.uk."), "example.co.uk.");
  EXPECT_EQ(registrable_domain("a.me.github.io"), "me.github.io");
  EXPECT_EQ(registrable_domain("a.b.unknown"), "b.unknown");
  EXPECT_EQ(registrable_domain("www.xn--85x722f.xn--55qx5d.cn"), "xn--85x722f.xn--55qx5d.cn");
  for (const char* host : {"com", "co.uk", "localhost", "127.0.0.1", "[::1]", "", "."})
    EXPECT_EQ(registrable_domain(host), std::nullopt) << host;
}

}  // namespace
