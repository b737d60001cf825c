#include <gtest/gtest.h>

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "app_talk.hpp"

namespace {

using weft::task;
using weft::testing::with_app;
namespace http = weft::http;
namespace web = weft::web;

const std::string long_text = [] {
  std::string text;
  for (int i = 0; i < 5000; ++i) text += "line " + std::to_string(i) + "\n";
  return text;
}();

std::string decoded(std::string_view coding, std::string_view bytes) {
  http::content_decoder decoder{coding};
  std::vector<char> buffer(1 << 16);
  std::string text;
  while (const std::size_t got = decoder.decode(bytes, buffer)) text.append(buffer.data(), got);
  decoder.finish();
  return text;
}

void add_texts(web::app& app) {
  app.use_middleware(web::compression{});
  app.get("/long", [] { return long_text; });
  app.get("/short", [] { return std::string{"short"}; });
  app.get("/image", [] { return web::response::bytes(long_text, "image/png"); });
  app.get("/tagged", [] { return web::response::text(long_text).header("etag", "\"a\""); });
  app.get("/raw", [] { return web::response::text(long_text).header("cache-control", "private, no-transform"); });
}

class WebCompression : public ::testing::TestWithParam<const char*> {};

TEST_P(WebCompression, OfAWholeBody) {
  web::app app;
  add_texts(app);
  with_app(app, [](http::client&, web::server& server) -> task<> {
    http::client client{{.base_url = server.url(), .decompress = false}};
    const http::response r = co_await client.get("/long").header("accept-encoding", GetParam());
    EXPECT_EQ(r.header("content-encoding"), GetParam());
    EXPECT_EQ(r.header("vary"), "accept-encoding");
    EXPECT_EQ(r.header("content-length"), std::to_string(r.text().size()));
    EXPECT_LT(r.text().size(), long_text.size() / 2);
    EXPECT_EQ(decoded(GetParam(), r.text()), long_text);
    const http::response head = co_await client.head("/long").header("accept-encoding", GetParam());
    EXPECT_EQ(head.header("content-length"), r.header("content-length"));
  });
}

TEST_P(WebCompression, OfAStreamSendsEachPieceAtOnce) {
  web::app app;
  app.use_middleware(web::compression{});
  weft::event seen;
  app.get("/stream", [&seen] {
    return web::response::stream(
        [&seen](http::response_writer& to) -> task<> {
          co_await to.write("first");
          co_await seen.wait();  // the client has that before it gets the rest
          for (int i = 0; i < 100; ++i) co_await to.write(std::string_view{long_text});
        },
        "text/plain");
  });
  with_app(app, [&](http::client& client, web::server&) -> task<> {
    http::streaming_response r = co_await client.get("/stream").header("accept-encoding", GetParam()).stream();
    std::string text;
    while (text.size() < 5) {
      std::optional<std::string> piece = co_await r.next();
      text += piece.value();
    }
    EXPECT_EQ(text, "first");
    seen.set();
    while (std::optional<std::string> piece = co_await r.next()) text += *piece;
    EXPECT_EQ(text.size(), 5 + 100 * long_text.size());
    EXPECT_TRUE(text.ends_with(long_text));
  });
}

INSTANTIATE_TEST_SUITE_P(With, WebCompression, ::testing::Values("gzip", "br", "zstd"),
                         [](const auto& each) { return std::string{each.param}; });

TEST(WebCompressionOf, NothingThatMustStayAsItIs) {
  web::app app;
  add_texts(app);
  with_app(app, [](http::client&, web::server& server) -> task<> {
    http::client client{{.base_url = server.url(), .decompress = false}};
    for (const char* path : {"/short", "/image", "/raw", "/nowhere"}) {
      const http::response r = co_await client.get(path).header("accept-encoding", "gzip");
      EXPECT_EQ(r.header("content-encoding"), "") << path;
    }
    const http::response refused = co_await client.get("/long").header("accept-encoding", "gzip;q=0, identity");
    EXPECT_EQ(refused.header("content-encoding"), "");
    EXPECT_EQ(refused.text(), long_text);
    const http::response plain = co_await client.get("/long");
    EXPECT_EQ(plain.header("content-encoding"), "");
    EXPECT_EQ(plain.header("vary"), "accept-encoding");
  });
}

TEST(WebCompressionOf, WhatHasATagMakesThatWeak) {
  web::app app;
  add_texts(app);
  with_app(app, [](http::client& client, web::server&) -> task<> {
    const http::response r = co_await client.get("/tagged").header("accept-encoding", "gzip");
    EXPECT_EQ(r.header("etag"), "W/\"a\"");
    EXPECT_EQ(r.text(), long_text);
  });
}

}  // namespace
