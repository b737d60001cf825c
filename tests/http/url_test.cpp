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
  for (const char* text : {"", "example.org/a", "//example.org", "ht tp://h", "1http://h", ":80"})
    EXPECT_EQ(refusal(text), "no scheme in the URL \"" + std::string{text} + "\", such as https:");

  for (const char* text : {"http://", "http:", "https:///", "http://?q", "http://#f", "http://:80", "http://user@",
                           "http://@:1", "foo://u@", "foo://:80", "foo://u@/"})
    EXPECT_EQ(refusal(text), "empty host in the URL") << text;
  EXPECT_EQ(refusal("http://a b/"), R"(bad host "a b": it must not contain " ")");
  EXPECT_EQ(refusal("http://a%20b/"), R"(bad host "a%20b": it must not contain " ")");
  EXPECT_EQ(refusal("http://a%00b/"), R"(bad host "a%00b": it must not contain 0x00)");
  EXPECT_EQ(refusal("http://a%zz/"), R"(bad host "a%zz": it must not contain "%")");
  for (const char c : std::string_view{"<>^|%]"})
    EXPECT_EQ(refusal("http://a" + std::string{c} + "b/"),
              "bad host \"a" + std::string{c} + "b\": it must not contain \"" + c + "\"");
  EXPECT_EQ(refusal("foo://a b/"), R"(bad host "a b": it must not contain " ")");
  EXPECT_EQ(refusal("foo://a[b/"), R"(bad host "a[b": it must not contain "[")");
}

TEST(Url, RefusesBadPorts) {
  EXPECT_EQ(refusal("http://h:65536/"), R"(bad port "65536" in the URL: it must not be above 65535)");
  EXPECT_EQ(refusal("http://h:99999999999999999999/"),
            R"(bad port "99999999999999999999" in the URL: it must not be above 65535)");
  for (const char* port : {"-1", "+1", "8x", "80 ", "0x50", "1:2"})
    EXPECT_TRUE(refusal("http://h:" + std::string{port} + "/").starts_with("bad port \"" + std::string{port})) << port;
}

TEST(Url, RefusesBadAddresses) {
  EXPECT_EQ(refusal("http://256.0.0.1/"), R"(bad host "256.0.0.1": "256" is too large for an IPv4 address)");
  EXPECT_EQ(refusal("http://1.2.3.4.5/"), R"(bad host "1.2.3.4.5": an IPv4 address has at most four parts)");
  EXPECT_EQ(refusal("http://1.2.x.4/"), R"(bad host "1.2.x.4": "x" is not a number of an IPv4 address)");
  EXPECT_EQ(refusal("http://4294967296/"), R"(bad host "4294967296": "4294967296" is too large for an IPv4 address)");
  for (const char* host : {"09", "1..2", "0xg.1", "1.2.3.08", "99999999999999999999"})
    EXPECT_TRUE(refusal("http://" + std::string{host} + "/").starts_with("bad host ")) << host;

  EXPECT_EQ(refusal("http://[::1/"), R"(bad host "[::1": no ] at the end of the IPv6 address)");
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
              "bad host \"[" + std::string{host} + "]\": not an IPv6 address");
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
  EXPECT_EQ(resolved(base, "ftp://x"), "ftp://x/");
}

TEST(Url, TakesAnyScheme) {
  const url mail{"MailTo:ada@example.org?subject=a b"};
  EXPECT_EQ(mail.str(), "mailto:ada@example.org?subject=a%20b");
  EXPECT_EQ(mail.scheme(), "mailto");
  EXPECT_FALSE(mail.is_special());
  EXPECT_FALSE(mail.has_host());
  EXPECT_TRUE(mail.has_opaque_path());
  EXPECT_EQ(mail.path(), "ada@example.org");
  EXPECT_EQ(mail.query(), "subject=a%20b");
  EXPECT_EQ(mail.username(), "");
  EXPECT_EQ(mail.host_header(), "");
  EXPECT_EQ(mail.port(), 0);

  const url database{"postgresql://ada:pw@DB:5432/data?sslmode=require"};
  EXPECT_EQ(database.str(), "postgresql://ada:pw@DB:5432/data?sslmode=require");
  EXPECT_EQ(database.host(), "DB") << "only the schemes that browsers know have names that are compared";
  EXPECT_EQ(database.port(), 5432);
  EXPECT_TRUE(database.has_host());
  EXPECT_FALSE(database.has_opaque_path());

  EXPECT_EQ(parsed("foo://"), "foo://");
  EXPECT_EQ(parsed("foo:///p"), "foo:///p");
  EXPECT_EQ(parsed("foo:/a\\b"), "foo:/a\\b") << "no slash outside the special schemes";
  EXPECT_EQ(parsed("foo:/..//p"), "foo:/.//p") << "and not a host";
  EXPECT_EQ(url{"foo:/..//p"}.path(), "//p");
  EXPECT_EQ(parsed("data:a  #b"), "data:a %20#b");
  EXPECT_EQ(url{"wss://h/"}.port(), 443);
  EXPECT_EQ(url{"ftp://h/"}.port(), 21);
}

TEST(Url, ReadsFiles) {
  EXPECT_EQ(parsed("file:///etc/hosts"), "file:///etc/hosts");
  EXPECT_EQ(parsed("file:/etc/hosts"), "file:///etc/hosts");
  EXPECT_EQ(parsed("file://localhost/a"), "file:///a");
  EXPECT_EQ(parsed("file://Server/share"), "file://server/share");
  EXPECT_EQ(parsed("file:c|\\a\\..\\..\\b"), "file:///c:/b");
  EXPECT_EQ(resolved("file:///C:/a/b", "/c"), "file:///C:/c");
  EXPECT_EQ(resolved("file:///C:/a/b", "d:/c"), "d:/c") << "which is a scheme, too";
  EXPECT_EQ(resolved("file:///C:/a/b", "d|/c"), "file:///d:/c");
  EXPECT_EQ(resolved("file:///a/b", "c"), "file:///a/c");
  EXPECT_EQ(resolved("file://h/a/b?q#f", ""), "file://h/a/b?q");
  EXPECT_EQ(resolved("file:///a", "//h/b"), "file://h/b");
}

TEST(Url, ResolvesAgainstOtherSchemes) {
  EXPECT_EQ(resolved("foo://h/a/b?q", "../c"), "foo://h/c");
  EXPECT_EQ(resolved("foo:/a/b", "//h2"), "foo://h2");
  EXPECT_EQ(resolved("foo:/a/b", "\\c"), "foo:/a/\\c");
  EXPECT_EQ(resolved("foo://h", "x"), "foo://h/x");
  EXPECT_EQ(resolved("mailto:a@b", "#f"), "mailto:a@b#f");
  EXPECT_EQ(resolved("mailto:a@b", "https://h/x"), "https://h/x");
  EXPECT_THROW(url("x", url{"mailto:a@b"}), url_error);
  EXPECT_THROW(url("", url{"data:,x"}), url_error);
}

TEST(Url, EncodesInternationalizedNames) {
  EXPECT_EQ(url{"http://b\xc3\xbc"
                "cher.example/"}
                .host(),
            "xn--bcher-kva.example");
  EXPECT_EQ(url{"http://B%C3%9Ccher.Example/"}.host(), "xn--bcher-kva.example");
  EXPECT_EQ(url{"http://fa\xc3\x9f.de/"}.host(), "xn--fa-hia.de") << "nontransitional";
  EXPECT_EQ(url{"http://\xe2\x98\x83.net/"}.host(), "xn--n3h.net");
  EXPECT_EQ(url{"http://a\xe3\x80\x82"
                "b/"}
                .host(),
            "a.b");
  EXPECT_EQ(url{"http://\xef\xbc\x91.2.3.4/"}.host(), "1.2.3.4");
  EXPECT_EQ(url{"foo://b\xc3\xbc/"}.host(), "b%C3%BC");
  const std::string with_space = std::string{"a\xc2\xa0"} + "b";
  for (const std::string& host :
       {std::string{"\xc2\xad"}, std::string{"xn--"}, std::string{"xn--a"}, std::string{"\xff"}, with_space,
        std::string{"\xe2\x80\xae"}, std::string{"xn--\xc3\xbc"}})
    EXPECT_TRUE(refusal("http://" + host + "/").starts_with("bad host ")) << host;
}

TEST(Url, HasAnOriginOnlyWhereOthersCanShareIt) {
  EXPECT_EQ(url{"https://u:p@h:8443/x"}.origin(), "https://h:8443");
  EXPECT_EQ(url{"wss://h:443/"}.origin(), "wss://h");
  EXPECT_EQ(url{"blob:https://h/id"}.origin(), "https://h");
  for (const char* text : {"file:///a", "foo://h/", "mailto:a@b", "blob:x", "blob:ftp://h/", "data:,x"})
    EXPECT_EQ(url{text}.origin(), "null") << text;
}

template <class F>
std::string changed(std::string_view text, F change) {
  url u{text};
  try {
    change(u);
  } catch (const url_error&) {
    EXPECT_EQ(u, url{text}) << "changed by what was refused";
    return "refused";
  }
  EXPECT_EQ(url{u.str()}, u);
  return u.str();
}

TEST(Url, ChangesItsParts) {
  const std::string_view from = "https://u:p@h:81/a?q#f";
  EXPECT_EQ(changed(from, [](url& u) { u.set_scheme("http"); }), "http://u:p@h:81/a?q#f");
  EXPECT_EQ(changed(from, [](url& u) { u.set_username("a b"); }), "https://a%20b:p@h:81/a?q#f");
  EXPECT_EQ(changed(from, [](url& u) { u.set_username(""); }), "https://:p@h:81/a?q#f");
  EXPECT_EQ(changed(from, [](url& u) { u.set_password("a:b"); }), "https://u:a%3Ab@h:81/a?q#f");
  EXPECT_EQ(changed(from, [](url& u) { u.set_host("New.Example:82/x"); }), "https://u:p@new.example:82/a?q#f");
  EXPECT_EQ(changed(from, [](url& u) { u.set_host("other"); }), "https://u:p@other:81/a?q#f");
  EXPECT_EQ(changed(from, [](url& u) { u.set_hostname("[::1]"); }), "https://u:p@[::1]:81/a?q#f");
  EXPECT_EQ(changed(from, [](url& u) { u.set_port(443); }), "https://u:p@h/a?q#f");
  EXPECT_EQ(changed(from, [](url& u) { u.set_port("82x"); }), "https://u:p@h:82/a?q#f");
  EXPECT_EQ(changed(from, [](url& u) { u.set_port(""); }), "https://u:p@h/a?q#f");
  EXPECT_EQ(changed(from, [](url& u) { u.set_path("b/../c?#d"); }), "https://u:p@h:81/c%3F%23d?q#f");
  EXPECT_EQ(changed(from, [](url& u) { u.set_path(""); }), "https://u:p@h:81/?q#f");
  EXPECT_EQ(changed(from, [](url& u) { u.set_query("?a=b#c"); }), "https://u:p@h:81/a?a=b%23c#f");
  EXPECT_EQ(changed(from, [](url& u) { u.set_query(""); }), "https://u:p@h:81/a#f");
  EXPECT_EQ(changed(from, [](url& u) { u.set_query("?"); }), "https://u:p@h:81/a?#f");
  EXPECT_EQ(changed(from, [](url& u) { u.set_fragment("#a b"); }), "https://u:p@h:81/a?q#a%20b");
  EXPECT_EQ(changed(from, [](url& u) { u.set_fragment(""); }), "https://u:p@h:81/a?q");
  EXPECT_EQ(changed(from, [](url& u) { u.set_query(u.path()); }), "https://u:p@h:81/a?/a#f") << "a view into it";
  EXPECT_EQ(changed("http://h:443/", [](url& u) { u.set_scheme("https:"); }), "https://h/");
  EXPECT_EQ(changed("http://h/c|/a", [](url& u) { u.set_scheme("file"); }), "file://h/c:/a");
  EXPECT_EQ(changed("http://localhost/a?q", [](url& u) { u.set_scheme("file"); }), "file:///a?q");
  EXPECT_EQ(changed("foo:/a", [](url& u) { u.set_host("h"); }), "foo://h/a");
  EXPECT_EQ(changed("foo:/a", [](url& u) { u.set_path("//b"); }), "foo:/.//b");
}

TEST(Url, RefusesChangesThatBrowsersIgnore) {
  const std::string_view from = "https://u@h:81/a";
  EXPECT_EQ(changed(from, [](url& u) { u.set_scheme("foo"); }), "refused");
  EXPECT_EQ(changed(from, [](url& u) { u.set_scheme("file"); }), "refused");
  EXPECT_EQ(changed(from, [](url& u) { u.set_scheme("1x"); }), "refused");
  EXPECT_EQ(changed(from, [](url& u) { u.set_host(""); }), "refused");
  EXPECT_EQ(changed(from, [](url& u) { u.set_host("a b"); }), "refused");
  EXPECT_EQ(changed(from, [](url& u) { u.set_host(":82"); }), "refused");
  EXPECT_EQ(changed(from, [](url& u) { u.set_hostname("x:82"); }), "refused");
  EXPECT_EQ(changed(from, [](url& u) { u.set_port("x"); }), "refused");
  EXPECT_EQ(changed(from, [](url& u) { u.set_port("65536"); }), "refused");
  EXPECT_EQ(changed("file:///a", [](url& u) { u.set_username("x"); }), "refused");
  EXPECT_EQ(changed("file:///a", [](url& u) { u.set_port(1); }), "refused");
  EXPECT_EQ(changed("file:///a", [](url& u) { u.set_scheme("http"); }), "refused");
  EXPECT_EQ(changed("mailto:a", [](url& u) { u.set_host("x"); }), "refused");
  EXPECT_EQ(changed("mailto:a", [](url& u) { u.set_path("x"); }), "refused");
  EXPECT_EQ(changed("foo:/a", [](url& u) { u.set_password("x"); }), "refused");
}

}  // namespace
