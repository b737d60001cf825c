#include <gtest/gtest.h>

#include <sys/stat.h>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>
#include <weft/files.hpp>
#include <weft/http.hpp>
#include <weft/weft.hpp>

#include "http/accepted_coding.hpp"
#include "http/byte_ranges.hpp"
#include "http/media_types.hpp"

namespace {

using weft::task;
using weft::http::client;
using weft::http::response;
using weft::http::server;
using weft::http::static_files;
using weft::http::static_files_options;
using weft::http::detail::accepted_coding;
using weft::http::detail::asked_ranges;
using weft::http::detail::byte_range;
using weft::http::detail::media_type_of;
using weft::http::detail::read_ranges;

void put(const std::filesystem::path& file, std::string_view content) {
  std::filesystem::create_directories(file.parent_path());
  std::ofstream{file, std::ios::binary} << content;
}

/// Serves a directory that `body(client, directory)` fills.
template <class F>
void with_files(F body, static_files_options options = {}) {
  weft::run([&]() -> task<> {
    const weft::temporary_directory room = co_await weft::make_temporary_directory();
    const std::filesystem::path root = room.path() / "site";
    std::filesystem::create_directory(root);
    co_await weft::with(server{static_files{root, options}}, [&](server& site) -> task<> {
      const std::string url = site.url();
      client c{{.base_url = url, .follow_redirects = 0, .decompress = false}};
      co_await body(c, root);
    });
  });
}

TEST(NetHttpStaticFiles, ServesAFileWithWhatTellsItsStates) {
  with_files([](client c, std::filesystem::path root) -> task<> {
    put(root / "a b.html", "<p>hello");
    const response r = co_await c.get("/a%20b.html");
    EXPECT_EQ(r.status(), 200);
    EXPECT_EQ(r.text(), "<p>hello");
    EXPECT_EQ(r.header("content-type"), "text/html; charset=utf-8");
    EXPECT_EQ(r.header("content-length"), "8");
    EXPECT_EQ(r.header("accept-ranges"), "bytes");
    const std::string etag{r.header("etag")};
    const std::string modified{r.header("last-modified")};
    EXPECT_TRUE(etag.starts_with('"') && etag.ends_with('"')) << etag;
    EXPECT_TRUE(weft::http::parse_http_date(modified));

    response same = co_await c.get("/a%20b.html").header("if-none-match", "\"other\", W/" + etag);
    EXPECT_EQ(same.status(), 304);
    EXPECT_EQ(same.header("etag"), etag);
    EXPECT_TRUE(same.text().empty());
    same = co_await c.get("/a%20b.html").header("if-modified-since", modified);
    EXPECT_EQ(same.status(), 304);
    same = co_await c.get("/a%20b.html").header("if-modified-since", modified).header("if-none-match", "\"other\"");
    EXPECT_EQ(same.status(), 200) << "the tag goes first";
    EXPECT_EQ((co_await c.get("/a%20b.html").header("if-match", "\"other\"")).status(), 412);
    EXPECT_EQ((co_await c.get("/a%20b.html").header("if-match", "W/" + etag)).status(), 412) << "weak never matches";
    EXPECT_EQ((co_await c.get("/a%20b.html").header("if-match", etag)).status(), 200);
    EXPECT_EQ((co_await c.get("/a%20b.html").header("if-unmodified-since", "Mon, 01 Jan 2001 00:00:00 GMT")).status(),
              412);

    const response head = co_await c.head("/a%20b.html");
    EXPECT_EQ(head.header("content-length"), "8");
    EXPECT_TRUE(head.text().empty());
    const response post = co_await c.post("/a%20b.html");
    EXPECT_EQ(post.status(), 405);
    EXPECT_EQ(post.header("allow"), "GET, HEAD");
  });
}

TEST(NetHttpStaticFiles, ServesWhatHasChanged) {
  with_files([](client c, std::filesystem::path root) -> task<> {
    put(root / "f.txt", "one");
    EXPECT_EQ(co_await c.get("/f.txt").text(), "one");
    put(root / "f.txt", "another");
    EXPECT_EQ(co_await c.get("/f.txt").text(), "another");
    std::filesystem::remove(root / "f.txt");
    EXPECT_EQ((co_await c.get("/f.txt")).status(), 404);
    std::filesystem::create_directory(root / "f.txt");
    EXPECT_EQ((co_await c.get("/f.txt")).status(), 301);
  });
}

TEST(NetHttpStaticFiles, ServesRangesOfSmallAndLargeFiles) {
  with_files([](client c, std::filesystem::path root) -> task<> {
    std::string large;
    for (int i = 0; large.size() < 700'000; ++i) large += std::to_string(i) + "\n";
    put(root / "large.txt", large);
    put(root / "small.txt", "0123456789");
    EXPECT_EQ(co_await c.get("/large.txt").text(), large);

    response r = co_await c.get("/small.txt").header("range", "bytes=2-4");
    EXPECT_EQ(r.status(), 206);
    EXPECT_EQ(r.text(), "234");
    EXPECT_EQ(r.header("content-range"), "bytes 2-4/10");
    EXPECT_EQ(r.header("content-length"), "3");
    r = co_await c.get("/large.txt").header("range", "bytes=300000-650000");
    EXPECT_EQ(r.text(), large.substr(300'000, 350'001));
    r = co_await c.get("/small.txt").header("range", "bytes=-3");
    EXPECT_EQ(r.text(), "789");
    r = co_await c.get("/small.txt").header("range", "bytes=10-");
    EXPECT_EQ(r.status(), 416);
    EXPECT_EQ(r.header("content-range"), "bytes */10");
    r = co_await c.get("/small.txt").header("range", "bytes=0-1,5-6");
    EXPECT_EQ(r.status(), 206);
    const std::string type{r.header("content-type")};
    EXPECT_TRUE(type.starts_with("multipart/byteranges; boundary=")) << type;
    const std::string boundary = "--" + type.substr(type.find('=') + 1);
    EXPECT_EQ(r.text(), boundary +
                            "\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Range: bytes 0-1/10\r\n\r\n01\r\n" +
                            boundary +
                            "\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Range: bytes 5-6/10\r\n\r\n56\r\n" +
                            boundary + "--\r\n");

    const response whole = co_await c.get("/small.txt");
    const std::string etag{whole.header("etag")};
    r = co_await c.get("/small.txt").header("range", "bytes=2-4").header("if-range", etag);
    EXPECT_EQ(r.status(), 206);
    r = co_await c.get("/small.txt").header("range", "bytes=2-4").header("if-range", "\"old\"");
    EXPECT_EQ(r.status(), 200);
    EXPECT_EQ(r.text(), "0123456789");
  });
}

TEST(NetHttpStaticFiles, ServesDirectories) {
  with_files(
      [](client c, std::filesystem::path root) -> task<> {
        put(root / "with" / "index.html", "index");
        put(root / "without" / "<x>&.txt", "x");
        put(root / "without" / "sub" / "y", "y");
        put(root / "without" / ".secret", "s");
        EXPECT_EQ(co_await c.get("/with/").text(), "index");
        response r = co_await c.get("/with?a=b");
        EXPECT_EQ(r.status(), 301);
        EXPECT_EQ(r.header("location"), "/with/?a=b");
        r = co_await c.get("/without/");
        EXPECT_EQ(r.header("content-type"), "text/html; charset=utf-8");
        EXPECT_NE(r.text().find("href=\"./%3Cx%3E%26.txt\">&lt;x&gt;&amp;.txt</a>"), std::string::npos) << r.text();
        EXPECT_LT(r.text().find("sub/"), r.text().find("&lt;x"));
        EXPECT_EQ(r.text().find("secret"), std::string::npos);
        EXPECT_EQ((co_await c.get("/")).status(), 200);
      },
      {.listing = true});
  with_files([](client c, std::filesystem::path root) -> task<> {
    put(root / "d" / "x", "x");
    EXPECT_EQ((co_await c.get("/d/")).status(), 404);
    EXPECT_EQ((co_await c.get("/d/x/")).status(), 404);
    EXPECT_EQ((co_await c.get("/")).status(), 404);
  });
}

TEST(NetHttpStaticFiles, ServesNothingElse) {
  with_files([](client c, std::filesystem::path root) -> task<> {
    put(root.parent_path() / "secret.txt", "secret");
    put(root / "sub" / "f", "f");
    put(root / ".git" / "config", "secret");
    put(root / ".well-known" / "security.txt", "contact");
    std::filesystem::create_symlink("../secret.txt", root / "out");
    std::filesystem::create_symlink(root.parent_path() / "secret.txt", root / "absolute");
    std::filesystem::create_symlink("sub/f", root / "in");
    std::filesystem::create_symlink("loop", root / "loop");
    EXPECT_EQ(::mkfifo((root / "pipe").c_str(), 0600), 0);
    EXPECT_EQ(co_await c.get("/in").text(), "f");
    EXPECT_EQ(co_await c.get("/.well-known/security.txt").text(), "contact");
    const std::vector<std::string> paths{"/out",
                                         "/absolute",
                                         "/loop",
                                         "/pipe",
                                         "/.git/config",
                                         "/sub/%2e%2e/%2e%2e/secret.txt",
                                         "/%2e%2e/secret.txt",
                                         "/..%2fsecret.txt",
                                         "/sub%2ff",
                                         "/sub/f%00.txt",
                                         "/" + std::string(300, 'x'),
                                         "/nothing"};
    for (const std::string& path : paths) {
      const response r = co_await c.get(path);
      EXPECT_EQ(r.status(), 404) << path;
      EXPECT_EQ(r.text(), "not found\n") << path;
    }
    const response elsewhere = co_await c.get("/.//sub");
    EXPECT_EQ(elsewhere.header("location"), "/sub/") << "not another host";
  });
}

TEST(NetHttpStaticFiles, ServesVariantsThatAreCompressedAlready) {
  with_files([](client c, std::filesystem::path root) -> task<> {
    put(root / "app.js", "plain");
    EXPECT_EQ((co_await c.get("/app.js")).header("vary"), "");
    put(root / "lib.js", "plain");
    put(root / "lib.js.gz", "zipped");
    put(root / "lib.js.br", "brotli");
    response r = co_await c.get("/lib.js").header("accept-encoding", "gzip, br;q=0.5");
    EXPECT_EQ(r.text(), "zipped");
    EXPECT_EQ(r.header("content-encoding"), "gzip");
    EXPECT_EQ(r.header("content-type"), "text/javascript; charset=utf-8");
    EXPECT_EQ(r.header("vary"), "accept-encoding");
    r = co_await c.get("/lib.js").header("accept-encoding", "*");
    EXPECT_EQ(r.text(), "brotli");
    r = co_await c.get("/lib.js").header("accept-encoding", "br;q=0, identity");
    EXPECT_EQ(r.text(), "plain");
    EXPECT_EQ(r.header("vary"), "accept-encoding");
    EXPECT_EQ(r.header("content-encoding"), "");
  });
}

TEST(NetHttpStaticFiles, ServesThePlainFileWhereAVariantIsNotToBeHad) {
  with_files([](client c, std::filesystem::path root) -> task<> {
    put(root / "lib.js", "plain");
    put(root.parent_path() / "outside.gz", "secret");
    std::filesystem::create_symlink(root.parent_path() / "outside.gz", root / "lib.js.gz");
    response r = co_await c.get("/lib.js").header("accept-encoding", "gzip");
    EXPECT_EQ(r.status(), 200);
    EXPECT_EQ(r.text(), "plain");
    EXPECT_EQ(r.header("content-encoding"), "");
  });
}

TEST(NetHttpStaticFiles, SaysWhichDirectoryIsMissing) {
  try {
    const static_files files{"/nowhere/at/all"};
    ADD_FAILURE() << "no exception";
  } catch (const std::system_error& e) {
    EXPECT_NE(std::string{e.what()}.find("/nowhere/at/all"), std::string::npos);
  }
}

TEST(ByteRanges, AreReadAsRfc9110Says) {
  const auto parts = [](std::string_view field) { return read_ranges(field, 100).parts; };
  const auto what = [](std::string_view field) { return read_ranges(field, 100).what; };
  EXPECT_EQ(parts("bytes=0-0"), (std::vector<byte_range>{{0, 1}}));
  EXPECT_EQ(parts("BYTES=90-200"), (std::vector<byte_range>{{90, 10}}));
  EXPECT_EQ(parts("bytes=-500"), (std::vector<byte_range>{{0, 100}}));
  EXPECT_EQ(parts("bytes= 1-2 ,, 5- "), (std::vector<byte_range>{{1, 2}, {5, 95}}));
  EXPECT_EQ(parts("bytes=200-300,1-2"), (std::vector<byte_range>{{1, 2}}));
  EXPECT_EQ(parts("bytes=5-99999999999999999999999"), (std::vector<byte_range>{{5, 95}}));
  for (const char* const none : {"bytes=100-", "bytes=-0", "bytes=99999999999999999999999-"}) {
    EXPECT_EQ(what(none), asked_ranges::kind::out_of_range) << none;
  }
  for (const char* const ignored : {"", "bytes", "bytes=", "bytes=,", "bytes=2-1", "bytes=a-b", "bytes=1", "lines=1-2",
                                    "bytes=0-50,40-60", "bytes=+1-2", "bytes=1-2-3"}) {
    EXPECT_EQ(what(ignored), asked_ranges::kind::whole) << ignored;
  }
  std::string many = "bytes=";
  for (int i = 0; i < 17; ++i) many += std::to_string(2 * i) + "-" + std::to_string(2 * i) + ",";
  EXPECT_EQ(what(many), asked_ranges::kind::whole);
}

TEST(AcceptedCoding, IsTheOneTheClientLikesBest) {
  const std::vector<std::string_view> offered{"br", "gzip"};
  const auto best = [&](std::string_view list) {
    weft::http::headers request;
    request.add("accept-encoding", list);
    return accepted_coding(request, offered);
  };
  EXPECT_EQ(best("gzip, br"), "br") << "the server's order decides";
  EXPECT_EQ(best("gzip;q=1.0, br;q=0.999"), "gzip");
  EXPECT_EQ(best("GZIP ; Q=0.2"), "gzip");
  EXPECT_EQ(best("x-gzip"), "gzip");
  EXPECT_EQ(best("*;q=0.1, br;q=0"), "gzip");
  EXPECT_EQ(best(""), std::nullopt);
  EXPECT_EQ(best("identity, deflate"), std::nullopt);
  EXPECT_EQ(best("gzip;q=nonsense"), std::nullopt);
  EXPECT_EQ(accepted_coding({}, offered), std::nullopt);
}

TEST(MediaTypes, AreToldByNames) {
  EXPECT_EQ(media_type_of("a.HTML"), "text/html; charset=utf-8");
  EXPECT_EQ(media_type_of("a.tar.gz"), "application/gzip");
  EXPECT_EQ(media_type_of("zip"), "application/octet-stream");
  EXPECT_EQ(media_type_of("a."), "application/octet-stream");
  EXPECT_EQ(media_type_of("a.no-such-extension-at-all"), "application/octet-stream");
}

}  // namespace
