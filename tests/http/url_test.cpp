#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <weft/http/url.hpp>

namespace {

using weft::http::url;
using weft::http::url_error;

std::string parsed(std::string_view text) {
  const url result{text};
  EXPECT_EQ(url{result.str()}, result) << "not stable: " << result.str();
  return result.str();
}

std::string resolved(std::string_view base, std::string_view reference) { return url{reference, url{base}}.str(); }

std::string refusal(std::string_view text) {
  try {
    return "accepted as " + url{text}.str();
  } catch (const url_error& error) {
    return error.what();
  }
}

TEST(Url, GivesItsParts) {
  const url u{"https://ada:secret@example.org:8443/a/b;c?q=1&r=2#top"};
  EXPECT_EQ(u.scheme(), "https");
  EXPECT_EQ(u.username(), "ada");
  EXPECT_EQ(u.password(), "secret");
  EXPECT_EQ(u.host(), "example.org");
  EXPECT_EQ(u.host_without_brackets(), "example.org");
  EXPECT_EQ(u.port(), 8443);
  EXPECT_EQ(u.path(), "/a/b;c");
  EXPECT_EQ(u.query(), "q=1&r=2");
  EXPECT_EQ(u.fragment(), "top");
  EXPECT_EQ(u.target(), "/a/b;c?q=1&r=2");
  EXPECT_EQ(u.host_header(), "example.org:8443");
  EXPECT_EQ(u.origin(), "https://example.org:8443");
  EXPECT_EQ(u.str(), "https://ada:secret@example.org:8443/a/b;c?q=1&r=2#top");
}

TEST(Url, GivesWhatIsMissing) {
  const url u{"http://example.org"};
  EXPECT_EQ(u.username(), "");
  EXPECT_EQ(u.password(), "");
  EXPECT_EQ(u.port(), 80);
  EXPECT_EQ(u.path(), "/");
  EXPECT_EQ(u.query(), "");
  EXPECT_EQ(u.fragment(), "");
  EXPECT_EQ(u.target(), "/");
  EXPECT_EQ(u.host_header(), "example.org");
  EXPECT_EQ(u.origin(), "http://example.org");
  EXPECT_EQ(u.str(), "http://example.org/");
}

TEST(Url, KeepsItsPartsWhenCopiedAndMoved) {
  url a{"http://h/p?q"};
  url b = a;
  a = url{"https://a-host-with-a-long-name.example/another/path"};
  EXPECT_EQ(b.target(), "/p?q");
  b = std::move(a);
  EXPECT_EQ(b.host(), "a-host-with-a-long-name.example");
  EXPECT_EQ(b.path(), "/another/path");
}

TEST(Url, HidesThePortOfTheScheme) {
  EXPECT_EQ(parsed("http://h:80/"), "http://h/");
  EXPECT_EQ(parsed("https://h:443/"), "https://h/");
  EXPECT_EQ(parsed("https://h:80/"), "https://h:80/");
  EXPECT_EQ(parsed("http://h:/"), "http://h/");
  EXPECT_EQ(parsed("http://h:00080/"), "http://h/");
  EXPECT_EQ(url{"https://h"}.port(), 443);
  EXPECT_EQ(url{"http://h:0"}.port(), 0);
  EXPECT_EQ(url{"http://h:65535"}.port(), 65535);
}

TEST(Url, TakesWhatPeoplePaste) {
  EXPECT_EQ(parsed("  \r\nHTTP://Example.ORG/Path \n"), "http://example.org/Path");
  EXPECT_EQ(parsed("http://exam\tple.org/a\nb\r\nc"), "http://example.org/abc");
  EXPECT_EQ(parsed("http:example.org"), "http://example.org/");
  EXPECT_EQ(parsed("http:/example.org/a"), "http://example.org/a");
  EXPECT_EQ(parsed("http:\\\\example.org\\a\\b"), "http://example.org/a/b");
  EXPECT_EQ(parsed("http:////example.org"), "http://example.org/");
  EXPECT_EQ(parsed("http://example.org?q"), "http://example.org/?q");
  EXPECT_EQ(parsed("http://example.org#f"), "http://example.org/#f");
}

TEST(Url, PercentEncodesWhatMustBe) {
  EXPECT_EQ(parsed("http://h/a b\"<>`{}^|~"), "http://h/a%20b%22%3C%3E%60%7B%7D%5E|~");
  EXPECT_EQ(parsed("http://h/gr\xc3\xbc\xc3\x9f\x65"), "http://h/gr%C3%BC%C3%9Fe");
  EXPECT_EQ(parsed("http://h/?a b\"<>'`{}\xc3\xbc"), "http://h/?a%20b%22%3C%3E%27`{}%C3%BC");
  EXPECT_EQ(parsed("http://h/#a b\"<>`'\x7f"), "http://h/#a%20b%22%3C%3E%60'%7F");
  EXPECT_EQ(parsed("http://h/%41%zz%"), "http://h/%41%zz%") << "what is encoded stays as it is";
  EXPECT_EQ(parsed(std::string_view{"http://h/a\0b", 12}), "http://h/a%00b");
}

TEST(Url, TargetsCanAlwaysBeSent) {
  std::string everything = "http://h/";
  for (int byte = 1; byte < 256; ++byte) everything += static_cast<char>(byte);
  everything += "?";
  for (int byte = 1; byte < 256; ++byte) everything += static_cast<char>(byte);
  const url u{everything};
  for (const char c : u.str()) EXPECT_TRUE(c > ' ' && c < 0x7f) << u.str();
}

TEST(Url, ResolvesDots) {
  EXPECT_EQ(parsed("http://h/a/./b/../c"), "http://h/a/c");
  EXPECT_EQ(parsed("http://h/a/.."), "http://h/");
  EXPECT_EQ(parsed("http://h/a/."), "http://h/a/");
  EXPECT_EQ(parsed("http://h/../../etc"), "http://h/etc");
  EXPECT_EQ(parsed("http://h/a/%2E%2e/b"), "http://h/b");
  EXPECT_EQ(parsed("http://h/a/.%2E/%2e/b"), "http://h/b");
  EXPECT_EQ(parsed("http://h/a//../b"), "http://h/a/b");
  EXPECT_EQ(parsed("http://h//a"), "http://h//a");
  EXPECT_EQ(parsed("http://h/.../..a/a.."), "http://h/.../..a/a..");
  EXPECT_EQ(parsed("http://h/?a/../b"), "http://h/?a/../b") << "not in the query";
}

TEST(Url, KeepsEmptyQueriesAndFragments) {
  EXPECT_EQ(parsed("http://h/?"), "http://h/?");
  EXPECT_EQ(parsed("http://h/#"), "http://h/#");
  EXPECT_EQ(url{"http://h/?#"}.target(), "/?");
  EXPECT_EQ(url{"http://h/?a?b#c#d?e"}.query(), "a?b");
  EXPECT_EQ(url{"http://h/?a?b#c#d?e"}.fragment(), "c#d?e");
}

TEST(Url, ReadsUserAndPassword) {
  EXPECT_EQ(parsed("http://user@h/"), "http://user@h/");
  EXPECT_EQ(parsed("http://user:@h/"), "http://user@h/");
  EXPECT_EQ(parsed("http://:pass@h/"), "http://:pass@h/");
  EXPECT_EQ(url{"http://:pass@h/"}.password(), "pass");
  EXPECT_EQ(parsed("http://@h/"), "http://h/");
  EXPECT_EQ(parsed("http://:@h/"), "http://h/");
  EXPECT_EQ(parsed("http://a@b:c:d@e@h/"), "http://a%40b:c%3Ad%40e@h/");
  EXPECT_EQ(url{"http://a@b@h/"}.host(), "h");
}

TEST(Url, ReadsIpv4InItsManySpellings) {
  EXPECT_EQ(url{"http://127.0.0.1/"}.host(), "127.0.0.1");
  EXPECT_EQ(url{"http://127.1/"}.host(), "127.0.0.1");
  EXPECT_EQ(url{"http://0x7f.1/"}.host(), "127.0.0.1");
  EXPECT_EQ(url{"http://0177.0.0.01/"}.host(), "127.0.0.1");
  EXPECT_EQ(url{"http://2130706433/"}.host(), "127.0.0.1");
  EXPECT_EQ(url{"http://127.0.0.1./"}.host(), "127.0.0.1");
  EXPECT_EQ(url{"http://0x/"}.host(), "0.0.0.0");
  EXPECT_EQ(url{"http://4294967295/"}.host(), "255.255.255.255");
  EXPECT_EQ(url{"http://1.2.65535/"}.host(), "1.2.255.255");
  EXPECT_EQ(url{"http://1.2.3.example/"}.host(), "1.2.3.example");
}

TEST(Url, ReadsIpv6) {
  const url u{"http://[2001:DB8:0:0:1:0:0:1]:8080/"};
  EXPECT_EQ(u.host(), "[2001:db8::1:0:0:1]");
  EXPECT_EQ(u.host_without_brackets(), "2001:db8::1:0:0:1");
  EXPECT_EQ(u.port(), 8080);
  EXPECT_EQ(u.host_header(), "[2001:db8::1:0:0:1]:8080");
  EXPECT_EQ(url{"http://[::1]/"}.host(), "[::1]");
  EXPECT_EQ(url{"http://[::]"}.host(), "[::]");
  EXPECT_EQ(url{"http://[1::]"}.host(), "[1::]");
  EXPECT_EQ(url{"http://[0001:2:3:4:5:6:7:0]"}.host(), "[1:2:3:4:5:6:7:0]");
  EXPECT_EQ(url{"http://[1:2:3:4:5:6:7::]"}.host(), "[1:2:3:4:5:6:7:0]");
  EXPECT_EQ(url{"http://[::ffff:192.0.2.1]"}.host(), "[::ffff:c000:201]");
  EXPECT_EQ(url{"http://[1:2:3:4:5:6:1.2.3.4]"}.host(), "[1:2:3:4:5:6:102:304]");
  EXPECT_EQ(url{"http://user:p@[::1]:1/"}.host_header(), "[::1]:1");
}

TEST(Url, DecodesTheHost) {
  EXPECT_EQ(url{"http://ex%61mple%2Eorg/"}.host(), "example.org");
  EXPECT_EQ(url{"http://xn--bcher-kva.example/"}.host(), "xn--bcher-kva.example");
  EXPECT_EQ(url{"http://under_score.example/"}.host(), "under_score.example");
}

TEST(Url, SaysWhichPartIsWrongAndWhy) {
  EXPECT_EQ(refusal(""), R"(no scheme in the URL "": it must begin with http:// or https://)");
  EXPECT_EQ(refusal("example.org/a"),
            R"(no scheme in the URL "example.org/a": it must begin with http:// or https://)");
  EXPECT_EQ(refusal("//example.org"),
            R"(no scheme in the URL "//example.org": it must begin with http:// or https://)");
  EXPECT_EQ(refusal("ht tp://h"), R"(no scheme in the URL "ht tp://h": it must begin with http:// or https://)");
  EXPECT_EQ(refusal("1http://h"), R"(no scheme in the URL "1http://h": it must begin with http:// or https://)");
  EXPECT_EQ(refusal("ftp://h/"), R"(unsupported scheme "ftp" in the URL: it must begin with http:// or https://)");
  EXPECT_EQ(refusal("localhost:8080"),
            R"(unsupported scheme "localhost" in the URL: it must begin with http:// or https://)");

  for (const char* text :
       {"http://", "http:", "https:///", "http://?q", "http://#f", "http://:80", "http://user@", "http://@:1"})
    EXPECT_EQ(refusal(text), "empty host in the URL") << text;
  EXPECT_EQ(refusal("http://a b/"), R"(bad host "a b" in the URL: it must not contain " ")");
  EXPECT_EQ(refusal("http://a%20b/"), R"(bad host "a%20b" in the URL: it must not contain " ")");
  EXPECT_EQ(refusal("http://a%00b/"), R"(bad host "a%00b" in the URL: it must not contain 0x00)");
  EXPECT_EQ(refusal("http://a%zz/"), R"(bad host "a%zz" in the URL: it must not contain "%")");
  for (const char c : std::string_view{"<>^|%]"})
    EXPECT_EQ(refusal("http://a" + std::string{c} + "b/"),
              "bad host \"a" + std::string{c} + "b\" in the URL: it must not contain \"" + c + "\"");
  EXPECT_EQ(refusal("http://b\xc3\xbc"
                    "cher.example/"),
            R"(bad host "b\xc3\xbccher.example" in the URL: internationalized names (IDNA) are not supported yet; )"
            "write it in its xn-- form");
}

TEST(Url, RefusesBadPorts) {
  EXPECT_EQ(refusal("http://h:65536/"), R"(bad port "65536" in the URL: it must not be above 65535)");
  EXPECT_EQ(refusal("http://h:99999999999999999999/"),
            R"(bad port "99999999999999999999" in the URL: it must not be above 65535)");
  for (const char* port : {"-1", "+1", "8x", "80 ", "0x50", "1:2"})
    EXPECT_TRUE(refusal("http://h:" + std::string{port} + "/").starts_with("bad port \"" + std::string{port})) << port;
}

TEST(Url, RefusesBadAddresses) {
  EXPECT_EQ(refusal("http://256.0.0.1/"), R"(bad host "256.0.0.1" in the URL: "256" is too large for an IPv4 address)");
  EXPECT_EQ(refusal("http://1.2.3.4.5/"), R"(bad host "1.2.3.4.5" in the URL: an IPv4 address has at most four parts)");
  EXPECT_EQ(refusal("http://1.2.x.4/"), R"(bad host "1.2.x.4" in the URL: "x" is not a number of an IPv4 address)");
  EXPECT_EQ(refusal("http://4294967296/"),
            R"(bad host "4294967296" in the URL: "4294967296" is too large for an IPv4 address)");
  for (const char* host : {"09", "1..2", "0xg.1", "1.2.3.08", "99999999999999999999"})
    EXPECT_TRUE(refusal("http://" + std::string{host} + "/").starts_with("bad host ")) << host;

  EXPECT_EQ(refusal("http://[::1/"), R"(bad host "[::1" in the URL: no ] at the end of the IPv6 address)");
  for (const char* host : {"",
                           ":",
                           "1",
                           "::1::",
                           "1:2:3:4:5:6:7",
                           "1:2:3:4:5:6:7:8:9",
                           "1:2:3:4:5:6:7:8::",
                           "12345::",
                           "g::",
                           "::1%25eth0",
                           ":1:2:3:4:5:6:7",
                           "1:2:3:4:5:6:7:",
                           ":::",
                           "1.2.3.4",
                           "::1.2.3",
                           "::1.2.3.4.5",
                           "::01.2.3.4",
                           "::256.1.1.1",
                           "::1.2.3.4:1",
                           "1.2.3.4::",
                           "::1.2..4"})
    EXPECT_EQ(refusal("http://[" + std::string{host} + "]/"),
              "bad host \"[" + std::string{host} + "]\" in the URL: not an IPv6 address");
  EXPECT_TRUE(refusal("http://[::1]x/").starts_with("bad host "));
}

TEST(Url, ResolvesReferencesAgainstABase) {
  // RFC 3986, section 5.4, as far as http goes.
  const std::string_view base = "http://a/b/c/d;p?q";
  EXPECT_EQ(resolved(base, "g"), "http://a/b/c/g");
  EXPECT_EQ(resolved(base, "./g/"), "http://a/b/c/g/");
  EXPECT_EQ(resolved(base, "/g"), "http://a/g");
  EXPECT_EQ(resolved(base, "//g"), "http://g/");
  EXPECT_EQ(resolved(base, "?y"), "http://a/b/c/d;p?y");
  EXPECT_EQ(resolved(base, "g?y#s"), "http://a/b/c/g?y#s");
  EXPECT_EQ(resolved(base, "#s"), "http://a/b/c/d;p?q#s");
  EXPECT_EQ(resolved(base, ""), "http://a/b/c/d;p?q");
  EXPECT_EQ(resolved(base, "."), "http://a/b/c/");
  EXPECT_EQ(resolved(base, ".."), "http://a/b/");
  EXPECT_EQ(resolved(base, "../../../g"), "http://a/g");
  EXPECT_EQ(resolved(base, "https:g"), "https://g/");
  EXPECT_EQ(resolved(base, "http:g"), "http://a/b/c/g");
  EXPECT_EQ(resolved(base, "\\\\g\\h"), "http://g/h");
  EXPECT_EQ(resolved("http://a/b#old", ""), "http://a/b");
  EXPECT_EQ(resolved("http://u:p@a:81/b", "c"), "http://u:p@a:81/c");
  EXPECT_EQ(resolved("http://u:p@a:81/b", "//c/d"), "http://c/d");
  EXPECT_EQ(url("c", url{"https://u@[::1]:81/b"}).host_header(), "[::1]:81");
  EXPECT_EQ(url("c", url{"https://u@[::1]:81/b"}).port(), 81);
  EXPECT_THROW(url("ftp://x", url{base}), url_error);
}

}  // namespace
